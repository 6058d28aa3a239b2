/** Words as a POSIX shell takes them. */
import { L3MaskingError } from "./errors.js";

/** A word in quotes, if it needs them. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Pieces of a word: in single quotes, in double quotes, plain. */
const piece = /'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"\\]|\\.)+)/gsu;

/**
 * The words of a line; quotes and backslashes keep spaces, nothing is expanded. Throws `invalid-setting`, naming the setting,
 * for a quote that is not closed.
 */
export function shellWords(line: string, setting: string): string[] {
  const words: string[] = [];
  let end = 0;
  let open = false;
  for (const match of line.matchAll(piece)) {
    const gap = line.slice(end, match.index);
    if (gap.trim() !== "") break;
    const [text, single, double, plain = ""] = match;
    const value =
      single ?? double?.replaceAll(/\\([$`"\\])/g, "$1") ?? plain.replaceAll(/\\(.)/gsu, "$1");
    if (open && gap === "") words.push(`${words.pop() ?? ""}${value}`);
    else words.push(value);
    open = true;
    end = match.index + text.length;
  }
  if (line.slice(end).trim() !== "") {
    throw new L3MaskingError(
      "invalid-setting",
      `expected closed quotes in ${setting}, got ${line}`,
      { hint: `Close the quote, as in --${setting} "--comment='two words'".` },
    );
  }
  return words;
}
