/**
 * What a classifier gains when it may leave texts without a label: the fewer it answers, the surest first, the more of its answers are right.
 *
 * Reference: El-Yaniv & Wiener 2010, "On the Foundations of Noise-free Selective Classification".
 */
import type { CoveragePoint } from "../records/measures.js";

/** Shares of the texts that are to be answered. */
const SHARES = [1, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5] as const;

/** Bounds are written with so many decimals, rounded down so that the row they come from is still answered. */
const BOUND_STEPS = 1000;

/**
 * For each share, the bound of the probability below which texts are left without a label, and what it does to these N rows. `probabilities`
 * [N] are those of the predicted labels, `right` [N] says which of these are right. Rows of equal probability are answered together, so
 * more can be answered than the share asks for; bounds that do the same appear once. No rows give no points.
 */
export function coverageCurve(
  probabilities: readonly number[],
  right: readonly boolean[],
): CoveragePoint[] {
  const descending = [...probabilities].sort((a, b) => b - a);
  const rows = descending.length;
  const points = new Map<number, CoveragePoint>();
  for (const share of rows === 0 ? [] : SHARES) {
    const last = descending[Math.max(1, Math.ceil(share * rows)) - 1];
    const bound = share === 1 ? 0 : Math.floor(BOUND_STEPS * last) / BOUND_STEPS;
    const answered = probabilities.flatMap((probability, row) =>
      probability >= bound ? [right[row]] : [],
    );
    points.set(answered.length, {
      unsure_below: points.get(answered.length)?.unsure_below ?? bound,
      answered: answered.length / rows,
      right: answered.filter(Boolean).length / answered.length,
    });
  }
  return [...points.values()];
}
