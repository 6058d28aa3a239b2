/**
 * Limited-memory BFGS for smooth convex functions.
 *
 * Reference: Nocedal & Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5, with a backtracking line search on Armijo's
 * condition. Pairs whose curvature is not positive are left out, so that every direction descends.
 */

/** Value at `point`, and the gradient there, written to `gradient`. */
export type Differentiable = (point: Float64Array, gradient: Float64Array) => number;

export interface Minimum {
  readonly value: number;
  readonly iterations: number;
  /** Is the largest part of the gradient at most the tolerance? */
  readonly converged: boolean;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (step . change) */
  readonly weight: number;
}

const ARMIJO = 1e-4;
const SHRINK = 0.5;
const MOST_TRIALS = 30;

/** Moves `point` to the minimum: until no part of the gradient is larger than `tolerance`, or for `iterations` steps. */
export function minimize(
  f: Differentiable,
  point: Float64Array,
  {
    tolerance,
    iterations,
    pairs: memory,
  }: { tolerance: number; iterations: number; pairs: number },
): Minimum {
  const pairs: Pair[] = [];
  let gradient: Float64Array = new Float64Array(point.length);
  let value = f(point, gradient);
  for (let done = 0; done < iterations; done++) {
    if (largest(gradient) <= tolerance) return { value, iterations: done, converged: true };
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    // Without a memory of curvature the gradient's length says nothing of the step's.
    let length = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const start = point.slice();
    const next = new Float64Array(point.length);
    let reached = Number.POSITIVE_INFINITY;
    let trials = 0;
    for (; trials < MOST_TRIALS; trials++, length *= SHRINK) {
      for (let i = 0; i < point.length; i++) point[i] = start[i] + length * direction[i];
      reached = f(point, next);
      if (reached <= value + ARMIJO * length * slope) break;
    }
    if (trials === MOST_TRIALS) {
      point.set(start);
      return { value, iterations: done, converged: false };
    }
    remember(pairs, memory, start, point, gradient, next);
    gradient = next;
    value = reached;
  }
  return { value, iterations, converged: largest(gradient) <= tolerance };
}

function remember(
  pairs: Pair[],
  memory: number,
  start: Float64Array,
  point: Float64Array,
  before: Float64Array,
  after: Float64Array,
): void {
  const step = point.map((x, i) => x - start[i]);
  const change = after.map((g, i) => g - before[i]);
  const curvature = dot(step, change);
  if (curvature <= Number.EPSILON * dot(change, change)) return;
  if (pairs.length === memory) pairs.shift();
  pairs.push({ step, change, weight: 1 / curvature });
}

/** -H g, with the inverse Hessian H that the pairs tell (two-loop recursion). */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function add(to: Float64Array, factor: number, what: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * what[i];
}

function largest(vector: Float64Array): number {
  let most = 0;
  for (const x of vector) most = Math.max(most, Math.abs(x));
  return most;
}
