/** Rows -> lines of the formats that are written. */
import { delimitedLine } from "./delimited-line.js";

/** `"name": value` of a JSON object; null for undefined. */
export function jsonMember(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${json(value ?? null)}`;
}

/** A value as one field: strings as they are, nothing for null and NaN, bytes as base64, lists and objects as JSON. */
export function cell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (value instanceof Uint8Array) return base64(value);
  return typeof value === "string" ? value : json(value).replace(/^"(-?Infinity)"$/, "$1");
}

/** What JSON has no form for: integers beyond its numbers are their digits, bytes base64, infinite numbers their names, NaN is null. */
function json(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Uint8Array) return base64(inner);
    if (typeof inner === "bigint") return String(inner);
    return inner === Infinity || inner === -Infinity ? String(inner) : inner;
  });
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
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
