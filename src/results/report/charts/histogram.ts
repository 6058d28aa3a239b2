/** Columns over equal or unequal bins, with a line where a second distribution stands. */
import { markup } from "../pages/markup.js";
import { CHART_WIDTH, type Chart, label, place, titleBlock, xAxisTitle } from "./chart.js";
import { linearScale } from "./scale.js";
import { seriesClass } from "./series.js";
import { textWidth } from "./text-width.js";

export interface HistogramText {
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Of the edges that are read when a column is pointed at; two where absent. */
  readonly decimals?: number;
}

/** A value that all of the other distribution has. */
export interface Reference {
  readonly x: number;
  readonly text: string;
}

const PLOT_HEIGHT = 180;

/**
 * Shares of a whole by bin as columns; `edges` [bins + 1] ascending, `counts` [bins]. Shares are in percent of all
 * counts.
 */
export function histogram(
  edges: readonly number[],
  counts: readonly number[],
  style: number,
  reference: Reference | undefined,
  text: HistogramText,
): Chart {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => (total === 0 ? 0 : (100 * count) / total));
  const { decimals = 2 } = text;
  const title = titleBlock(text.title);
  const top = title.height + 44;
  const bottom = top + PLOT_HEIGHT;
  const y = linearScale([0, Math.max(...shares, 1)], [bottom, top], 5);
  const written = (tick: number) => `${tick.toFixed(y.decimals)} %`;
  const left = Math.max(...y.ticks.map((tick) => textWidth(written(tick), 13))) + 10;
  const right = CHART_WIDTH - 14;
  const x = linearScale([edges[0], edges[edges.length - 1]], [left, right], 5);
  const columns = shares.map((share, bin) => {
    if (share === 0) return undefined;
    const [from, to] = [x.at(edges[bin]), x.at(edges[bin + 1])];
    const [first, end] = [edges[bin], edges[bin + 1]].map((edge) => edge.toFixed(decimals));
    const range = `${first} to ${end}: ${share.toFixed(1)} %`;
    const box = markup`x="${place(from + 0.5)}" y="${place(y.at(share))}" width="${place(to - from - 1)}" height="${place(bottom - y.at(share))}"`;
    return markup`<g><title>${range}</title><rect class="fill bar ${seriesClass(style)}" ${box}/></g>`;
  });
  const body = markup`
${title.body}${label(text.yTitle, 2, top - 30, "start", "soft", "small")}
${y.ticks.map((tick) => markup`<path class="grid" d="M${place(left)},${place(y.at(tick))}H${right}"/>${label(written(tick), left - 6, y.at(tick) + 4.5, "end")}`)}
${columns}
${reference && markup`<path class="reference" d="M${place(x.at(reference.x))},${top - 8}V${bottom}"/>${label(reference.text, Math.max(left, x.at(reference.x) - 6), top - 12)}`}
<path class="axis" d="M${place(left)},${bottom}H${right}"/>
${x.ticks.map((tick) => markup`<path class="axis" d="M${place(x.at(tick))},${bottom}v5"/>${label(String(tick), x.at(tick), bottom + 18, "middle")}`)}
${xAxisTitle(text.xTitle, left, right, bottom + 36)}`;
  const { title: name, description } = text;
  const columnPoints = shares.map((share, bin) => ({
    x: edges[bin],
    xEnd: edges[bin + 1],
    y: share,
  }));
  const lines = reference === undefined ? [] : [{ series: reference.text, x: reference.x }];
  const { xTitle, yTitle } = text;
  const numbers = { xTitle, yTitle, points: [...columnPoints, ...lines] };
  return { title: name, description, width: CHART_WIDTH, height: bottom + 44, body, numbers };
}
