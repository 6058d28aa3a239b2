/** The table of results in the layout of the paper, and the paired tests behind the verdict. */

import { capitalized, counted } from "../../../../base/figures.js";
import {
  decidingMeasure,
  labelMeasures,
  type MeasureFacts,
} from "../../../metrics/label-measures.js";
import { taskMeasuresIn, titleBeside } from "../../../metrics/task-measures.js";
import type { CellMetrics, ComparisonCell, Spread } from "../../../records/comparison.js";
import type { PairedComparison, RowSet } from "../../../records/paired-comparison.js";
import { pointsText, pText } from "../../../statistics/paired-notes.js";
import { spreadText } from "../../markdown/tables.js";
import { decidingRows, type Group, groupNames, orderedPairs, rowSetName } from "../groups.js";
import { type Content, type Markup, markup } from "../markup.js";
import { type Cell, type Column, table } from "../page.js";

interface MetricColumn {
  readonly title: string;
  of(cell: ComparisonCell): CellMetrics | null;
}

/** A measure of the table, and where a cell has it. */
interface ShownMeasure {
  readonly measure: MeasureFacts;
  /** Percent where absent. */
  readonly format?: (value: number) => string;
  of(metrics: CellMetrics | null): Spread | undefined;
}

/** Mean ± standard deviation of every method. */
export function resultsSection({ dataset, candidates }: Group): Markup {
  const { rows } = dataset;
  const tested = candidates.some(({ cell }) => cell.test !== null);
  const leaks = rows.leak_free !== rows.test;
  const columns: readonly MetricColumn[] = tested
    ? [
        { title: `all ${counted(rows.test, "test row")}`, of: (cell) => cell.test },
        ...(leaks
          ? [
              {
                title: counted(rows.leak_free, "leak-free row"),
                of: (cell: ComparisonCell) => cell.leak_free,
              },
            ]
          : []),
      ]
    : [
        {
          title: rows.dev === 0 ? "held-out rows" : counted(rows.dev, "dev row"),
          of: (cell) => cell.dev,
        },
      ];
  const figures = candidates.flatMap(({ cell }) => columns.map(({ of }) => of(cell)));
  const added = taskMeasuresIn(figures);
  const shown: readonly ShownMeasure[] = [
    ...labelMeasures.map((measure) => ({
      measure: { ...measure, title: titleBeside(measure, figures.at(0)) },
      of: (metrics: CellMetrics | null) => metrics?.[measure.name],
    })),
    ...added.map((measure) => ({
      measure,
      format: measure.format,
      of: (metrics: CellMetrics | null) => (metrics && measure.of(metrics)) ?? undefined,
    })),
  ];
  const spreads = columns.flatMap((column) =>
    shown.map(({ measure, format, of }) => ({
      measure,
      format,
      values: candidates.map(({ cell }) => of(column.of(cell))),
    })),
  );
  const heads: Column[] = [
    { title: "Method" },
    { title: "Seeds" },
    ...columns.flatMap(({ title }) =>
      shown.map(({ measure }) => ({
        title: markup`${capitalized(measure.title)}<br/><span class="note">${title}</span>`,
      })),
    ),
  ];
  const lines = candidates.map(({ name, cell }, index) => [
    name,
    cell.seeds.length,
    ...spreads.map(({ measure, format, values }) =>
      spreadCell(
        values[index],
        candidates.length === 1 ? undefined : best(measure, values),
        format,
      ),
    ),
  ]);
  const single = candidates.every(({ cell }) => cell.seeds.length === 1);
  const spread = single ? "One seed" : "Mean ± sample standard deviation over seeds";
  const bold = "Bold: the best of its column, which is not yet evidence of a difference.";
  const meanings = added.map(({ title, meaning }) => ` ${capitalized(title)}: ${meaning}`);
  const caption = `${candidates.length === 1 ? `${spread}.` : `${spread}. ${bold}`}${meanings.join("")}`;
  return markup`${table(heads, lines, caption)}${tested ? leakNote(rows.test - rows.leak_free, rows.test) : undefined}`;
}

function leakNote(shared: number, all: number): Markup {
  if (shared === 0) {
    return markup`<p class="note">No text of the test rows occurs in train.</p>`;
  }
  const [have, occur] = shared === 1 ? ["has a text", "occurs"] : ["have texts", "occur"];
  return markup`<p class="note">${counted(shared, "test row")} of ${all} ${have} that also ${occur} in train. A model can have memorized those; the others, the leak-free rows, measure skill better.</p>`;
}

function best({ better }: MeasureFacts, column: readonly (Spread | undefined)[]): number {
  const means = column.flatMap((spread) => spread?.mean ?? []);
  return better === "higher" ? Math.max(...means) : Math.min(...means);
}

function spreadCell(
  spread: Spread | undefined,
  bestMean: number | undefined,
  format: ((value: number) => string) | undefined,
): Cell {
  if (spread === undefined) return { content: "–" };
  return { content: spreadText(spread, format), best: spread.mean === bestMean };
}

const rowSetTitles: Readonly<Record<RowSet, string>> = {
  test: "All test rows",
  leak_free: "Leak-free test rows",
};

/** The paired tests of a group: on the rows that decide, and folded away on the others. */
export function testsSection(group: Group): Markup {
  const { paired, dataset } = group;
  const deciding = decidingRows(group);
  if (paired.length === 0 || deciding === undefined) {
    return markup`<p>There are no paired tests: they need a complete comparison, two methods with runs of the same seeds and a test split.</p>`;
  }
  const other = deciding === "test" ? "leak_free" : "test";
  const differs = dataset.rows.leak_free !== dataset.rows.test;
  const others = differs ? testsOn(other, group) : undefined;
  return markup`
<p>Two methods were compared on the same rows and the same seeds. A p below 0.05 means that chance alone is an unlikely explanation.</p>
${testsOn(deciding, group)}
${others && markup`<details><summary>The same on ${rowSetName(other, group)}</summary>${others}</details>`}`;
}

function testsOn(rows: RowSet, group: Group): Markup | undefined {
  const pairs = orderedPairs(group, rows);
  if (pairs.length === 0) return undefined;
  const nameOf = groupNames(group);
  const tested = pairs.flatMap((pair) =>
    labelMeasures.map(({ name, title }) => {
      const { difference, bootstrap, sign_flip: flip, t_test: t } = pair[name];
      return [
        `${nameOf(pair.a)} − ${nameOf(pair.b)}`,
        title,
        pointsText(difference),
        `${pointsText(bootstrap.low)} to ${pointsText(bootstrap.high)}`,
        pText(bootstrap.p_holm),
        flip === null ? "–" : pText(flip.p_holm),
        t === null ? "–" : pText(t.p_holm),
      ];
    }),
  );
  const columns: Column[] = [
    { title: "Pair" },
    { title: "Metric" },
    { title: "Difference" },
    { title: "95 % interval" },
    { title: "p, bootstrap over rows" },
    { title: "p, sign-flip over seeds" },
    { title: "p, Student's t over seeds" },
  ];
  const caption = `${rowSetTitles[rows]}. First minus second method, in percentage points; the interval is that of the bootstrap over rows. Every p is two-sided and corrected by Holm's procedure for the number of pairs.${signFlipLimit(pairs)}`;
  return markup`${table(columns, tested, caption)}<details><summary>Seed by seed</summary>${pairs.map((pair) => pairDetails(pair, nameOf))}</details>`;
}

function signFlipLimit(pairs: readonly PairedComparison[]): string {
  const smallest = Math.max(
    ...pairs.map((pair) => pair[decidingMeasure.name].sign_flip?.smallest_p ?? 0),
  );
  if (smallest < 0.05) return "";
  return ` With so few seeds the sign-flip test cannot reach a p below ${smallest}, whatever the differences.`;
}

/** The sentences that came with a pair, the differences of its seeds, and McNemar's tests. */
function pairDetails(pair: PairedComparison, nameOf: ReturnType<typeof groupNames>): Content {
  const [a, b] = [nameOf(pair.a), nameOf(pair.b)];
  const rows = pair.seeds.map((seed, index) => {
    const mcnemar = pair.mcnemar.find((test) => test.seed === seed);
    return [
      seed,
      ...labelMeasures.map(({ name }) => pointsText(pair[name].differences[index])),
      ...(mcnemar === undefined
        ? ["–", "–", "–"]
        : [mcnemar.only_a, mcnemar.only_b, pText(mcnemar.p_holm)]),
    ];
  });
  const columns: Column[] = [
    { title: "Seed" },
    ...labelMeasures.map(({ title }) => ({ title: capitalized(title) })),
    { title: `Only ${a} right` },
    { title: `Only ${b} right` },
    { title: "p, McNemar" },
  ];
  const caption = "Differences in points; rows that one of the two alone has right.";
  return markup`<p><strong>${a} and ${b}</strong></p><ul>${pair.notes.map((note) => markup`<li>${note}</li>`)}</ul>${table(columns, rows, caption)}`;
}
