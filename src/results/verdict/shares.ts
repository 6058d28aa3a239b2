/**
 * Intervals of shares and of their paired differences, 95 %.
 *
 * References: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"; Agresti & Min 2005, "Simple
 * improved confidence intervals for comparing matched proportions".
 */

/** A figure and its 95 % confidence interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/** Wilson's interval of the share right / rows; rows at least 1. */
export function shareInterval(right: number, rows: number): Interval {
  const share = right / rows;
  const spread = (Z * Z) / rows;
  const middle = (share + spread / 2) / (1 + spread);
  const half = (Z / (1 + spread)) * Math.sqrt((share * (1 - share) + spread / 4) / rows);
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * By how much one classifier's share of right answers is above another's on the same rows, (b - c) / rows, where b rows are right
 * for the first alone and c for the second alone. The interval is Wald's after half a row is added to each of the four cells of the
 * table of pairs (Agresti & Min), so that it has a width where b and c are 0.
 */
export function differenceInterval(b: number, c: number, rows: number): Interval {
  const adjusted = rows + 2;
  const middle = (b - c) / adjusted;
  const variance = (b + c + 1 - (b - c) ** 2 / adjusted) / adjusted ** 2;
  const half = Z * Math.sqrt(variance);
  return {
    value: (b - c) / rows,
    low: Math.max(-1, middle - half),
    high: Math.min(1, middle + half),
  };
}
