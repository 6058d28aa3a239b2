/** What every reader returns: rows of named values, with their place in the file. */
import { L3MaskingError } from "../errors.js";
import { MAX_ROWS } from "./limits.js";

/** One row of a file; `line` is the 1-based line, or the 1-based row where a format has no lines. */
export interface Row {
  readonly columns: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** All rows of one file. */
export interface Table {
  /** Column names in order of first appearance. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** What `Row.line` counts. */
  readonly unit: "line" | "row";
}

/** Throws `data-format` for more rows than a file may have. */
export function requireRows(rows: number, file: string): void {
  if (rows <= MAX_ROWS) return;
  throw new L3MaskingError("data-format", `${file}: expected at most ${MAX_ROWS} rows, got more`, {
    hint: "Take a sample of the rows.",
  });
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
