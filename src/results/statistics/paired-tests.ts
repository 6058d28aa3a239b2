/**
 * Exact and classical paired tests for few seeds, and the correction for many comparisons.
 *
 * Legend: n seeds (or discordant rows), d_s the difference of seed s, m tests of one family.
 */
import { L3MaskingError } from "../../base/errors.js";
import { studentQuantile, studentTwoSidedP } from "./student.js";

/** Above this, 2^(n-1) sums take minutes; nobody trains so many seeds. */
export const MOST_SIGN_FLIP_SEEDS = 24;

/** Sums that differ by less than this share of sum |d| are equal up to rounding. */
const ROUNDING = 1e-12;

/** Mean of at least one value. */
export function mean(values: readonly number[]): number {
  requireValues(values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation  sqrt( sum (x - mean)^2 / (n - 1) );  null for one value. */
export function sampleDeviation(values: readonly number[]): number | null {
  const center = mean(values);
  if (values.length === 1) return null;
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Exact two-sided permutation test of paired differences. If the two methods are alike, every d_s is as
 * probable as -d_s, so
 *
 *     p = #{ signs e in {-1, 1}^n :  |sum e_s d_s| >= |sum d_s| } / 2^n
 *
 * The smallest p it can give is 2 / 2^n: 0.0625 for five seeds, 0.03125 for six.
 *
 * Errors: `input-mismatch` for no differences, more than 24, or one that is not finite.
 * Reference: Fisher 1935, "The Design of Experiments", section 21; Edgington & Onghena 2007, "Randomization Tests".
 */
export function signFlipP(differences: readonly number[]): number {
  requireValues(differences);
  const n = differences.length;
  if (n > MOST_SIGN_FLIP_SEEDS) {
    throw mismatch(`at most ${MOST_SIGN_FLIP_SEEDS} differences`, `${n}`);
  }
  const observed = Math.abs(differences.reduce((sum, d) => sum + d, 0));
  const scale = differences.reduce((sum, d) => sum + Math.abs(d), 0);
  const least = observed - ROUNDING * scale;
  // The opposite signs give the opposite sum, so the last sign stays as it is.
  const patterns = 2 ** (n - 1);
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let s = 0; s < n; s++) sum += (pattern >> s) & 1 ? -differences[s] : differences[s];
    if (Math.abs(sum) >= least) extreme += 1;
  }
  return extreme / patterns;
}

/** The smallest two-sided p of `signFlipP` with n differences: 2 / 2^n. */
export function smallestSignFlipP(n: number): number {
  return 2 / 2 ** n;
}

/**
 * Exact two-sided McNemar test: of the b + c rows that one classifier alone has right, each is as probably the
 * one's as the other's,
 *
 *     p = min(1, 2 * sum_{i=0}^{min(b,c)} C(b + c, i) / 2^(b + c))
 *
 * Errors: `input-mismatch` for counts that are no counts.
 * Reference: McNemar 1947; in the exact form Dietterich 1998, "Approximate Statistical Tests for Comparing Supervised
 * Classification Learning Algorithms" (there with the chi-square approximation).
 */
export function mcNemarP(onlyA: number, onlyB: number): number {
  for (const count of [onlyA, onlyB]) {
    if (!(Number.isSafeInteger(count) && count >= 0)) throw mismatch("counts of rows", `${count}`);
  }
  const n = onlyA + onlyB;
  // In logarithms, as 2^-n underflows from about 1075 rows on.
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let i = 0; i <= Math.min(onlyA, onlyB); i++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, 2 * tail);
}

export interface StudentTest {
  readonly t: number;
  /** n - 1 */
  readonly degrees: number;
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Paired Student test with its confidence interval,
 *
 *     t = mean(d) / (std(d) / sqrt(n)),   mean(d) -+ t_{(1 + confidence) / 2, n-1} std(d) / sqrt(n)
 *
 * It takes the differences for normal, which so few seeds cannot show. Null for one difference, and where
 * all are equal.
 *
 * Errors: `input-mismatch` for no differences or one that is not finite.
 * Reference: Student 1908, "The Probable Error of a Mean".
 */
export function pairedStudent(
  differences: readonly number[],
  confidence: number,
): StudentTest | null {
  requireValues(differences);
  const center = mean(differences);
  const deviation = sampleDeviation(differences);
  const n = differences.length;
  const scale = Math.max(...differences.map(Math.abs));
  if (deviation === null || deviation <= ROUNDING * scale) return null;
  const error = deviation / Math.sqrt(n);
  const degrees = n - 1;
  const t = center / error;
  const reach = studentQuantile((1 + confidence) / 2, degrees) * error;
  const p = studentTwoSidedP(t, degrees);
  return { t, degrees, p, low: center - reach, high: center + reach };
}

/**
 * Holm's step-down adjustment. With p_(1) <= .. <= p_(m):
 *
 *     p~_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))
 *
 * Rejecting where p~ <= alpha keeps the probability of any false rejection among the m at most alpha, whatever
 * their dependence. In the order of the input.
 *
 * Errors: `input-mismatch` for a p outside [0, 1].
 * Reference: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".
 */
export function holmAdjusted(ps: readonly number[]): number[] {
  const wrong = ps.find((p) => !(p >= 0 && p <= 1));
  if (wrong !== undefined) throw mismatch("p between 0 and 1", `${wrong}`);
  const order = Array.from(ps.keys()).sort((a, b) => ps[a] - ps[b]);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * ps[index]));
    adjusted[index] = largest;
  });
  return adjusted;
}

function requireValues(values: readonly number[]): void {
  if (values.length === 0) throw mismatch("at least one value", "none");
  const broken = values.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw mismatch("finite values", `${broken}`);
}

function mismatch(expected: string, got: string): L3MaskingError {
  return new L3MaskingError("input-mismatch", `expected ${expected}, got ${got}`);
}
