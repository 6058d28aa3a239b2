/**
 * Characters that are looked up together (grapheme clusters), as far as it makes a difference: of up to five bytes, since longer ones
 * are looked up character by character.
 *
 * Reference: UAX 29, with the tables of Hugging Face's Rust tokenizers. Left out: what only longer clusters have (pairs of regional
 * indicators, emoji that are joined, conjuncts of consonants).
 */
import { characters } from "./character-classes.js";

const extending = `[${characters.extending}]`;
const prepended = `[${characters.prepended}]`;
const alone = `[^${characters.extending}${characters.prepended}${characters.isolated}]`;

/** Syllables of Hangul in letters (leading, vowel, closing), and whole ones, without and with a closing consonant. */
const leading = "[\\u1100-\\u115f\\ua960-\\ua97c]";
const vowel = "[\\u1160-\\u11a7\\ud7b0-\\ud7c6]";
const closing = "[\\u11a8-\\u11ff\\ud7cb-\\ud7fb]";
const open = `[${Array.from({ length: 399 }, (_, i) => String.fromCharCode(0xac00 + 28 * i)).join("")}]`;
const closed = `(?!${open})[\\uac00-\\ud7a3]`;
const syllable = `${leading}*(?:(?:${vowel}|${open})${vowel}*|${closed})${closing}*|${leading}+|${closing}+`;

/** Clusters of at least two characters, and every character that stands before others if anything stands there. */
const cluster = new RegExp(
  [
    "\\r\\n",
    `${prepended}+(?:${syllable}|${alone})?${extending}*`,
    `(?:${syllable}|${alone})${extending}+`,
    `${extending}{2,}`,
  ].join("|"),
  "gu",
);
const inCluster = new RegExp(`[\\r${characters.extending}${characters.prepended}]`, "u");

/** The text with each cluster of several characters replaced by `replace`, and what lies between them by `other`. */
export function replaceClusters(
  text: string,
  replace: (cluster: string) => string,
  other: (text: string) => string,
): string {
  if (!inCluster.test(text)) return other(text);
  let result = "";
  let done = 0;
  for (const { 0: found, index } of text.matchAll(cluster)) {
    result += other(text.slice(done, index)) + replace(found);
    done = index + found.length;
  }
  return result + other(text.slice(done));
}
