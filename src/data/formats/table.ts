/** What every reader returns: rows of named values, with their place in the file. */
import { L3MaskingError } from "../../base/errors.js";
import { MAX_COLUMNS, MAX_LINE, MAX_ROWS } from "./limits.js";

/** One row of a file; `line` is the 1-based line, or the 1-based row where a format has no lines. */
export interface Row {
  readonly columns: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** The names of the classes that a column numbers, by the column's name. */
export type ClassNames = ReadonlyMap<string, readonly string[]>;

/** All rows of one file. */
export interface Table {
  /** Column names in order of first appearance. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What `Row.line` counts. */
  readonly unit: "line" | "row";
  /** Of columns that hold numbers of classes: their names, in the order of the numbers. */
  readonly classNames?: ClassNames | undefined;
}

/** Throws `data-format` for more rows than a file may have. */
export function requireRows(rows: number, file: string): void {
  if (rows <= MAX_ROWS) return;
  throw new L3MaskingError("data-format", `${file}: expected at most ${MAX_ROWS} rows, got more`, {
    hint: "Use a sample of the rows.",
  });
}

/** Throws `data-format` for a line that is longer than a line may be. */
export function requireLine(length: number, file: string, line: number): void {
  if (length <= MAX_LINE) return;
  throw new L3MaskingError(
    "data-format",
    `${file} line ${line}: expected at most ${MAX_LINE} characters in a line, got more`,
    { hint: "Check for a missing line end or closing quote before it." },
  );
}

/** Throws `data-format` for more columns than a file may have. */
export function requireColumns(columns: number, file: string): void {
  if (columns <= MAX_COLUMNS) return;
  throw new L3MaskingError(
    "data-format",
    `${file}: expected at most ${MAX_COLUMNS} different columns, got more`,
    { hint: "Remove the columns that are not needed." },
  );
}

/** The names of all columns that occur in `rows`, in order of first appearance. */
export function columnNames(rows: readonly Row[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row.columns)) names.add(name);
  return [...names];
}

/** How a value is named in messages: its type, not its content. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
