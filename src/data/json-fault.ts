/**
 * Where a JSON text goes wrong. `JSON.parse` words its messages differently in every engine and often
 * without a position, so a text it refuses is scanned again here (grammar: RFC 8259).
 */

export interface JsonFault {
  /** Index into the text of the first character that cannot stand there. */
  readonly index: number;
  /** What could have stood there. */
  readonly expected: string;
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const literals = ["true", "false", "null"];

/** The first fault of `text`, or undefined if it is one well-formed JSON value. */
export function findJsonFault(text: string): JsonFault | undefined {
  let at = 0;

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

  /** The inside of an array or object, `at` on its opening bracket. */
  const list = (close: "]" | "}", item: () => JsonFault | undefined): JsonFault | undefined => {
    at++;
    skipSpace();
    if (text[at] === close) {
      at++;
      return undefined;
    }
    for (;;) {
      const inner = item();
      if (inner !== undefined) return inner;
      skipSpace();
      if (text[at] === close) {
        at++;
        return undefined;
      }
      if (text[at] !== ",") return fault(`"," or "${close}"`);
      at++;
    }
  };

  const member = (): JsonFault | undefined => {
    skipSpace();
    if (text[at] !== '"') return fault("a name in double quotes");
    const name = string();
    if (name !== undefined) return name;
    skipSpace();
    if (text[at] !== ":") return fault('":" after a name');
    at++;
    return value();
  };

  const value = (): JsonFault | undefined => {
    skipSpace();
    if (text[at] === '"') return string();
    if (text[at] === "{") return list("}", member);
    if (text[at] === "[") return list("]", value);
    const literal = literals.find((word) => text.startsWith(word, at));
    if (literal !== undefined) {
      at += literal.length;
      return undefined;
    }
    return match(number) ? undefined : fault("a JSON value");
  };

  const found = value();
  if (found !== undefined) return found;
  skipSpace();
  return at === text.length ? undefined : fault("nothing after the value");
}

/** The fault as a sentence with its place: `line 3, column 17: expected ..., got ...`. */
export function describeJsonFault(text: string, fault: JsonFault, firstLine: number): string {
  const before = text.slice(0, fault.index);
  const line = firstLine + before.split("\n").length - 1;
  const column = fault.index - before.lastIndexOf("\n");
  const got = fault.index < text.length ? JSON.stringify(text[fault.index]) : "the end";
  return `line ${line}, column ${column}: expected ${fault.expected}, got ${got}`;
}
