import { describe, expect, it } from "vitest";
import { seedCurve } from "./seed-curve.js";

const curve = (...points: readonly (readonly [number, number])[]) =>
  points.map(([x, y]) => ({ x, y }));

describe("seedCurve", () => {
  it("is the mean of the seeds between the lowest and the highest", () => {
    expect(seedCurve([curve([1, 0], [2, 4]), curve([1, 2], [2, 8])])).toEqual([
      { x: 1, y: 1, low: 0, high: 2 },
      { x: 2, y: 6, low: 4, high: 8 },
    ]);
  });

  it("takes a curve for straight between its points", () => {
    const [, middle] = seedCurve([curve([0, 0], [4, 8]), curve([0, 0], [1, 1], [4, 1])]);
    expect(middle).toEqual({ x: 1, y: 1.5, low: 1, high: 2 });
  });

  it("ends where fewer than half of the seeds are left", () => {
    const long = curve([1, 1], [2, 1], [3, 1]);
    const short = curve([1, 3]);
    expect(seedCurve([long, long, short]).map(({ x }) => x)).toEqual([1, 2, 3]);
    expect(seedCurve([long, short, short]).map(({ x }) => x)).toEqual([1]);
  });

  it("has no band for one seed, and no points for none", () => {
    expect(seedCurve([curve([1, 5])])).toEqual([{ x: 1, y: 5 }]);
    expect(seedCurve([[], curve([1, 5])])).toEqual([{ x: 1, y: 5 }]);
    expect(seedCurve([[]])).toEqual([]);
  });

  it("has at most 100 points, from the first to the last", () => {
    const line = Array.from({ length: 700 }, (_, x) => ({ x, y: 2 * x }));
    const points = seedCurve([line, line]);
    expect(points).toHaveLength(100);
    expect(points[0]).toEqual({ x: 0, y: 0, low: 0, high: 0 });
    expect(points[99]).toEqual({ x: 699, y: 1398, low: 1398, high: 1398 });
    for (const { x, y } of points) expect(y).toBeCloseTo(2 * x, 9);
  });
});
