/** Medians, ratios of times taken in turn, and the exponent with which a cost grows. */
import { L3MaskingError } from "../src/base/errors.js";

/** The middle of at least one value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  requireValues(values);
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A figure and how far it moved between turns. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median, lowest and highest of at least one value. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

/**
 * theirs / ours of each turn, so that a machine that slows down for a while slows both sides of a ratio.
 *
 * Throws `input-mismatch` if the sides do not have one time for each turn.
 */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) {
    throw mismatch(`one time a turn for both sides, got ${ours.length} and ${theirs.length}`);
  }
  return spread(ours.map((time, turn) => theirs[turn] / time));
}

/** What a size of work cost. */
export interface Size {
  readonly size: number;
  readonly cost: number;
}

/** cost = factor * size^exponent */
export interface PowerLaw {
  readonly factor: number;
  readonly exponent: number;
}

/**
 * Least squares of log cost against log size: an exponent of 1 is a cost that grows as the work does. A fixed cost
 * of starting draws the exponent below 1, never above.
 *
 * Throws `input-mismatch` for fewer than two sizes or a value that is not positive.
 */
export function fitPowerLaw(points: readonly Size[]): PowerLaw {
  const valid = points.every(({ size, cost }) => size > 0 && cost > 0);
  if (!valid || new Set(points.map(({ size }) => size)).size < 2) {
    throw mismatch(`costs above 0 of at least two sizes above 0, got ${JSON.stringify(points)}`);
  }
  const xs = points.map(({ size }) => Math.log(size));
  const ys = points.map(({ cost }) => Math.log(cost));
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = xs.reduce((sum, x, i) => sum + (x - meanX) * (ys[i] - meanY), 0);
  const variance = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  const exponent = covariance / variance;
  return { factor: Math.exp(meanY - exponent * meanX), exponent };
}

/** cost = origin.cost + factor * (size - origin.size)^exponent */
export interface Growth extends PowerLaw {
  readonly origin: Size;
}

/** Growth below this share of the smallest size's cost is too little to fit by itself. */
const GROWTH_SHARE = 0.2;

/**
 * The power law of what comes on top of the smallest size, so that a fixed cost of starting does not hide how the rest
 * grows. Where that is less than a fifth of the smallest size's cost, or falls somewhere, or there are fewer than three
 * sizes, the law of the whole cost, from an origin of 0.
 *
 * @param points by ascending size
 */
export function fitGrowth(points: readonly Size[]): Growth {
  const [origin, ...larger] = points;
  const onTop = larger.map(({ size, cost }) => ({
    size: size - origin.size,
    cost: cost - origin.cost,
  }));
  const grows = onTop.every(({ cost }) => cost > 0);
  const enough = Math.max(0, ...onTop.map(({ cost }) => cost)) >= GROWTH_SHARE * origin.cost;
  if (onTop.length >= 2 && grows && enough) return { origin, ...fitPowerLaw(onTop) };
  return { origin: { size: 0, cost: 0 }, ...fitPowerLaw(points) };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function requireValues(values: readonly number[]): void {
  if (values.length === 0) throw mismatch("at least one value, got none");
}

function mismatch(expectation: string): L3MaskingError {
  return new L3MaskingError("input-mismatch", `expected ${expectation}`);
}
