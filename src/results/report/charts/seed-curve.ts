/** Curves of several seeds as one curve with a band. */
import type { CurvePoint } from "./line-chart.js";

export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** Most points of a curve in a report: more cannot be seen at its size. */
const MOST_POINTS = 100;

/**
 * The mean of the curves with their lowest and highest value, at the places of any of them, or at 100 even places if
 * there are more. Between its points a curve is a straight line. A place counts where at least half of the curves
 * reach: seeds stop at different steps, and the last of them alone would mislead. `low` and `high` are left out for one
 * curve.
 */
export function seedCurve(curves: readonly (readonly Sample[])[]): readonly CurvePoint[] {
  const present = curves.filter((curve) => curve.length > 0);
  return placesOf(present).flatMap((x) => {
    const values = present.flatMap((curve) => valueAt(curve, x) ?? []);
    if (2 * values.length < present.length) return [];
    const y = values.reduce((sum, value) => sum + value, 0) / values.length;
    if (present.length === 1) return [{ x, y }];
    return [{ x, y, low: Math.min(...values), high: Math.max(...values) }];
  });
}

function placesOf(curves: readonly (readonly Sample[])[]): readonly number[] {
  const all = [...new Set(curves.flatMap((curve) => curve.map(({ x }) => x)))].sort(
    (a, b) => a - b,
  );
  if (all.length <= MOST_POINTS) return all;
  const [first, last] = [all[0], all[all.length - 1]];
  return Array.from(
    { length: MOST_POINTS },
    (_, index) => first + ((last - first) * index) / (MOST_POINTS - 1),
  );
}

/** The curve at x by linear interpolation; undefined outside of it. */
function valueAt(curve: readonly Sample[], x: number): number | undefined {
  const next = curve.findIndex((point) => point.x >= x);
  if (next === -1) return undefined;
  const right = curve[next];
  if (right.x === x) return right.y;
  if (next === 0) return undefined;
  const left = curve[next - 1];
  return left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x);
}
