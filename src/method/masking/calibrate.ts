/**
 * Scaling weights to probabilities with a given sum.
 *
 * Legend: n weights, total B, cap 1.
 */
import { L3MaskingError } from "../../base/errors.js";

/** `exact`: the mean is the budget. `published`: multiply by p / mean(w) and clip, as in the authors' code. */
export type Calibration = "exact" | "published";

/**
 * Probabilities m_i in proportion to the weights [n], capped at 1, whose mean is the budget p (`exact`), or at most that
 * (`published`). Equal weights give p each.
 *
 * Errors: `input-mismatch` if a weight is negative or not finite.
 */
export function calibrate(
  weights: Float64Array,
  budget: number,
  calibration: Calibration,
): Float64Array {
  checkWeights(weights);
  if (weights.every((weight) => weight === weights[0])) return weights.map(() => budget);
  if (calibration === "exact") return scaleToTotal(weights, budget * weights.length);
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => Math.min(1, (budget / mean) * weight));
}

/**
 * Probabilities in proportion to the weights, capped at 1, with an exact sum:
 *
 *     m_i = min(1, lambda * w_i),   lambda >= 0 such that   sum(m_i) = total
 *
 * lambda is found by sorting. With the c largest weights capped, lambda_c = (total - c) / (sum of the
 * other weights); the answer is the smallest c for which no other weight is scaled above 1. If no
 * lambda reaches the total, because at most `total` weights are positive, those get 1 and the
 * rest of the total is spread evenly over the zero weights; all weights zero thus gives total / n each.
 *
 * Errors: `input-mismatch` if a weight is negative or not finite, or total is outside [0, n].
 */
export function scaleToTotal(weights: Float64Array, total: number): Float64Array {
  checkWeights(weights);
  checkTotal(weights, total);
  const descending = weights.slice().sort().reverse();
  const firstZero = descending.indexOf(0);
  const positive = firstZero < 0 ? weights.length : firstZero;
  if (positive <= total) {
    const others = weights.length - positive;
    const rest = others === 0 ? 0 : (total - positive) / others;
    return weights.map((weight) => (weight > 0 ? 1 : rest));
  }
  const tails = tailSums(descending);
  let capped = 0;
  // A quotient of weights stays finite where lambda itself could overflow.
  while ((total - capped) * (descending[capped] / tails[capped]) > 1) capped++;
  return weights.map((weight) => Math.min(1, (total - capped) * (weight / tails[capped])));
}

/** tails[c] = values[c] + ... + values[n-1], summed from the small end for accuracy. */
function tailSums(descending: Float64Array): Float64Array {
  const tails = descending.slice();
  for (let i = tails.length - 2; i >= 0; i--) tails[i] += tails[i + 1];
  return tails;
}

function checkWeights(weights: Float64Array): void {
  const wrong = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (wrong >= 0) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected finite weights >= 0 to calibrate, got ${weights[wrong]} at index ${wrong}`,
      { hint: "Check the scores these weights were made from." },
    );
  }
}

function checkTotal(weights: Float64Array, total: number): void {
  if (!(total >= 0 && total <= weights.length)) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a total between 0 and the number of weights (${weights.length}), got ${total}`,
      { hint: "Use a mask budget between 0 and 1." },
    );
  }
}
