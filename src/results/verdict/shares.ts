/**
 * Intervals of shares and of their paired differences, 95 %.
 *
 * References: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"; Agresti & Min 2005, "Simple
 * improved confidence intervals for comparing matched proportions"; Fagerland, Lydersen & Laake 2013, "The McNemar test for binary
 * matched-pairs data: mid-p and asymptotic are better than exact conditional".
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

/**
 * Share of tests in which two equally good classifiers would differ by as much or more, where b rows are right for one of them alone and c
 * for the other: McNemar's test, mid-p and two-sided. With X of a binomial distribution over b + c rows at 1/2,
 *
 *     p = 2 P(X < min(b, c)) + P(X = min(b, c)),   1 if b = c.
 */
export function chanceOfDifference(b: number, c: number): number {
  if (b === c) return 1;
  const rows = b + c;
  const least = Math.min(b, c);
  let logTerm = -rows * Math.LN2;
  let below = 0;
  for (let x = 0; x < least; x++) {
    below += Math.exp(logTerm);
    logTerm += Math.log((rows - x) / (x + 1));
  }
  return Math.min(1, 2 * below + Math.exp(logTerm));
}

/** More rows than this many times those at hand are not worth naming. */
const MOST_TIMES = 10;

/**
 * With how many rows the interval of the difference would leave out 0, if b / rows and c / rows stayed as they are; undefined beyond
 * ten times the rows.
 */
export function rowsToSettle(b: number, c: number, rows: number): number | undefined {
  const settles = (times: number) => {
    const { low, high } = differenceInterval(times * b, times * c, times * rows);
    return low > 0 || high < 0;
  };
  if (!settles(MOST_TIMES)) return undefined;
  let [few, enough] = [0, MOST_TIMES * rows];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (settles(middle / rows)) enough = middle;
    else few = middle;
  }
  return enough;
}
