/** Spans of whole words, drawn where a strategy puts its probabilities. */
import type { Random } from "../../base/random.js";
import { type MaskableText, type MaskProbabilities, wordRanges } from "./tokens.js";

/** Of the geometric distribution of a span's length in words. */
const END = 0.2;
const LONGEST = 10;

/**
 * Positions of spans, ascending: until as many tokens are selected as the probabilities sum to, a word to start at and a length l in
 * words are drawn,
 *
 *     P(l) = 0.2 * 0.8^(l-1) / (1 - 0.8^10)     l = 1 .. 10, on average 3.8
 *     P(start) in proportion to the mean m_i of the word's tokens, among words that are not selected yet
 *
 * and the l words from there are selected, as far as the text goes and the next special token. The number of tokens is
 * sum m_i, rounded up or down at random so that it is right on average, and up to the end of the word that reaches it.
 *
 * Reference: Joshi et al. 2020, "SpanBERT: Improving Pre-training by Representing and Predicting Spans", section 3.1, with starts
 * that are uniform.
 * Departs from: there a last span that is too long is taken whole; here it ends with the word that reaches the number. There all tokens
 * of a span are replaced alike; here each on its own, as with every selection.
 */
export function selectSpans(
  text: Pick<MaskableText, "wordIds">,
  probabilities: MaskProbabilities,
  random: Random,
): Int32Array {
  const words = wordRanges(text);
  const weights = words.map(([start, end]) => sum(probabilities, start, end) / (end - start));
  const size = Math.floor(sum(probabilities, 0, probabilities.length) + random.uniform());
  const selected = new Set<number>();
  let left = weights.reduce((total, weight) => total + weight, 0);
  while (selected.size < size && left > 0) {
    const first = drawIndex(weights, left, random);
    const length = spanLength(random);
    for (let word = first; word < Math.min(first + length, words.length); word++) {
      const [start, end] = words[word];
      const isApart = word > first && words[word - 1][1] !== start;
      if (isApart || selected.size >= size) break;
      for (let position = start; position < end; position++) selected.add(position);
      weights[word] = 0;
    }
    // Summed anew: what is subtracted again and again leaves rounding errors to draw from.
    left = weights.reduce((total, weight) => total + weight, 0);
  }
  return Int32Array.from(selected).sort();
}

/** An index with a probability in proportion to its weight; one at least is above 0. */
function drawIndex(weights: readonly number[], total: number, random: Random): number {
  let rest = random.uniform() * total;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    last = index;
    rest -= weight;
    if (rest < 0) break;
  }
  return last;
}

/** Words of a span, by inversion: the smallest l whose cumulative probability exceeds a uniform draw. */
export function spanLength(random: Random): number {
  const clipped = 1 - (1 - END) ** LONGEST;
  const length = Math.ceil(Math.log(1 - random.uniform() * clipped) / Math.log(1 - END));
  return Math.min(LONGEST, Math.max(1, length));
}

function sum(values: ArrayLike<number>, start: number, end: number): number {
  let total = 0;
  for (let index = start; index < end; index++) total += values[index];
  return total;
}
