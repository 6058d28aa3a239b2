/** The results of a comparison as numbers, a row for each cell and measure: as CSV for spreadsheets, and as LaTeX for papers. */
import { delimitedLine } from "../../../data/formats/delimited-line.js";
import { labelMeasures } from "../../metrics/label-measures.js";
import type { Comparison, ComparisonCell, Spread } from "../../records/comparison.js";
import type { RowSet } from "../../records/paired-comparison.js";
import { candidateTitle, needsWeights } from "../../statistics/paired-notes.js";
import { studentQuantile } from "../../statistics/student.js";

/** What a measure is over the seeds of a cell. */
export interface CellRow {
  readonly dataset: string;
  readonly model: string;
  readonly method: string;
  readonly task_weights: string;
  /** What a sweep chose, as `gamma=2 learningRate=0.0001`; empty without one. */
  readonly settings: string;
  readonly rows: RowSet | "dev";
  readonly measure: string;
  readonly mean: number;
  /** Sample standard deviation over the seeds; null for one. */
  readonly std: number | null;
  /** Ends of the 95 % interval of the mean over seeds; null for one seed. */
  readonly low: number | null;
  readonly high: number | null;
  /** Seeds. */
  readonly n: number;
}

const rowSets = ["test", "leak_free", "dev"] as const;

/** A row for each cell, row set and measure, as fractions. */
export function cellRows({ cells }: Pick<Comparison, "cells">): CellRow[] {
  return cells.flatMap((cell) =>
    rowSets.flatMap((rows) =>
      labelMeasures.flatMap(({ name: measure }) => {
        const spread = cell[rows]?.[measure];
        if (spread === undefined) return [];
        const { dataset, model, method, task_weights: weights } = cell;
        const settings = Object.entries(cell.swept ?? {}).map(
          ([name, value]) => `${name}=${value}`,
        );
        const place = {
          ...{ dataset, model, method, task_weights: weights ?? "" },
          ...{ settings: settings.join(" "), rows, measure },
        };
        return [{ ...place, ...spread, ...interval(spread) }];
      }),
    ),
  );
}

/**
 * The 95 % interval of a mean over n seeds,
 *
 *     mean +- t std / sqrt(n)        t the 97.5 % quantile of Student's distribution with n - 1 degrees of freedom
 *
 * It covers other seeds on the same rows, not other rows.
 */
export function interval({ mean, std, n }: Spread): Pick<CellRow, "low" | "high"> {
  if (std === null) return { low: null, high: null };
  const half = (studentQuantile(0.975, n - 1) * std) / Math.sqrt(n);
  return { low: mean - half, high: mean + half };
}

const columns = [
  "dataset",
  "model",
  "method",
  "task_weights",
  "settings",
  "rows",
  "measure",
  "mean",
  "std",
  "low",
  "high",
  "n",
] as const satisfies readonly (keyof CellRow)[];

/** `cellRows` as CSV (RFC 4180), with every digit; what is null is empty. */
export function cellsCsv(comparison: Pick<Comparison, "cells">): string {
  const rows = cellRows(comparison).map((row) => columns.map((name) => String(row[name] ?? "")));
  return csvText([columns, ...rows]);
}

/** Lines of CSV (RFC 4180, but ended by a line feed). */
export function csvText(lines: readonly (readonly string[])[]): string {
  return lines.map((fields) => `${delimitedLine(fields, ",")}\n`).join("");
}

/**
 * The test rows of a comparison, or its dev rows where it has no others, as a LaTeX table with the rules of the package booktabs: in percent,
 * a row for each cell, and for each measure mean, standard deviation, 95 % interval over seeds.
 */
export function cellsLatex({ cells }: Pick<Comparison, "cells">): string {
  const rows = cells.some(({ test }) => test !== null) ? "test" : "dev";
  const weighted = needsWeights(cells);
  const titles = labelMeasures.map(({ title }) => title);
  const head = [
    "data set",
    "model",
    "method",
    ...titles.flatMap((title) => [title, "95\\,\\%"]),
    "$n$",
  ];
  const body = cells.map((cell) => latexRow(cell, rows, weighted));
  return latexTable(
    `${rows} rows, in percent: mean $\\pm$ standard deviation over n seeds, and the 95 % interval of the mean`,
    `lll${"rr".repeat(labelMeasures.length)}r`,
    [head, ...body],
  );
}

/** A table with the rules of booktabs; the first line is its head, and all texts are LaTeX. */
export function latexTable(
  comment: string,
  columns: string,
  [head, ...body]: readonly (readonly string[])[],
): string {
  return [
    `% ${comment}; needs \\usepackage{booktabs}`,
    `\\begin{tabular}{${columns}}`,
    "\\toprule",
    `${head.join(" & ")} \\\\`,
    "\\midrule",
    ...body.map((texts) => `${texts.join(" & ")} \\\\`),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

function latexRow(cell: ComparisonCell, rows: RowSet | "dev", weighted: boolean): string[] {
  const names = [cell.dataset, cell.model, candidateTitle(cell, weighted)].map(latexText);
  const measures = labelMeasures.flatMap(({ name }) => latexSpread(cell[rows]?.[name]));
  return [...names, ...measures, String(cell.seeds.length)];
}

/** Mean with deviation, and interval, in percent; dashes for what is not there. */
export function latexSpread(spread: Spread | undefined): readonly [string, string] {
  if (spread === undefined) return ["--", "--"];
  const percent = (value: number) => (100 * value).toFixed(1);
  const { low, high } = interval(spread);
  const deviation = spread.std === null ? "" : ` $\\pm$ ${percent(spread.std)}`;
  const range = low === null || high === null ? "--" : `[${percent(low)}, ${percent(high)}]`;
  return [`${percent(spread.mean)}${deviation}`, range];
}

/** Text with what LaTeX takes for commands escaped. */
export function latexText(text: string): string {
  const named: Readonly<Record<string, string>> = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
  };
  return text.replaceAll(/[\\~^&%$#_{}]/g, (letter) => named[letter] ?? `\\${letter}`);
}
