/**
 * Student's t distribution by the regularised incomplete beta function.
 *
 * Reference: Abramowitz & Stegun 1964, "Handbook of Mathematical Functions", 26.5 and 26.7; the continued fraction
 * is 26.5.8, evaluated by the method of Lentz (1976).
 */
import { L3MaskingError } from "../../base/errors.js";

/** P(|T| >= |t|) with T of Student's distribution:  I_x(degrees/2, 1/2),  x = degrees / (degrees + t^2). */
export function studentTwoSidedP(t: number, degrees: number): number {
  requireDegrees(degrees);
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/**
 * The t with P(T <= t) = probability, for a probability from 0.5 to below 1, by bisection.
 *
 * Errors: `input-mismatch` for another probability, or degrees of freedom below 1.
 */
export function studentQuantile(probability: number, degrees: number): number {
  requireDegrees(degrees);
  if (!(probability >= 0.5 && probability < 1)) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a probability from 0.5 to below 1, got ${probability}`,
    );
  }
  const tails = 2 * (1 - probability);
  let [low, high] = [0, 1];
  while (studentTwoSidedP(high, degrees) > tails) high *= 2;
  // Halving ends where no number lies between the two.
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTwoSidedP(middle, degrees) > tails) low = middle;
    else high = middle;
  }
}

/** I_x(a, b) = 1/B(a, b) * integral from 0 to x of  s^(a-1) (1-s)^(b-1) ds. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  // The fraction converges fast on one side of the mean; the other side follows by symmetry.
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Numbers nearer to zero than this would divide to infinity. */
const TINY = 1e-300;
const MOST_TERMS = 10_000;

/** 1 / (1 + d_1 / (1 + d_2 / (1 + ..))) of 26.5.8, to the last bits. */
function betaFraction(x: number, a: number, b: number): number {
  const awayFromZero = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let numerator = 1;
  let denominator = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = denominator;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      denominator = 1 / awayFromZero(1 + term * denominator);
      numerator = awayFromZero(1 + term / numerator);
      factor = numerator * denominator;
      fraction *= factor;
    }
    if (Math.abs(factor - 1) < 2 * Number.EPSILON) break;
  }
  return fraction;
}

/** Lanczos's approximation with g = 7 and nine terms; exact to about 15 digits for x >= 1/2. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** log Gamma(x) for x >= 1/2. Reference: Lanczos 1964, "A Precision Approximation of the Gamma Function". */
function logGamma(x: number): number {
  const z = x - 1;
  const series = LANCZOS.reduce((sum, c, k) => (k === 0 ? c : sum + c / (z + k)), 0);
  const base = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(base) - base + Math.log(series);
}

function requireDegrees(degrees: number): void {
  if (degrees >= 1) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected at least 1 degree of freedom, got ${degrees}`,
  );
}
