/** The tables of a comparison in Markdown; mean and sample standard deviation over seeds. */
import { percent } from "../../../base/figures.js";
import { decidingMeasure, labelMeasures } from "../../metrics/label-measures.js";
import { type TaskMeasure, taskMeasuresIn, titleBeside } from "../../metrics/task-measures.js";
import type { Comparison, ComparisonCell, Spread } from "../../records/comparison.js";
import type { Candidate, PairedComparison, RowSet } from "../../records/paired-comparison.js";
import { candidateTitle, needsWeights, pointsText, pText } from "../../statistics/paired-notes.js";

/** `71.7 ± 4.1 %`, or in the figures of `format`; without a deviation where there is one seed. */
export function spreadText({ mean, std }: Spread, format?: (value: number) => string): string {
  if (format !== undefined) {
    return std === null ? format(mean) : `${format(mean)} ± ${format(std)}`;
  }
  return std === null ? percent(mean) : `${(100 * mean).toFixed(1)} ± ${percent(std)}`;
}

/** A Markdown table; numbers are flush right in every column but the first `words`. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  words: number,
): string {
  const rule = head.map((_, column) => (column < words ? "---" : "---:"));
  return [head, rule, ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

/**
 * The table of the paper: a row for each model and candidate, a column for each data set and
 * measure. A cell with fewer seeds than were asked for says how many it has.
 */
export function resultTable(comparison: Comparison, rows: RowSet | "dev"): string {
  const { datasets, models, cells } = comparison;
  const asked = Math.max(0, ...cells.map(({ seeds }) => seeds.length), askedSeeds(comparison));
  const candidates = distinct(cells);
  const weighted = needsWeights(candidates);
  const figuresOf = (dataset: string) =>
    cells.filter((cell) => cell.dataset === dataset).map((cell) => cell[rows]);
  const head = [
    "model",
    "method",
    ...datasets.flatMap(({ name }) =>
      [
        ...labelMeasures.map((measure) => titleBeside(measure, figuresOf(name).at(0))),
        ...taskMeasuresIn(figuresOf(name)).map(({ title }) => title),
      ].map((title) => `${name} ${title}`),
    ),
  ];
  const body = models.flatMap((model) =>
    candidates.flatMap((candidate) => {
      const ofRow = cells.filter((cell) => cell.model === model.name && isSame(cell, candidate));
      if (ofRow.length === 0) return [];
      const columns = datasets.flatMap(({ name }) =>
        cellTexts(
          ofRow.find((cell) => cell.dataset === name),
          rows,
          asked,
          taskMeasuresIn(figuresOf(name)),
        ),
      );
      return [[model.name, candidateTitle(candidate, weighted), ...columns]];
    }),
  );
  return markdownTable(head, body, 2);
}

function askedSeeds({ runs, unfinished }: Comparison): number {
  return new Set([...runs, ...unfinished].map(({ seed }) => seed)).size;
}

function cellTexts(
  cell: ComparisonCell | undefined,
  rows: RowSet | "dev",
  asked: number,
  added: readonly TaskMeasure[],
): readonly string[] {
  const metrics = cell?.[rows];
  const textOf = (spread: Spread | null | undefined, format?: (value: number) => string) => {
    if (spread === undefined || spread === null) return "-";
    return `${spreadText(spread, format)}${spread.n < asked ? ` (n = ${spread.n})` : ""}`;
  };
  return [
    ...labelMeasures.map(({ name }) => textOf(metrics?.[name])),
    ...added.map(({ of, format }) => textOf(metrics && of(metrics), format)),
  ];
}

function distinct(cells: readonly Candidate[]): Candidate[] {
  return cells.filter((cell, index) => cells.findIndex((other) => isSame(cell, other)) === index);
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.method === other.method && one.task_weights === other.task_weights;
}

/** The paired tests over the pairs of a row set: one row for each pair and metric. */
export function pairedTable(paired: readonly PairedComparison[], weighted: boolean): string {
  const body = paired.flatMap((pair) =>
    labelMeasures.map(({ name, title }) => {
      const { difference, bootstrap, sign_flip, t_test } = pair[name];
      const withHolm = (test: { readonly p: number; readonly p_holm: number } | null) =>
        test === null ? "-" : `${pText(test.p)} (${pText(test.p_holm)})`;
      return [
        pair.dataset,
        pair.model,
        pairTitle(pair, weighted),
        title,
        pointsText(difference),
        `${pointsText(bootstrap.low)} to ${pointsText(bootstrap.high)}`,
        withHolm(bootstrap),
        withHolm(sign_flip),
        withHolm(t_test),
      ];
    }),
  );
  const head = [
    ...["data set", "model", "pair", "metric", "difference", "95 % interval"],
    ...["bootstrap p (Holm)", "sign-flip p (Holm)", "t p (Holm)"],
  ];
  return markdownTable(head, body, 4);
}

/** McNemar's tests: one row for each pair, one column for each seed. */
export function mcNemarTable(paired: readonly PairedComparison[], weighted: boolean): string {
  const seeds = [...new Set(paired.flatMap((pair) => pair.seeds))].sort((a, b) => a - b);
  const body = paired.map((pair) => [
    pair.dataset,
    pair.model,
    pairTitle(pair, weighted),
    ...seeds.map((seed) => {
      const test = pair.mcnemar.find((other) => other.seed === seed);
      return test === undefined
        ? "-"
        : `${test.only_a} : ${test.only_b}, ${pText(test.p)} (${pText(test.p_holm)})`;
    }),
  ]);
  const head = ["data set", "model", "pair", ...seeds.map((seed) => `seed ${seed}`)];
  return markdownTable(head, body, 3);
}

function pairTitle({ a, b }: PairedComparison, weighted: boolean): string {
  return `${candidateTitle(a, weighted)} - ${candidateTitle(b, weighted)}`;
}

/** Columns of a table of curves. */
const CURVE_POINTS = 6;

/**
 * The deciding measure on dev over the steps of a data set and model: for each candidate the mean over the seeds that were still
 * training at that step. Undefined where there are no runs.
 */
export function curveTable(
  { runs, cells }: Comparison,
  dataset: string,
  model: string,
): string | undefined {
  const members = runs.filter((run) => run.dataset === dataset && run.model === model);
  const steps = [
    ...new Set(members.flatMap(({ dev_curve }) => dev_curve.map(({ step }) => step))),
  ].sort((a, b) => a - b);
  if (steps.length === 0) return undefined;
  const shown = evenly(steps, CURVE_POINTS);
  const weighted = needsWeights(distinct(cells));
  const body = distinct(members).map((candidate) => {
    const ofCandidate = members.filter((run) => isSame(run, candidate));
    const best = ofCandidate.reduce((sum, run) => sum + run.best_step, 0) / ofCandidate.length;
    return [
      candidateTitle(candidate, weighted),
      ...shown.map((step) => {
        const values = ofCandidate.flatMap(
          ({ dev_curve }) =>
            dev_curve.find((point) => point.step === step)?.[decidingMeasure.name] ?? [],
        );
        if (values.length === 0) return "-";
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const note = values.length < ofCandidate.length ? ` (n = ${values.length})` : "";
        return `${percent(mean)}${note}`;
      }),
      best.toFixed(0),
    ];
  });
  const head = ["method", ...shown.map((step) => `step ${step}`), "mean best step"];
  return markdownTable(head, body, 1);
}

/** At most `count` of the values, evenly spread, the first and the last among them. */
function evenly(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  return Array.from(
    { length: count },
    (_, index) => values[Math.round((index * (values.length - 1)) / (count - 1))],
  );
}
