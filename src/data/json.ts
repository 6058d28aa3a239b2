/** JSON and JSON Lines -> rows. */

import { L3MaskingError } from "../errors.js";
import { describeJsonFault, findJsonFault } from "./json-fault.js";
import { columnNames, describeValue, type Row, type Table } from "./table.js";

const lineHint = 'Write one JSON object on each line, such as {"text": "...", "label": "..."}.';
const arrayHint = 'Write an array of objects, such as [{"text": "...", "label": "..."}].';

/** JSON Lines: one object on each line; blank lines are skipped. Throws `data-format` with the line. */
export function parseJsonLines(text: string, file: string): Table {
  const rows: Row[] = [];
  let line = 0;
  for (const content of text.split("\n")) {
    line++;
    if (content.trim() === "") continue;
    const value = parseJson(content, file, line, lineHint);
    rows.push({ columns: asObject(value, `${file} line ${line}`, lineHint), line });
  }
  return { columns: columnNames(rows), rows, unit: "line" };
}

/**
 * JSON: an array of objects, or an object that holds exactly one array, the rows ({"data": [...]}).
 * Many files named .json are JSON Lines; a file whose first line is an object by itself, with more
 * after it, is read as such. Throws `data-format`.
 */
export function parseJsonFile(text: string, file: string): Table {
  if (looksLikeJsonLines(text)) return parseJsonLines(text, file);
  const value = parseJson(text, file, 1, arrayHint);
  const items = Array.isArray(value) ? value : onlyArray(value, file);
  const rows = items.map((item: unknown, index): Row => {
    const line = index + 1;
    return { columns: asObject(item, `${file} row ${line}`, arrayHint), line };
  });
  return { columns: columnNames(rows), rows, unit: "row" };
}

function looksLikeJsonLines(text: string): boolean {
  const body = text.trim();
  const end = body.indexOf("\n");
  return end !== -1 && body.startsWith("{") && findJsonFault(body.slice(0, end)) === undefined;
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

function parseJson(text: string, file: string, line: number, hint: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const fault = findJsonFault(text);
    if (fault === undefined) throw cause;
    const message = `${file} ${describeJsonFault(text, fault, line)}`;
    throw new L3MaskingError("data-format", message, { hint, cause });
  }
}

function asObject(value: unknown, place: string, hint: string): Readonly<Record<string, unknown>> {
  if (isObject(value)) return value;
  throw new L3MaskingError(
    "data-format",
    `${place}: expected a JSON object, got ${describeValue(value)}`,
    { hint },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
