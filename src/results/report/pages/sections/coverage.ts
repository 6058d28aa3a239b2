/** What leaving unsure texts without a label brings. */
import { percent } from "../../../../base/figures.js";
import type { Coverage } from "../../../records/measures.js";
import { lineChart } from "../../charts/line-chart.js";
import { type Markup, markup } from "../markup.js";
import { figure, table } from "../page.js";

export function coverageSection(
  {
    split,
    rows,
    plain,
    at_temperature: scaled,
  }: Omit<Coverage, "split"> & {
    readonly split: string;
  },
  owner: { readonly id: string },
): Markup | undefined {
  if (plain.length < 2) return undefined;
  const points = plain
    .map(({ answered, right }) => ({ x: 100 * answered, y: 100 * right }))
    .sort((a, b) => a.x - b.x);
  const chart = lineChart([{ name: "right answers", style: 1, points }], {
    title: "Right among the texts answered",
    description: `Share of right answers in percent over the share of texts answered, on ${rows} ${split} rows. The table below has the figures.`,
    xTitle: "texts answered (%)",
    yTitle: "right (%)",
    yFormat: (value, decimals) => value.toFixed(decimals),
  });
  const lines = (points: Coverage["plain"]) =>
    points.map(({ answered, right, unsure_below: bound }) => [
      percent(answered),
      percent(right),
      bound,
    ]);
  const heads = [{ title: "Answered" }, { title: "Right" }, { title: "--unsure-below" }];
  return markup`
<p><code>l3masking predict --unsure-below P</code> leaves a text without a label where no label has a probability of at least P: fewer answers, of
which more are right.</p>
${figure(chart, `${owner.id}-coverage`, `On ${rows} ${split} rows.`, table(heads, lines(plain), "Of probabilities as they are."))}
<details><summary>With --fitted-temperature</summary>${table(heads, lines(scaled))}</details>`;
}
