/** What a sweep tried on dev as tables: in Markdown, as CSV and as LaTeX, a row for each cell. */
import { labelMeasureOf, labelMeasures } from "../../metrics/label-measures.js";
import type { SweepRecord, TunedCell } from "../../records/comparison.js";
import { candidateTitle, needsWeights, settingWords } from "../../statistics/paired-notes.js";
import { csvText, interval, latexSpread, latexTable, latexText } from "./cell-tables.js";
import { markdownTable, spreadText } from "./tables.js";

/** A column for each setting; the deciding dev measure with its deviation and interval over the seeds; which cell was chosen. */
export function tuningTable(sweep: SweepRecord, cells: readonly TunedCell[]): string {
  const { title } = labelMeasureOf(sweep.measure);
  const head = [...nameColumns(sweep), `dev ${title}`, "95 % interval", "n", "chosen"];
  const weighted = needsWeights(sweep.cells);
  const body = cells.map((cell) => {
    const spread = cell.dev?.[sweep.measure];
    const { low, high } = spread ? interval(spread) : { low: null, high: null };
    const percent = (value: number) => (100 * value).toFixed(1);
    return [
      ...names(sweep, cell, weighted),
      spread === undefined ? "-" : spreadText(spread),
      low === null || high === null ? "-" : `${percent(low)} to ${percent(high)}`,
      `${cell.seeds.length}${cell.failed === 0 ? "" : `, ${cell.failed} failed`}`,
      cell.chosen ? "yes" : "",
    ];
  });
  return markdownTable(head, body, 3);
}

/** A row for each cell and measure, as fractions with every digit; `chosen` is 1 or 0. */
export function tuningCsv(sweep: SweepRecord): string {
  const settings = sweep.settings.map(({ name }) => name);
  const head = [
    ...["dataset", "model", "method", "task_weights", ...settings],
    ...["measure", "mean", "std", "low", "high", "n", "failed", "chosen"],
  ];
  const rows = sweep.cells.flatMap((cell) =>
    labelMeasures.map(({ name }) => {
      const spread = cell.dev?.[name];
      const { low, high } = spread ? interval(spread) : { low: null, high: null };
      const { dataset, model, method, task_weights, failed, chosen } = cell;
      const values = [
        ...[dataset, model, method, task_weights, ...settings.map((one) => cell.swept[one])],
        ...[name, spread?.mean, spread?.std, low, high, cell.seeds.length, failed, +chosen],
      ];
      return values.map((value) => String(value ?? ""));
    }),
  );
  return csvText([head, ...rows]);
}

/** The deciding measure of each cell in percent; what was chosen is in bold. */
export function tuningLatex(sweep: SweepRecord): string {
  const { title } = labelMeasureOf(sweep.measure);
  const weighted = needsWeights(sweep.cells);
  const head = [...nameColumns(sweep).map(latexText), `dev ${title}`, "95\\,\\%", "$n$"];
  const body = sweep.cells.map((cell) => {
    const [mean, range] = latexSpread(cell.dev?.[sweep.measure]);
    const shown = cell.chosen ? `\\textbf{${mean}}` : mean;
    return [...names(sweep, cell, weighted).map(latexText), shown, range, `${cell.seeds.length}`];
  });
  return latexTable(
    "dev rows, in percent: mean $\\pm$ standard deviation over n seeds, and the 95 % interval of the mean; bold: chosen",
    `lll${"r".repeat(sweep.settings.length)}rrr`,
    [head, ...body],
  );
}

function nameColumns({ settings }: SweepRecord): string[] {
  return ["data set", "model", "method", ...settings.map(({ name }) => settingWords(name))];
}

function names({ settings }: SweepRecord, cell: TunedCell, weighted: boolean): string[] {
  const values = settings.map(({ name }) => String(cell.swept[name] ?? "-"));
  return [cell.dataset, cell.model, candidateTitle(cell, weighted), ...values];
}

/** How it was chosen, in sentences. */
export function tuningText({ samples, measure, cells }: SweepRecord): string {
  const { title } = labelMeasureOf(measure);
  const seeds = [...new Set(cells.flatMap((cell) => cell.seeds))].sort((a, b) => a - b);
  const drawn =
    samples === null
      ? "All combinations"
      : `${samples} combinations of each method, drawn at random,`;
  return `${drawn} were trained with the seeds ${seeds.join(", ")} and measured on dev alone. The highest mean ${title} was chosen for each data set, model and method, the first of equal ones; the results above are of what was chosen, with other seeds. The dev figures of what was chosen are optimistic, since it was chosen by them.`;
}
