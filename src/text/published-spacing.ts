/** The spaces of a text as the released code of L3Masking puts them, before the text is scored and masked. */
import { joinedTexts, partsOf } from "../base/pairs.js";

/** What is replaced, one after the other, each from left to right without looking at its own result again. */
const replacements: readonly (readonly [string, string])[] = [
  ["\n", ""],
  [",", " , "],
  [".", " . "],
  ["-", " - "],
  ["  ", " "],
  // Marks of citations and entities.
  [" <<", ""],
  [">> ", ""],
  [" [[", ""],
  ["]] ", ""],
  ["<<", ""],
  [">>", ""],
  ["[[", ""],
  ["]]", ""],
  // What is still doubled goes altogether, and with it the space between two words.
  ["  ", ""],
];

/**
 * A text with spaces around its commas, full stops and hyphens, and without line ends and the marks `<<`, `>>`, `[[` and `]]`. Of a pair each text.
 *
 * Source: `run_batch` in scripts/run_mlm_auxiliary_PLT-Masking.py of the released code, where it is applied to the decoded tokens of a text.
 */
export function publishedSpacing(text: string): string {
  const spaced = (part: string) =>
    replacements.reduce((result, [found, put]) => result.replaceAll(found, put), part);
  return joinedTexts(partsOf(text).map(spaced));
}
