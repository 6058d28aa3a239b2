/** JSON and JSON Lines -> rows. */

import { L3MaskingError } from "../../base/errors.js";
import { isObject, parseJson, readJson } from "../../base/strict-json.js";
import { lineSplitter, type RowReader, tableOf } from "./row-reader.js";
import {
  columnNames,
  describeValue,
  type Row,
  requireColumns,
  requireRows,
  type Table,
} from "./table.js";

const lineHint = 'Write one JSON object per line, such as {"text": "...", "label": "..."}.';
const arrayHint = 'Write an array of objects, such as [{"text": "...", "label": "..."}].';

/** JSON Lines: one object on each line; blank lines are skipped. Throws `data-format` with the line. */
export function parseJsonLines(text: string, file: string): Table {
  return tableOf(jsonLineReader(file), text, file);
}

/** The rows of `parseJsonLines`, piece by piece. */
export function jsonLineReader(file: string): RowReader {
  const lines = lineSplitter(file);
  const names = new Set<string>();
  return {
    get columns() {
      return [...names];
    },
    take(piece, last) {
      const rows: Row[] = [];
      for (const { content, line } of lines(piece, last)) {
        if (content.trim() === "") continue;
        const value = parseJson(content, file, line, (message) =>
          formatError(message, syntaxHint(message, lineHint)),
        );
        const hint = Array.isArray(value)
          ? `${lineHint} A file that is one array ends in .json.`
          : lineHint;
        const columns = asObject(value, `${file} line ${line}`, hint);
        for (const name of Object.keys(columns)) names.add(name);
        requireColumns(names.size, file);
        rows.push({ columns, line });
      }
      return rows;
    },
  };
}

/**
 * JSON: an array of objects, or an object that holds exactly one array, the rows ({"data": [...]}).
 * Many files named .json are JSON Lines; a file whose first line is an object by itself, with more
 * after it, is read as such. Throws `data-format`.
 */
export function parseJsonFile(text: string, file: string): Table {
  if (looksLikeJsonLines(text)) return parseJsonLines(text, file);
  const value = parseJson(text, file, 1, (message) =>
    formatError(message, syntaxHint(message, arrayHint)),
  );
  const items = Array.isArray(value) ? value : onlyArray(value, file);
  requireRows(items.length, file);
  const rows = items.map((item: unknown, index): Row => {
    const line = index + 1;
    return { columns: asObject(item, `${file} row ${line}`, arrayHint), line };
  });
  return { columns: columnNames(rows), rows, unit: "row" };
}

/** Python writes numbers that no other reader of JSON takes, and its own words where values are printed instead. */
function syntaxHint(message: string, hint: string): string {
  const [, word = ""] = /expected a JSON value, got "(.*)"$/.exec(message) ?? [];
  if (/^(NaN|-?Infinity)$/.test(word)) {
    return `Write null in its place: JSON has no ${word.replace("-", "")}.`;
  }
  return ["None", "True", "False"].includes(word)
    ? "Write it as Python's json.dumps does: null, true or false."
    : hint;
}

function looksLikeJsonLines(text: string): boolean {
  const body = text.trim();
  const end = body.indexOf("\n");
  return end !== -1 && body.startsWith("{") && "value" in readJson(body.slice(0, end));
}

function onlyArray(value: unknown, file: string): readonly unknown[] {
  const object = asObject(value, file, arrayHint);
  const arrays = Object.entries(object).filter(([, inner]) => Array.isArray(inner));
  const [first] = arrays;
  if (arrays.length === 1 && Array.isArray(first[1])) return first[1];
  const names = arrays.map(([name]) => JSON.stringify(name)).join(", ");
  throw new L3MaskingError(
    "data-format",
    `${file}: expected an array of objects, or an object with one array of objects, got an object with ${
      arrays.length === 0 ? "no array" : `arrays under ${names}`
    }`,
    { hint: arrayHint },
  );
}

function asObject(value: unknown, place: string, hint: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw formatError(`${place}: expected a JSON object, got ${describeValue(value)}`, hint);
}

function formatError(message: string, hint: string): L3MaskingError {
  return new L3MaskingError("data-format", message, { hint });
}
