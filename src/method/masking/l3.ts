/**
 * L3Masking: what the vanilla model finds unlikely is masked more often.
 *
 * Reference: Kimura, Komamizu & Hatano 2024, "L3Masking: Multi-task Fine-tuning for Language Models by
 * Leveraging Lessons Learned from Vanilla Models".
 */
import { L3MaskingError } from "../../base/errors.js";
import type { TokenScores } from "../likelihood/estimators.js";
import { scaleToTotal } from "./calibrate.js";
import { type MaskableText, type MaskProbabilities, maskablePositions } from "./tokens.js";

/** `exact`: the mean is the budget. `published`: multiply by p / mean(r) and clip, as in the authors' code. */
export type Calibration = "exact" | "published";

export interface L3Settings {
  /** p: the mean mask probability over the non-special tokens, in [0, 1]. */
  readonly budget: number;
  readonly calibration: Calibration;
  /** gamma >= 0: 0 gives RTM, 1 the paper. */
  readonly exponent: number;
}

/**
 * From token scores s_i (log-likelihoods) to mask probabilities, over the n' non-special tokens:
 *
 *     u_i = max(0, -s_i),  0 for special tokens        surprisal
 *     r_i = (u_i - min u) / (max u - min u)            min and max over all tokens, special ones included
 *     m_i = min(1, lambda * r_i^gamma)                 with mean(m_i) = p            (exact)
 *     m_i = min(1, p / mean(r) * r_i^gamma)            with mean(m_i) <= p           (published)
 *
 * Special tokens get 0. If all surprisals are equal, m_i = p for every token (RTM). With `exact`, if fewer
 * than p*n' tokens have r_i > 0, those get 1 and the rest of the budget is spread evenly over the others.
 *
 * Departs from: the authors' code knows only the `published` calibration, whose mean falls below p
 * whenever something is clipped; gamma is an extension.
 *
 * Errors: `input-mismatch` if a score is missing or not finite at a non-special token.
 */
export function l3Probabilities(
  text: Pick<MaskableText, "wordIds">,
  scores: TokenScores,
  settings: L3Settings,
): MaskProbabilities {
  const positions = maskablePositions(text);
  const weights = relativeSurprisals(text, positions, scores).map((r) => r ** settings.exponent);
  const maskable =
    settings.calibration === "exact"
      ? scaleToTotal(weights, settings.budget * positions.length)
      : scalePublished(weights, settings.budget);
  const probabilities = new Float64Array(text.wordIds.length);
  positions.forEach((position, i) => {
    probabilities[position] = maskable[i];
  });
  return probabilities;
}

/** r_i of the non-special tokens, in their order; all 0 if all surprisals are equal. */
function relativeSurprisals(
  { wordIds }: Pick<MaskableText, "wordIds">,
  positions: Int32Array,
  scores: TokenScores,
): Float64Array {
  checkScores(wordIds, positions, scores);
  // Rounding can lift a log-likelihood of a certain token a little above 0.
  const surprisals = Float64Array.from(positions, (position) => Math.max(0, -scores[position]));
  const hasSpecial = positions.length < wordIds.length;
  const least = surprisals.reduce((a, b) => Math.min(a, b), hasSpecial ? 0 : Number.MAX_VALUE);
  const most = surprisals.reduce((a, b) => Math.max(a, b), 0);
  return surprisals.map((u) => (most > least ? (u - least) / (most - least) : 0));
}

function scalePublished(weights: Float64Array, budget: number): Float64Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => (mean > 0 ? Math.min(1, (budget / mean) * weight) : budget));
}

function checkScores(wordIds: Int32Array, positions: Int32Array, scores: TokenScores): void {
  if (scores.length !== wordIds.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `Expected one score per token (${wordIds.length}), got ${scores.length}.`,
      { hint: "Score the text with the same tokenizer and max_length as it is trained with." },
    );
  }
  const wrong = positions.find((position) => !Number.isFinite(scores[position]));
  if (wrong !== undefined) {
    throw new L3MaskingError(
      "input-mismatch",
      `Expected a finite score for every non-special token, got ${scores[wrong]} at token ${wrong}.`,
      { hint: "Score every non-special token of the text." },
    );
  }
}
