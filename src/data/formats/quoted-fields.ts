/** Rows of quoted fields (RFC 4180), of a text that may end inside one. */
import { MAX_COLUMNS, MAX_FIELD, MAX_LINE } from "./limits.js";

export interface Fields {
  readonly fields: readonly string[];
  readonly line: number;
}

/** A place where the text breaks the format's rules. */
export interface Fault {
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

export interface Splitting {
  readonly lines: readonly Fields[];
  readonly fault: Fault | undefined;
  /** Where the row begins that is not whole yet, and its line. */
  readonly rest: number;
  readonly line: number;
}

/**
 * Rows of RFC 4180, up to the first fault. A quote counts only where a field begins; white space between a closing
 * quote and the end of its field is dropped. Every character is looked at a fixed number of times.
 *
 * `content` begins on line `firstLine`. Where it is not the `last` of the file a row is whole only when its line end
 * is there.
 */
export function splitQuoted(
  content: string,
  delimiter: string,
  firstLine: number,
  last: boolean,
): Splitting {
  const lines: Fields[] = [];
  const nextDelimiter = search(content, delimiter);
  const nextLineEnd = search(content, "\n");
  let fields: string[] = [];
  let line = firstLine;
  let rowLine = firstLine;
  let rowStart = 0;
  const stopped = (fault?: Omit<Fault, "line">): Splitting => ({
    lines,
    fault: fault && { line, ...fault },
    rest: rowStart,
    line: rowLine,
  });
  for (let at = 0; at <= content.length; ) {
    let end: number;
    if (content[at] === '"') {
      const close = closingQuote(content, at);
      if (close === undefined) return stopped(last ? unclosed : undefined);
      end = skipBlanks(content, close + 1, delimiter);
      if (end < content.length && content[end] !== delimiter && content[end] !== "\n") {
        return stopped(textAfterQuote);
      }
      if (end === content.length && !last) return stopped();
      if (close - at > MAX_FIELD) return stopped(tooLong);
      const inner = content.slice(at + 1, close);
      fields.push(inner.includes('"') ? inner.replaceAll('""', '"') : inner);
      line += occurrences(inner, "\n");
    } else {
      end = Math.min(nextDelimiter(at), nextLineEnd(at));
      if (end === content.length && !last) return stopped();
      fields.push(content.slice(at, end));
    }
    if (fields.length > MAX_COLUMNS + 1) return stopped(tooManyFields);
    at = end + 1;
    if (content[end] === delimiter) continue;
    if (end - rowStart > MAX_LINE) return stopped(tooLongRow);
    if (content.slice(rowStart, end).trim() !== "") lines.push({ fields, line: rowLine });
    line++;
    fields = [];
    rowLine = line;
    rowStart = at;
  }
  return stopped();
}

const quoteHint = 'Write a double quote inside a quoted field twice ("").';
const missingEnd = "Check for a missing line end or closing quote before it.";
const unclosed = {
  message: "expected a closing quote, found the end of the file",
  hint: quoteHint,
};
const textAfterQuote = {
  message: "expected a delimiter or a line end after a closing quote, found text",
  hint: quoteHint,
};
const tooLongRow = {
  message: `expected rows of at most ${MAX_LINE} characters, got a longer one`,
  hint: missingEnd,
};
export const tooLong = {
  message: `expected fields of at most ${MAX_FIELD} characters, got a longer one`,
  hint: missingEnd,
};
export const tooManyFields = {
  message: `expected at most ${MAX_COLUMNS} fields, got more`,
  hint: "Remove the columns that are not needed, and check for missing line ends.",
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
export function closingQuote(content: string, start: number): number | undefined {
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

export function occurrences(text: string, sign: string): number {
  let count = 0;
  for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) count++;
  return count;
}
