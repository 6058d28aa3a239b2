/**
 * Scripts that put no spaces between words. Under a tokenizer that parts words at spaces alone a sentence of theirs is one word; so each of
 * its tokens counts as a word of its own, as each ideograph does under BERT's.
 */
import { SPACE_MARK } from "./pre-tokenize.js";

/** Thai, Lao, Tibetan, Burmese, Khmer, kana, Bopomofo and ideographs, by blocks: a character's block never changes. */
const unspaced = new RegExp(
  `[${[
    "\\u0e00-\\u0fff",
    "\\u1000-\\u109f\\ua9e0-\\ua9ff\\uaa60-\\uaa7f",
    "\\u1780-\\u17ff",
    "\\u3005-\\u3007\\u3040-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\uff66-\\uff9f",
    "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}",
  ].join("")}]`,
  "u",
);

/**
 * Which word of a pre-token each of its tokens belongs to, from 0 on; undefined where all belong to one. A mark of a space begins a word, and
 * words part before and behind a token with a character of such a script, but not behind a lone mark.
 */
export function wordsWithin(tokens: readonly string[]): Int32Array | undefined {
  const begins = (token: string, at: number): boolean => {
    if (at === 0) return false;
    const before = tokens[at - 1];
    const parts = before !== SPACE_MARK && (unspaced.test(before) || unspaced.test(token));
    return parts || token.startsWith(SPACE_MARK);
  };
  if (!tokens.some(begins)) return undefined;
  let word = 0;
  return Int32Array.from(tokens, (token, at) => (begins(token, at) ? ++word : word));
}
