/** CSV and TSV -> rows. Fields stay strings. */

import { L3MaskingError } from "../errors.js";
import { MAX_COLUMNS, MAX_FIELD } from "./limits.js";
import { type Row, requireRows, type Table } from "./table.js";

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
  if (uneven === undefined) {
    const long = lines.find(({ fields }) => fields.some((field) => field.length > MAX_FIELD));
    if (long !== undefined) throw formatError(file, { line: long.line, ...tooLong });
    return toTable(unquoteIfAllQuoted(lines), file);
  }
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
  const counts = csvDelimiters.map((delimiter) => occurrences(header, delimiter));
  return csvDelimiters[counts.indexOf(Math.max(...counts))];
}

function splitPlain(content: string): Fields[] {
  const lines: Fields[] = [];
  let line = 0;
  for (const row of content.split("\n")) {
    line++;
    if (row.trim() !== "") lines.push({ fields: row.split("\t", MAX_COLUMNS + 1), line });
  }
  return lines;
}

/**
 * Rows of RFC 4180, up to the first fault. A quote counts only where a field begins; white space between a closing
 * quote and the end of its field is dropped. Every character is looked at a fixed number of times.
 */
function splitQuoted(content: string, delimiter: string): Splitting {
  const lines: Fields[] = [];
  const nextDelimiter = search(content, delimiter);
  const nextLineEnd = search(content, "\n");
  let fields: string[] = [];
  let line = 1;
  let rowLine = 1;
  let rowStart = 0;
  for (let at = 0; at <= content.length; ) {
    let end: number;
    if (content[at] === '"') {
      const close = closingQuote(content, at);
      if (close === undefined) return { lines, fault: { line, ...unclosed } };
      end = skipBlanks(content, close + 1, delimiter);
      if (end < content.length && content[end] !== delimiter && content[end] !== "\n") {
        return { lines, fault: { line, ...textAfterQuote } };
      }
      if (close - at > MAX_FIELD) return { lines, fault: { line, ...tooLong } };
      const inner = content.slice(at + 1, close);
      fields.push(inner.includes('"') ? inner.replaceAll('""', '"') : inner);
      line += occurrences(inner, "\n");
    } else {
      end = Math.min(nextDelimiter(at), nextLineEnd(at));
      fields.push(content.slice(at, end));
    }
    if (fields.length > MAX_COLUMNS + 1) return { lines, fault: { line, ...tooManyFields } };
    at = end + 1;
    if (content[end] === delimiter) continue;
    if (content.slice(rowStart, end).trim() !== "") lines.push({ fields, line: rowLine });
    line++;
    fields = [];
    rowLine = line;
    rowStart = at;
  }
  return { lines, fault: undefined };
}

const quoteHint = 'Write a double quote inside a quoted field twice ("").';
const unclosed = {
  message: "expected a closing quote, got the end of the file",
  hint: quoteHint,
};
const textAfterQuote = {
  message: "expected a delimiter or line end after a closing quote, got text",
  hint: quoteHint,
};
const tooLong = {
  message: `expected fields of at most ${MAX_FIELD} characters, got a longer one`,
  hint: "A line end or a closing quote may be missing before it.",
};
const tooManyFields = {
  message: `expected at most ${MAX_COLUMNS} fields, got more`,
  hint: "Keep the columns of texts and labels; line ends may be missing.",
};

/** The first place of `sign` from a position on, or the end; positions must not go back. */
function search(content: string, sign: string): (from: number) => number {
  let found = -1;
  return (from) => {
    if (found < from) found = content.indexOf(sign, from);
    if (found === -1) found = content.length;
    return found;
  };
}

/** The quote that closes the field whose opening quote is at `start`. */
function closingQuote(content: string, start: number): number | undefined {
  for (let at = content.indexOf('"', start + 1); at !== -1; at = content.indexOf('"', at + 2)) {
    if (content[at + 1] !== '"') return at;
  }
  return undefined;
}

function skipBlanks(content: string, start: number, delimiter: string): number {
  let at = start;
  while (content[at] !== delimiter && content[at] !== "\n" && content[at]?.trim() === "") at++;
  return at;
}

function occurrences(text: string, sign: string): number {
  let count = 0;
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) count++;
  return count;
}

function unevenFields(lines: readonly Fields[], hint: string): Fault | undefined {
  if (lines.length === 0) return undefined;
  const [header] = lines;
  if (header.fields.length > MAX_COLUMNS) return { line: header.line, ...tooManyFields };
  const wrong = lines.find(({ fields }) => fields.length !== header.fields.length);
  if (wrong === undefined) return undefined;
  const expected = `${header.fields.length} fields as in the header (${header.fields.join(", ")})`;
  return { line: wrong.line, message: `expected ${expected}, got ${wrong.fields.length}`, hint };
}

function unquoteIfAllQuoted(lines: readonly Fields[]): readonly Fields[] {
  const wholeQuoted = (field: string) => closingQuote(field, 0) === field.length - 1;
  const begun = lines.flatMap(({ fields }) => fields.filter((field) => field.startsWith('"')));
  if (begun.length === 0 || !begun.every(wholeQuoted)) return lines;
  const unquote = (field: string) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
  return lines.map(({ fields, line }) => ({ fields: fields.map(unquote), line }));
}

function toTable(lines: readonly Fields[], file: string): Table {
  if (lines.length === 0) return { columns: [], rows: [], unit: "line" };
  requireRows(lines.length - 1, file);
  const [header] = lines;
  const columns = header.fields.map((name, index) => name.trim() || `column_${index + 1}`);
  const seen = new Set<string>();
  const repeated = columns.find((name) => seen.size === seen.add(name).size);
  if (repeated !== undefined) {
    throw formatError(file, {
      line: header.line,
      message: `expected different column names in the header, got "${repeated}" twice`,
      hint: "Rename one of the two columns.",
    });
  }
  const rows = lines.slice(1).map(
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
