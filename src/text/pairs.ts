/** Two texts that are read together, as one row. */
import { L3MaskingError } from "../base/errors.js";
import { partsOf } from "../base/pairs.js";
import { sha256 } from "../base/sha256.js";
import { type Encoding, NO_WORD, type Tokenizer } from "./encoding.js";

/**
 * A tokenizer made to read pairs: first token, first text, `separators` closing tokens, second text, closing token. What is too long is cut
 * as transformers does by `longest_first`: the longer text down to the length of the shorter one, then both. Words of the second text count
 * on from those of the first. A text that is no pair is read as before. The digest differs.
 *
 * Throws `invalid-setting`, when a pair is read, for a maximum length that leaves no token for either text.
 */
export function readingPairs(tokenizer: Tokenizer, separators: number): Tokenizer {
  const { special } = tokenizer;
  const added = 2 + separators;
  return {
    ...tokenizer,
    pairSeparators: separators,
    digest: sha256([tokenizer.digest, `pairs ${separators}`]),
    encode(text, maxLength) {
      const [first, second] = partsOf(text);
      if (second === undefined) return tokenizer.encode(text, maxLength);
      if (maxLength < added + 2) throw tooShort(maxLength, added + 2);
      const whole = [first, second].map((part) => inner(tokenizer.encode(part, UNLIMITED)));
      const lengths = whole.map(({ ids }) => ids.length);
      const room = maxLength - added;
      const [a, b] = longestFirst(lengths[0], lengths[1], room);
      const words = whole[0].wordIds.reduce((most, word) => Math.max(most, word + 1), 0);
      const between = new Array<number>(separators).fill(special.last);
      return {
        ids: Int32Array.of(
          special.first,
          ...whole[0].ids.subarray(0, a),
          ...between,
          ...whole[1].ids.subarray(0, b),
          special.last,
        ),
        wordIds: Int32Array.of(
          NO_WORD,
          ...whole[0].wordIds.subarray(0, a),
          ...between.map(() => NO_WORD),
          ...whole[1].wordIds
            .subarray(0, b)
            .map((word) => (word === NO_WORD ? word : words + word)),
          NO_WORD,
        ),
        truncated: lengths[0] + lengths[1] - a - b,
      };
    },
  };
}

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Without the special tokens around the text. */
function inner({ ids, wordIds }: Encoding) {
  return { ids: ids.subarray(1, -1), wordIds: wordIds.subarray(1, -1) };
}

/** Tokens that are kept of texts of a and b tokens where there is room for `room`. */
function longestFirst(a: number, b: number, room: number): readonly [number, number] {
  if (a + b <= room) return [a, b];
  const shorter = Math.min(a, b);
  const longer = Math.max(shorter, room - shorter);
  const half = Math.floor(room / 2);
  const [less, more] = shorter + longer <= room ? [shorter, longer] : [half, room - half];
  return a <= b ? [less, more] : [more, less];
}

function tooShort(maxLength: number, least: number): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `max_length: expected at least ${least} for a pair of texts (the special tokens and a token of each text), got ${maxLength}`,
    { hint: "Raise --max-length." },
  );
}
