/**
 * Limited-memory BFGS for smooth convex functions.
 *
 * Reference: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5, with a line search on the slope. Pairs whose
 * curvature is not positive are left out, so that every direction descends.
 */

/** A convex function over vectors whose inner product may be another one than the sum of products. */
export interface ConvexProblem {
  dot(a: Float64Array, b: Float64Array): number;
  /** Writes the gradient at `point`. */
  gradient(point: Float64Array, into: Float64Array): void;
  /** The derivative along a line, at a distance from `point` in units of `direction`. */
  slope(point: Float64Array, direction: Float64Array): (distance: number) => number;
}

export interface Minimum {
  readonly iterations: number;
  /** Is the gradient at most as long as the tolerance? */
  readonly converged: boolean;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (step . change) */
  readonly weight: number;
}

/** A step is taken where the slope is at most this part of what it was: with less, pairs tell little of the curvature. */
const REST_OF_SLOPE = 0.1;
const MOST_TRIALS = 30;

/** Moves `point` to the minimum: until the gradient is at most `tolerance` long, or for `iterations` steps. */
export function minimize(
  problem: ConvexProblem,
  point: Float64Array,
  {
    tolerance,
    iterations,
    pairs: memory,
  }: { tolerance: number; iterations: number; pairs: number },
): Minimum {
  const { dot } = problem;
  const pairs: Pair[] = [];
  let gradient: Float64Array = new Float64Array(point.length);
  problem.gradient(point, gradient);
  for (let done = 0; done < iterations; done++) {
    if (Math.sqrt(dot(gradient, gradient)) <= tolerance)
      return { iterations: done, converged: true };
    const direction = descent(gradient, pairs, dot);
    const length = lengthOf(problem.slope(point, direction));
    // Rounding leaves nothing to gain.
    if (length === 0) return { iterations: done, converged: false };
    add(point, length, direction);
    const next = new Float64Array(point.length);
    problem.gradient(point, next);
    const step = direction.map((d) => length * d);
    const change = next.map((g, i) => g - gradient[i]);
    const curvature = dot(step, change);
    if (curvature > Number.EPSILON * dot(change, change)) {
      if (pairs.length === memory) pairs.shift();
      pairs.push({ step, change, weight: 1 / curvature });
    }
    gradient = next;
  }
  return { iterations, converged: Math.sqrt(dot(gradient, gradient)) <= tolerance };
}

/** A distance at which the slope of a convex function has all but vanished; 0 where it does not descend. */
function lengthOf(slope: (distance: number) => number): number {
  const first = slope(0);
  if (!(first < 0)) return 0;
  let [low, slopeLow] = [0, first];
  let [high, slopeHigh] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let length = 1;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const here = slope(length);
    if (Math.abs(here) <= -REST_OF_SLOPE * first) return length;
    if (here < 0) [low, slopeLow] = [length, here];
    else [high, slopeHigh] = [length, here];
    if (high === Number.POSITIVE_INFINITY) length *= 4;
    else {
      // Where the line between both slopes is 0, but well inside.
      const part = slopeLow / (slopeLow - slopeHigh);
      length = low + (high - low) * Math.min(0.9, Math.max(0.1, part));
    }
  }
  return low;
}

/** -H g, with the inverse Hessian H that the pairs tell (two-loop recursion). */
function descent(
  gradient: Float64Array,
  pairs: readonly Pair[],
  dot: ConvexProblem["dot"],
): Float64Array {
  const direction = gradient.map((g) => -g);
  const parts: number[] = [];
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { step, change, weight } = pairs[i];
    parts[i] = weight * dot(step, direction);
    add(direction, -parts[i], change);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.weight * dot(last.change, last.change));
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  pairs.forEach(({ step, change, weight }, i) => {
    add(direction, parts[i] - weight * dot(change, direction), step);
  });
  return direction;
}

function add(to: Float64Array, factor: number, what: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * what[i];
}
