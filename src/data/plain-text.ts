/** Plain text -> rows: one text a line, no label. */
import { requireRows, type Table } from "./table.js";

/**
 * A row for every line, empty ones included, so that rows are lines; the last line end ends the last line. Throws
 * `data-format` for too many lines.
 */
export function parsePlainText(text: string, file: string): Table {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  requireRows(lines.length, file);
  const rows = lines.map((line, index) => ({ columns: { text: line }, line: index + 1 }));
  return { columns: ["text"], rows, unit: "line" };
}
