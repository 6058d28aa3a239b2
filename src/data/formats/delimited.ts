/** CSV and TSV -> rows, piece by piece. Fields stay strings. */

import { L3MaskingError } from "../../base/errors.js";
import { counted } from "../../base/figures.js";
import { MAX_COLUMNS, MAX_FIELD, MAX_LINE } from "./limits.js";
import {
  closingQuote,
  type Fault,
  type Fields,
  occurrences,
  splitQuoted,
  tooLong,
  tooManyFields,
} from "./quoted-fields.js";
import { lineSplitter, type RowReader, tableOf } from "./row-reader.js";
import { type Row, requireLine, type Table } from "./table.js";

const csvDelimiters = [",", ";", "\t", "|"];

/**
 * CSV (RFC 4180) with a header line. The delimiter is the one of `, ; tab |` that the header line
 * holds most often, or the one that a first line "sep=;" names, as spreadsheet programs write it. Quoted fields may span
 * lines; line ends inside them become "\n"; blank lines and rows of empty fields are skipped. Throws `data-format` with the
 * line for a bad quote or a wrong number of fields.
 */
export function parseCsv(text: string, file: string): Table {
  return tableOf(csvReader(file), text, file);
}

/** The rows of `parseCsv`, piece by piece; with another delimiter where one is given. */
export function csvReader(file: string, given?: string): RowReader {
  const unified = unifiedLineEnds();
  let delimiter = given;
  let rows = rowMaker(file, quotingHint(given ?? ","));
  let pending = "";
  let line = 1;
  /** Characters at which it pays to look again: a row that spans many pieces is not looked at for each of them. */
  let enough = 0;

  /** Passes over blank lines and reads the delimiter off the first other one; false where its end has not come yet. */
  function findDelimiter(last: boolean): boolean {
    while (delimiter === undefined) {
      const end = pending.indexOf("\n");
      if (end === -1 && !last) return false;
      const first = end === -1 ? pending : pending.slice(0, end);
      const named = end === -1 ? undefined : namedDelimiter(first);
      if (named === undefined && (first.trim() !== "" || end === -1)) {
        delimiter = headerDelimiter(first);
        rows = rowMaker(file, quotingHint(delimiter));
      } else {
        pending = pending.slice(end + 1);
        line += 1;
        if (named === undefined) continue;
        delimiter = named;
        rows = rowMaker(file, quotingHint(named));
      }
    }
    return true;
  }

  return {
    get columns() {
      return rows.columns;
    },
    take(piece, last) {
      pending += unified(piece, last);
      if (!last && pending.length < enough) return [];
      let made: readonly Row[] = [];
      if (findDelimiter(last)) {
        const splitting = splitQuoted(pending, delimiter ?? ",", line, last);
        if (splitting.fault !== undefined) throw formatError(file, splitting.fault);
        made = rows.make(splitting.lines);
        pending = pending.slice(splitting.rest);
        line = splitting.line;
      }
      requireLine(pending.length, file, line);
      enough = Math.min(2 * pending.length, MAX_LINE + 1);
      return made;
    },
  };
}

/**
 * What quotes mean in a TSV file: `none`, they are text; `fields`, every field that begins with one is a whole quoted
 * field; `spanning`, as in CSV, also over line ends.
 */
export type TsvQuoting = "none" | "fields" | "spanning";

/**
 * TSV with a header line. Quotes in TSV files are as often plain text as they are CSV quoting, and
 * taking a plain one for an opening quote swallows rows. So a line is a row first, and quotes count as
 * quoting only if every field that begins with one is a whole quoted field; quoted fields that span
 * lines are tried when lines alone give uneven rows. Throws `data-format` with the line.
 */
export function parseTsv(text: string, file: string): Table {
  const observer = tsvObserver(file);
  observer.take(text, true);
  const { quoting, uneven } = observer.found();
  try {
    return tableOf(tsvReader(file, quoting), text, file);
  } catch (error) {
    // Of the two ways to read the file the usual one says what is wrong.
    throw uneven ?? error;
  }
}

/** The rows of a TSV file of which it is known how it quotes, piece by piece. */
export function tsvReader(file: string, quoting: TsvQuoting): RowReader {
  if (quoting === "spanning") return csvReader(file, "\t");
  const lines = tsvLines(file);
  const rows = rowMaker(file, tsvHint);
  return {
    get columns() {
      return rows.columns;
    },
    take(piece, last) {
      const taken = lines(piece, last);
      return rows.make(quoting === "fields" ? taken.map(unquoted) : taken);
    },
  };
}

export interface TsvFinding {
  readonly quoting: TsvQuoting;
  /** The error of the file if it does not quote over line ends; only where `quoting` says that it may. */
  readonly uneven: L3MaskingError | undefined;
}

/** Looks through a TSV file to tell what its quotes mean. `take` throws `data-format` for a field that is too long. */
export function tsvObserver(file: string): {
  /** False once nothing that follows matters. */
  take(piece: string, last: boolean): boolean;
  found(): TsvFinding;
} {
  const lines = tsvLines(file);
  let header: Fields | undefined;
  let uneven: Fault | undefined;
  let long: Fault | undefined;
  let quotes = 0;
  let allWhole = true;
  return {
    take(piece, last) {
      if (uneven !== undefined) return false;
      for (const taken of lines(piece, last)) {
        header ??= taken;
        uneven = unevenFields(header, taken, tsvHint);
        if (uneven !== undefined) return false;
        for (const field of taken.fields) {
          if (field.length > MAX_FIELD) long ??= { line: taken.line, ...tooLong };
          if (!field.startsWith('"')) continue;
          quotes += 1;
          allWhole &&= closingQuote(field, 0) === field.length - 1;
        }
      }
      return true;
    },
    found() {
      if (uneven !== undefined) {
        return { quoting: "spanning", uneven: formatError(file, uneven) };
      }
      if (long !== undefined) throw formatError(file, long);
      return { quoting: quotes > 0 && allWhole ? "fields" : "none", uneven: undefined };
    },
  };
}

const headerHint =
  "The first line must name the columns: remove what stands before it, or put double quotes around a field with delimiters in it.";
const tsvHint = "Write one row per line, with a single tab between fields.";

function quotingHint(delimiter: string): string {
  return `Put double quotes around a field that contains "${delimiter}" or a line end.`;
}

/** Lines of tabs, but for blank ones. */
function tsvLines(file: string): (piece: string, last: boolean) => Fields[] {
  const unified = unifiedLineEnds();
  const lines = lineSplitter(file);
  return (piece, last) =>
    lines(unified(piece, last), last).flatMap(({ content, line }) =>
      content.trim() === "" ? [] : [{ fields: content.split("\t", MAX_COLUMNS + 1), line }],
    );
}

function unquoted({ fields, line }: Fields): Fields {
  const unquote = (field: string) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
  return { fields: fields.map(unquote), line };
}

/** Pieces with "\n" for every line end; a "\r" at the end of a piece waits for what follows. */
function unifiedLineEnds(): (piece: string, last: boolean) => string {
  let held = "";
  return (piece, last) => {
    const text = held + piece;
    held = !last && text.endsWith("\r") ? "\r" : "";
    const taken = held === "" ? text : text.slice(0, -1);
    return taken.includes("\r") ? taken.replace(/\r\n?/g, "\n") : taken;
  };
}

/** The delimiter that a line such as `sep=;` names. */
function namedDelimiter(line: string): string | undefined {
  return /^"?sep=([,;\t|])"?[ \r]*$/i.exec(line)?.[1];
}

function headerDelimiter(line: string): string {
  const header = line.trimStart().replace(/"[^"]*"/g, "");
  const counts = csvDelimiters.map((delimiter) => occurrences(header, delimiter));
  return csvDelimiters[counts.indexOf(Math.max(...counts))];
}

function unevenFields(header: Fields, taken: Fields, hint: string): Fault | undefined {
  if (header.fields.length > MAX_COLUMNS) return { line: header.line, ...tooManyFields };
  if (taken.fields.length === header.fields.length) return undefined;
  const { length } = header.fields;
  const expected = `${counted(length, "field")} as in the header (${header.fields.join(", ")})`;
  const message = `expected ${expected}, got ${taken.fields.length}`;
  return { line: taken.line, message, hint: length === 1 ? headerHint : hint };
}

/** Names the fields of lines by the first one, the header; throws `data-format` for a line that does not fit. */
function rowMaker(
  file: string,
  hint: string,
): { readonly columns: readonly string[]; make(lines: readonly Fields[]): readonly Row[] } {
  let header: Fields | undefined;
  let columns: readonly string[] = [];
  return {
    get columns() {
      return columns;
    },
    make(lines) {
      const rows: Row[] = [];
      for (const taken of lines) {
        const isHeader = header === undefined;
        header ??= taken;
        const uneven = unevenFields(header, taken, hint);
        if (uneven !== undefined) throw formatError(file, uneven);
        if (isHeader) {
          columns = headerNames(header, file);
          continue;
        }
        const { fields, line } = taken;
        // Spreadsheet programs write such rows after the last one that is filled.
        if (fields.length > 1 && fields.every((field) => field.trim() === "")) continue;
        const named = columns.map((name, index) => [name, fields[index]]);
        rows.push({ columns: Object.fromEntries(named), line });
      }
      return rows;
    },
  };
}

function headerNames(header: Fields, file: string): readonly string[] {
  const columns = header.fields.map((name, index) => name.trim() || `column_${index + 1}`);
  const seen = new Set<string>();
  const repeated = columns.find((name) => seen.size === seen.add(name).size);
  if (repeated === undefined) return columns;
  throw formatError(file, {
    line: header.line,
    message: `expected different column names in the header, got "${repeated}" twice`,
    hint: "Rename one of the two columns.",
  });
}

function formatError(file: string, fault: Fault): L3MaskingError {
  return new L3MaskingError("data-format", `${file} line ${fault.line}: ${fault.message}`, {
    hint: fault.hint,
  });
}
