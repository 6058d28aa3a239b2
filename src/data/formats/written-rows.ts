/** Rows -> lines of the formats that are written. */
import { delimitedLine } from "./delimited-line.js";

/** `"name": value` of a JSON object; null for undefined. */
export function jsonMember(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${json(value ?? null)}`;
}

/** A value as one field: strings as they are, nothing for null, lists and objects as JSON. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : json(value);
}

/** Integers of Parquet that are inside lists may be beyond what numbers hold. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** A file of rows, line by line with their ends. Values that a row lacks are empty in CSV and left out in JSON. */
export function* writtenRows(
  format: "csv" | "jsonl",
  columns: readonly string[],
  rows: Iterable<ReadonlyMap<string, unknown>>,
): Generator<string> {
  if (format === "csv") yield `${delimitedLine(columns, ",")}\n`;
  for (const row of rows) {
    const fields = columns.map((name) => cell(row.get(name)));
    yield format === "csv"
      ? `${delimitedLine(fields, ",")}\n`
      : `{${columns.flatMap((name) => (row.has(name) ? [jsonMember(name, row.get(name))] : [])).join(",")}}\n`;
  }
}
