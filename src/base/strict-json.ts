/**
 * Strict JSON for untrusted input: parsed, or rejected with the place of the first fault.
 *
 * Stricter than `JSON.parse` in three points. A name that occurs twice in one object is a fault, because two readers
 * may take different values (grammar: RFC 8259, section 4). Values nest at most `MAX_JSON_DEPTH` levels,
 * because whatever walks them afterwards would otherwise run out of stack. And a text has at most `MAX_JSON_VALUES`
 * values, because one of three bytes can take a hundred in memory.
 */
import type { L3MaskingError } from "./errors.js";

/** Levels of nested arrays and objects; files of models and texts have fewer than ten. */
export const MAX_JSON_DEPTH = 100;

/** Values of one text; the largest tokenizers have a million. */
export const MAX_JSON_VALUES = 2 ** 24;

export interface JsonFault {
  /** Index into the text of the first invalid character. */
  readonly index: number;
  /** What was expected there. */
  readonly expected: string;
  /** What was found there, if more than one character. */
  readonly got?: string;
}

/** Is it what JSON calls an object? */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type JsonReading = { readonly value: unknown } | { readonly fault: JsonFault };

/** The value of `text`, or its first fault. */
export function readJson(text: string): JsonReading {
  const { depth, members, excess } = outline(text);
  if (excess !== undefined) {
    const expected = `at most ${MAX_JSON_VALUES} values`;
    return { fault: { index: excess, expected, got: "more" } };
  }
  if (depth <= MAX_JSON_DEPTH) {
    const parsed = tryParse(text);
    // JSON.parse keeps one of two equal names, so there are then fewer members than colons.
    if (parsed !== undefined && countMembers(parsed.value) === members) return parsed;
  }
  return { fault: findJsonFault(text) ?? { index: 0, expected: "a JSON value" } };
}

/**
 * The value of `text`; `where` names the file and `firstLine` is the line of it where `text` begins. For a fault
 * it throws what `error` makes of the message, which names line and column.
 */
export function parseJson(
  text: string,
  where: string,
  firstLine: number,
  error: (message: string) => L3MaskingError,
): unknown {
  const reading = readJson(text);
  if ("value" in reading) return reading.value;
  throw error(`${where} ${describeJsonFault(text, reading.fault, firstLine)}`);
}

function tryParse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    // The engines word it differently and often without a position: findJsonFault says where.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Outline {
  /** Most brackets and braces open at once. */
  readonly depth: number;
  /** Colons outside strings: the members of all objects. */
  readonly members: number;
  /** Index of the first value beyond the limit. */
  readonly excess: number | undefined;
}

const sign = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  bracket: 0x5b,
  closingBracket: 0x5d,
  brace: 0x7b,
  closingBrace: 0x7d,
} as const;

/** Counts from a scan of the brackets; they mean nothing for a text that is not JSON. */
function outline(text: string): Outline {
  let open = 0;
  let depth = 0;
  let members = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case sign.quote:
        at = stringEnd(text, at);
        break;
      case sign.bracket:
      case sign.brace:
        if (++open > depth) depth = open;
        if (++values > MAX_JSON_VALUES) return { depth, members, excess: at };
        break;
      case sign.comma:
        if (++values > MAX_JSON_VALUES) return { depth, members, excess: at };
        break;
      case sign.closingBracket:
      case sign.closingBrace:
        open--;
        break;
      case sign.colon:
        members++;
    }
  }
  return { depth, members, excess: undefined };
}

/** Index of the quote that closes the string that opens at `start`; the text's length if none does. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}

/** Members of all objects in a value. */
function countMembers(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== "object" || item === null) continue;
    const inner: readonly unknown[] = Array.isArray(item) ? item : Object.values(item);
    if (!Array.isArray(item)) count += inner.length;
    for (const part of inner) if (typeof part === "object" && part !== null) open.push(part);
  }
  return count;
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const literals = ["true", "false", "null"];
/** What other languages write for values that JSON has not, or has under another name. */
const otherWord = /-?[A-Za-z]{2,20}/y;

/** The first fault of `text`, or undefined if it is one well-formed JSON value. */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0;
  /** Containers that are open: the names so far of an object, undefined for an array. */
  const open: (Set<string> | undefined)[] = [];

  const fault = (expected: string): JsonFault => ({ index: at, expected });
  const skipSpace = () => {
    while (at < text.length && " \t\n\r".includes(text[at])) at++;
  };
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };

  const string = (): JsonFault | undefined => {
    at++;
    while (text[at] !== '"') {
      if (at >= text.length) return fault("a closing quote");
      if (text[at] === "\\") {
        if (!match(escapeSequence)) return fault("a valid escape such as \\n or \\u00e9");
      } else if (text.charCodeAt(at) < 0x20) {
        return fault(
          "a closing quote (line ends and tabs inside a string are written \\n and \\t)",
        );
      } else at++;
    }
    at++;
    return undefined;
  };

  /** The name of a member and its colon. */
  const name = (names: Set<string>): JsonFault | undefined => {
    skipSpace();
    if (text[at] !== '"') return fault("a name in double quotes");
    const start = at;
    const inner = string();
    if (inner !== undefined) return inner;
    const written = text.slice(start, at);
    const spelled = String(JSON.parse(written));
    if (names.has(spelled)) {
      return { index: start, expected: "each name once in an object", got: `${written} again` };
    }
    names.add(spelled);
    skipSpace();
    if (text[at] !== ":") return fault('":" after a name');
    at++;
    return undefined;
  };

  const scalar = (): JsonFault | undefined => {
    if (text[at] === '"') return string();
    const literal = literals.find((word) => text.startsWith(word, at));
    if (literal !== undefined) {
      at += literal.length;
      return undefined;
    }
    if (match(number)) return undefined;
    const start = fault("a JSON value");
    return match(otherWord) ? { ...start, got: `"${text.slice(start.index, at)}"` } : start;
  };

  /** Opens a container; `closed` if it is empty. */
  const container = (): JsonFault | "closed" | "open" => {
    if (open.length >= MAX_JSON_DEPTH) {
      const expected = `at most ${MAX_JSON_DEPTH} levels of nesting`;
      return { index: at, expected, got: "another level" };
    }
    const names = text[at] === "{" ? new Set<string>() : undefined;
    at++;
    skipSpace();
    if (text[at] === (names ? "}" : "]")) {
      at++;
      return "closed";
    }
    open.push(names);
    return (names && name(names)) ?? "open";
  };

  /** After a value: closes containers up to the next value, or to the end. */
  const next = (): JsonFault | "value" | "end" => {
    for (;;) {
      skipSpace();
      if (open.length === 0) return at === text.length ? "end" : fault("nothing after the value");
      const names = open[open.length - 1];
      const close = names ? "}" : "]";
      if (text[at] === close) {
        at++;
        open.pop();
      } else if (text[at] === ",") {
        at++;
        return (names && name(names)) ?? "value";
      } else return fault(`"," or "${close}"`);
    }
  };

  for (;;) {
    skipSpace();
    if (text[at] === "{" || text[at] === "[") {
      const opened = container();
      if (opened === "open") continue;
      if (opened !== "closed") return opened;
    } else {
      const inner = scalar();
      if (inner !== undefined) return inner;
    }
    const following = next();
    if (following === "end") return undefined;
    if (following !== "value") return following;
  }
}

/** The fault as a sentence with its place: `line 3, column 17: expected ..., got ...`. */
export function describeJsonFault(text: string, fault: JsonFault, firstLine: number): string {
  const before = text.slice(0, fault.index);
  let line = firstLine;
  for (let end = before.indexOf("\n"); end !== -1; end = before.indexOf("\n", end + 1)) line++;
  const column = fault.index - before.lastIndexOf("\n");
  const found = fault.index < text.length ? JSON.stringify(text[fault.index]) : "the end";
  return `line ${line}, column ${column}: expected ${fault.expected}, got ${fault.got ?? found}`;
}
