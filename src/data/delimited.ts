/** CSV and TSV -> rows. Fields stay strings. */

import Papa from "papaparse";
import { L3MaskingError } from "../errors.js";
import type { Row, Table } from "./table.js";

interface Fields {
  readonly fields: readonly string[];
  readonly line: number;
}

/** A place where the text breaks the format's rules. */
interface Fault {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

interface Splitting {
  readonly lines: readonly Fields[];
  readonly fault: Fault | undefined;
}

const csvDelimiters = [",", ";", "\t", "|"];

/**
 * CSV (RFC 4180) with a header line. The delimiter is the one of `, ; tab |` that the header line
 * holds most often. Quoted fields may span lines; line ends inside them become "\n"; blank lines are
 * skipped. Throws `data-format` with the line for a bad quote or a wrong number of fields.
 */
export function parseCsv(text: string, file: string): Table {
  const content = unifyLineEnds(text);
  const delimiter = headerDelimiter(content);
  const { lines, fault } = splitQuoted(content, delimiter);
  const hint = `Put double quotes around a field that holds "${delimiter}" or a line end.`;
  const found = fault ?? unevenFields(lines, hint);
  if (found !== undefined) throw formatError(file, found);
  return toTable(lines, file);
}

/**
 * TSV with a header line. Quotes in TSV files are as often plain text as they are CSV quoting, and
 * taking a plain one for an opening quote swallows rows. So a line is a row first, and quotes count as
 * quoting only if every field that begins with one is a whole quoted field; quoted fields that span
 * lines are tried when lines alone give uneven rows. Throws `data-format` with the line.
 */
export function parseTsv(text: string, file: string): Table {
  const content = unifyLineEnds(text);
  const lines = splitPlain(content);
  const uneven = unevenFields(
    lines,
    "Write one row on each line, its fields separated by one tab.",
  );
  if (uneven === undefined) return toTable(unquoteIfAllQuoted(lines), file);
  const quoted = splitQuoted(content, "\t");
  if (quoted.fault === undefined && unevenFields(quoted.lines, "") === undefined) {
    return toTable(quoted.lines, file);
  }
  throw formatError(file, uneven);
}

function unifyLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

function headerDelimiter(content: string): string {
  const header = content
    .trimStart()
    .split("\n", 1)[0]
    .replace(/"[^"]*"/g, "");
  const counts = csvDelimiters.map((delimiter) => header.split(delimiter).length);
  return csvDelimiters[counts.indexOf(Math.max(...counts))];
}

function splitPlain(content: string): Fields[] {
  const lines: Fields[] = [];
  let line = 0;
  for (const row of content.split("\n")) {
    line++;
    if (row.trim() !== "") lines.push({ fields: row.split("\t"), line });
  }
  return lines;
}

function splitQuoted(content: string, delimiter: string): Splitting {
  const lines: Fields[] = [];
  let fault: Fault | undefined;
  let start = 0;
  let line = 1;
  Papa.parse<string[]>(content, {
    delimiter,
    newline: "\n",
    step: ({ data, errors, meta }) => {
      const raw = content.slice(start, meta.cursor);
      if (raw.trim() !== "") lines.push({ fields: data, line });
      if (fault === undefined && errors.length > 0) {
        const [error] = errors;
        const opened = line + lineEnds(content.slice(start, error.index ?? start));
        fault = { line: opened, ...describeQuoteError(error) };
      }
      line += lineEnds(raw);
      start = meta.cursor;
    },
  });
  return { lines, fault };
}

function describeQuoteError(error: Papa.ParseError): { message: string; hint: string } {
  const hint = 'Write a double quote inside a quoted field twice ("").';
  switch (error.code) {
    case "MissingQuotes":
      return { message: "expected a closing quote, got the end of the file", hint };
    case "InvalidQuotes":
      return { message: "expected a delimiter or line end after a closing quote, got text", hint };
    default:
      return { message: error.message, hint };
  }
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function unevenFields(lines: readonly Fields[], hint: string): Fault | undefined {
  if (lines.length === 0) return undefined;
  const [header] = lines;
  const wrong = lines.find(({ fields }) => fields.length !== header.fields.length);
  if (wrong === undefined) return undefined;
  const expected = `${header.fields.length} fields as in the header (${header.fields.join(", ")})`;
  return { line: wrong.line, message: `expected ${expected}, got ${wrong.fields.length}`, hint };
}

function unquoteIfAllQuoted(lines: readonly Fields[]): readonly Fields[] {
  const wholeQuoted = (field: string) => /^"[^"]*(?:""[^"]*)*"$/.test(field);
  const begun = lines.flatMap(({ fields }) => fields.filter((field) => field.startsWith('"')));
  if (begun.length === 0 || !begun.every(wholeQuoted)) return lines;
  const unquote = (field: string) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
  return lines.map(({ fields, line }) => ({ fields: fields.map(unquote), line }));
}

function toTable(lines: readonly Fields[], file: string): Table {
  if (lines.length === 0) return { columns: [], rows: [], unit: "line" };
  const [header, ...body] = lines;
  const columns = header.fields.map((name, index) => name.trim() || `column_${index + 1}`);
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw formatError(file, {
      line: header.line,
      message: `expected different column names in the header, got "${repeated}" twice`,
      hint: "Rename one of the two columns.",
    });
  }
  const rows = body.map(
    ({ fields, line }): Row => ({
      columns: Object.fromEntries(columns.map((name, index) => [name, fields[index]])),
      line,
    }),
  );
  return { columns, rows, unit: "line" };
}

function formatError(file: string, fault: Fault): L3MaskingError {
  return new L3MaskingError("data-format", `${file} line ${fault.line}: ${fault.message}`, {
    hint: fault.hint,
  });
}
