/**
 * Which tokens are masked this time, drawn with given probabilities.
 *
 * Legend: n tokens, n' of them non-special, K selected.
 */
import { L3MaskingError } from "../../base/errors.js";
import { permutation, type Random } from "../../base/random.js";
import { scaleToTotal } from "./calibrate.js";
import { selectSpans } from "./select-spans.js";
import {
  type MaskableText,
  type MaskProbabilities,
  maskablePositions,
  wordRanges,
} from "./tokens.js";

/**
 * `bernoulli` (the paper): each token on its own. `fixed-size`: always the same number of tokens.
 * `whole-word`: all tokens of a word or none. `span`: runs of whole words.
 */
export const selections = ["bernoulli", "fixed-size", "whole-word", "span"] as const;

/** How tokens are drawn from their mask probabilities: each by itself, a fixed number, whole words, or spans of these. */
export type Selection = (typeof selections)[number];

/** Tokens above this are certain to be selected; adding them to fractions would bring in rounding errors. */
const ALMOST_ONE = 1 - 1e-9;

/**
 * The selected positions, ascending.
 *
 * Errors: `input-mismatch` if a probability is outside [0, 1], not 0 at a special token, or missing.
 */
export function selectTokens(
  text: Pick<MaskableText, "wordIds">,
  probabilities: MaskProbabilities,
  selection: Selection,
  random: Random,
): Int32Array {
  checkProbabilities(text, probabilities);
  switch (selection) {
    case "bernoulli":
      return selectIndependently(probabilities, random);
    case "fixed-size":
      return selectFixedSize(text, probabilities, random);
    case "whole-word":
      return selectWords(text, probabilities, random);
    case "span":
      return selectSpans(text, probabilities, random);
  }
}

/** Each token with probability m_i, independently; one draw per token, special ones included. */
function selectIndependently(probabilities: MaskProbabilities, random: Random): Int32Array {
  return Int32Array.from(probabilities.keys()).filter((i) => random.uniform() < probabilities[i]);
}

/**
 * Exactly k = round(sum of m_i) tokens without replacement, token i with probability m_i scaled to the
 * sum k and capped at 1. (The sum of m_i is p*n' for strategies that keep the budget; halves round up.)
 *
 * Method: systematic sampling over a random order. With S_j the sums of the probabilities in that order
 * and one u uniform in [0, 1), item j is taken when some u, u+1, u+2, ... lies in [S_{j-1}, S_j).
 *
 * Reference: Madow 1949, "On the Theory of Systematic Sampling, II"; Hartley & Rao 1962, "Sampling with
 * Unequal Probabilities and without Replacement" (random order).
 */
function selectFixedSize(
  text: Pick<MaskableText, "wordIds">,
  probabilities: MaskProbabilities,
  random: Random,
): Int32Array {
  const positions = maskablePositions(text);
  const weights = Float64Array.from(positions, (position) => probabilities[position]);
  // p*n' = 7.5 may come as a sum of 7.499999999; the size must not depend on rounding.
  const size = Math.floor(weights.reduce((sum, weight) => sum + weight, 0) + 0.5 + 1e-9);
  const inclusion = scaleToTotal(weights, size);
  const certain = Array.from(inclusion.keys()).filter((i) => inclusion[i] > ALMOST_ONE);
  const uncertain = Array.from(permutation(inclusion.length, random)).filter(
    (i) => inclusion[i] > 0 && inclusion[i] <= ALMOST_ONE,
  );
  const drawn = systematicSample(uncertain, inclusion, size - certain.length, random.uniform());
  return Int32Array.from([...certain, ...drawn], (i) => positions[i]).sort();
}

/** `size` of the items; their probabilities sum to `size` up to rounding. */
function systematicSample(
  items: readonly number[],
  inclusion: Float64Array,
  size: number,
  start: number,
): number[] {
  const taken: number[] = [];
  let sum = 0;
  items.forEach((item, order) => {
    // Rounding must not lose the last item: the probabilities sum to `size` only almost exactly.
    sum = order === items.length - 1 ? Number.POSITIVE_INFINITY : sum + inclusion[item];
    if (taken.length < size && sum > start + taken.length) taken.push(item);
  });
  return taken;
}

/**
 * Each word with the mean m_i of its tokens, independently: the expected number of selected tokens stays
 * the sum of m_i.
 */
function selectWords(
  text: Pick<MaskableText, "wordIds">,
  probabilities: MaskProbabilities,
  random: Random,
): Int32Array {
  const selected: number[] = [];
  for (const [start, end] of wordRanges(text)) {
    const word = probabilities.subarray(start, end);
    const mean = word.reduce((sum, probability) => sum + probability, 0) / word.length;
    if (random.uniform() < mean) for (let i = start; i < end; i++) selected.push(i);
  }
  return Int32Array.from(selected);
}

function checkProbabilities(
  { wordIds }: Pick<MaskableText, "wordIds">,
  probabilities: MaskProbabilities,
): void {
  if (probabilities.length !== wordIds.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected one mask probability per token (${wordIds.length}), got ${probabilities.length}`,
      { hint: "Compute the probabilities from the same encoding." },
    );
  }
  const wrong = probabilities.findIndex((m, i) => !(m >= 0 && m <= (wordIds[i] < 0 ? 0 : 1)));
  if (wrong >= 0) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a mask probability in [0, 1], and 0 at special tokens, got ${probabilities[wrong]} at token ${wrong}`,
      { hint: "Use the probabilities of a masking strategy." },
    );
  }
}
