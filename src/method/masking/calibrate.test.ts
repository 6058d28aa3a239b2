import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scaleToTotal } from "./calibrate.js";

fc.configureGlobal({ seed: 1 });

const mismatch = expect.objectContaining({ code: "input-mismatch" });

function scaled(weights: readonly number[], total: number): number[] {
  return [...scaleToTotal(Float64Array.from(weights), total)];
}

describe("scaleToTotal", () => {
  it("scales in proportion where nothing is capped", () => {
    expect(scaled([1, 2, 5], 1.6)).toEqual([0.2, 0.4, 1]);
  });

  it("caps at 1 and gives the rest of the total to the others", () => {
    // 8 of 10 would get 1.6; capped, it leaves 1 for 1 + 1.
    expect(scaled([1, 1, 8], 2)).toEqual([0.5, 0.5, 1]);
  });

  it("caps one weight after the other", () => {
    // 100 capped leaves 2.5 for 10+1+1: 10 would get 2.08, so it is capped too; 1.5 for 1+1.
    expect(scaled([1, 100, 1, 10], 3.5)).toEqual([0.75, 1, 0.75, 1]);
  });

  it("gives 1 to too few positive weights and spreads the rest evenly over the zeros", () => {
    expect(scaled([0, 3, 0, 0, 0], 2)).toEqual([0.25, 1, 0.25, 0.25, 0.25]);
    expect(scaled([0, 3, 0.1], 2)).toEqual([0, 1, 1]);
  });

  it("spreads the total evenly if all weights are zero or equal", () => {
    expect(scaled([0, 0, 0, 0], 1)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(scaled([7, 7, 7, 7], 1)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("reaches both ends of the range", () => {
    expect(scaled([1, 2, 3], 0)).toEqual([0, 0, 0]);
    expect(scaled([0, 0], 0)).toEqual([0, 0]);
    expect(scaled([1, 2, 0], 3)).toEqual([1, 1, 1]);
    expect(scaled([], 0)).toEqual([]);
  });

  it("has the exact sum, stays in [0, 1] and follows the order, over 300 orders of magnitude", () => {
    const weight = fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: -300, max: 0 }).map((exponent) => 10 ** exponent),
    );
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (weights, share) => {
          const total = share * weights.length;
          const result = scaled(weights, total);
          expect(Math.abs(result.reduce((sum, m) => sum + m, 0) - total)).toBeLessThan(
            1e-12 * weights.length,
          );
          const order = Array.from(weights.keys()).sort((a, b) => weights[a] - weights[b]);
          order.forEach((item, rank) => {
            expect(result[item] >= 0 && result[item] <= 1).toBe(true);
            if (rank === 0) return;
            const before = order[rank - 1];
            expect(result[item]).toBeGreaterThanOrEqual(result[before]);
            if (weights[item] === weights[before]) expect(result[item]).toBe(result[before]);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses weights and totals out of range", () => {
    expect(() => scaled([1, -1], 1)).toThrow(mismatch);
    expect(() => scaled([1, Number.NaN], 1)).toThrow(mismatch);
    expect(() => scaled([1, Number.POSITIVE_INFINITY], 1)).toThrow(mismatch);
    expect(() => scaled([1, 1], 2.1)).toThrow(mismatch);
    expect(() => scaled([1, 1], -0.1)).toThrow(mismatch);
    expect(() => scaled([1, 1], Number.NaN)).toThrow(mismatch);
  });
});
