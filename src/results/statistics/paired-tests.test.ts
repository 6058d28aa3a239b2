import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/paired-tests.json" with { type: "json" };
import {
  holmAdjusted,
  mcNemarP,
  mean,
  pairedStudent,
  sampleDeviation,
  signFlipP,
  smallestSignFlipP,
} from "./paired-tests.js";
import { studentQuantile, studentTwoSidedP } from "./student.js";

const mismatch = expect.objectContaining({ code: "input-mismatch" });

/** Equal to ten digits, wherever the value lies. */
function expectNear(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
    1e-10 * Math.max(Math.abs(expected), 1e-6),
  );
}

describe("mean and sampleDeviation", () => {
  it("divide by n and by n - 1", () => {
    // Deviations -3, -1, 4: squares sum to 26.
    expect(mean([1, 3, 8])).toBe(4);
    expect(sampleDeviation([1, 3, 8])).toBeCloseTo(Math.sqrt(13), 14);
    expect(sampleDeviation([7])).toBeNull();
    expect(() => mean([])).toThrow(mismatch);
    expect(() => mean([1, Number.NaN])).toThrow(mismatch);
  });
});

describe("signFlipP", () => {
  it.each(golden.signFlip)("matches SciPy's exact permutation test: $differences", (item) => {
    expectNear(signFlipP(item.differences), item.p);
  });

  it("counts by hand: of the sums of -+1 -+2 -+4, two reach 7 and four reach 5", () => {
    expect(signFlipP([1, 2, 4])).toBe(2 / 8);
    expect(signFlipP([-1, 2, 4])).toBe(4 / 8);
  });

  it("cannot fall below 2 / 2^n, and says so", () => {
    expect(signFlipP([1, 1, 1, 1, 1])).toBe(0.0625);
    expect(smallestSignFlipP(5)).toBe(0.0625);
    expect(smallestSignFlipP(6)).toBe(0.03125);
    expect(signFlipP([0.3])).toBe(1);
  });

  it("takes sums that differ by rounding for equal", () => {
    // 0.1 + 0.2 - 0.3 is 5e-17, not 0; flipping all of it changes the sign of that.
    expect(signFlipP([0.1, 0.2, -0.3])).toBe(1);
  });

  it("is exact for twenty seeds", () => {
    expect(signFlipP(new Array(20).fill(0.01))).toBe(2 / 2 ** 20);
  });

  it("refuses nothing, too many and what is not finite", () => {
    expect(() => signFlipP([])).toThrow(mismatch);
    expect(() => signFlipP(new Array(25).fill(1))).toThrow(mismatch);
    expect(() => signFlipP([1, Number.POSITIVE_INFINITY])).toThrow(mismatch);
  });
});

describe("mcNemarP", () => {
  it.each(golden.mcnemar)("matches the binomial test: $onlyA against $onlyB", (item) => {
    expectNear(mcNemarP(item.onlyA, item.onlyB), item.p);
    expect(mcNemarP(item.onlyB, item.onlyA)).toBe(mcNemarP(item.onlyA, item.onlyB));
  });

  it("counts by hand: 1 and 3 of 4 rows give 2 (1 + 4) / 16", () => {
    expect(mcNemarP(1, 3)).toBeCloseTo(10 / 16, 14);
  });

  it("refuses what is no count", () => {
    expect(() => mcNemarP(-1, 2)).toThrow(mismatch);
    expect(() => mcNemarP(1.5, 2)).toThrow(mismatch);
  });
});

describe("pairedStudent", () => {
  it.each(golden.student)("matches SciPy: $differences", (item) => {
    const test = pairedStudent(item.differences, 0.95);
    expect(test?.degrees).toBe(item.differences.length - 1);
    for (const name of ["t", "p", "low", "high"] as const)
      expectNear(test?.[name] ?? 0, item[name]);
    expectNear(mean(item.differences), item.mean);
    expectNear(sampleDeviation(item.differences) ?? 0, item.std);
  });

  it("is undefined for one difference and for equal ones", () => {
    expect(pairedStudent([0.1], 0.95)).toBeNull();
    expect(pairedStudent([0.1, 0.1, 0.1], 0.95)).toBeNull();
    expect(pairedStudent([0, 0], 0.95)).toBeNull();
  });
});

describe("Student's distribution", () => {
  it.each(golden.quantiles)("has SciPy's quantile $probability of $degrees", (item) => {
    expectNear(studentQuantile(item.probability, item.degrees), item.t);
  });

  it.each(golden.twoSided)("has SciPy's tails beyond $t of $degrees", (item) => {
    expectNear(studentTwoSidedP(item.t, item.degrees), item.p);
  });

  it("refuses other probabilities and degrees", () => {
    expect(() => studentQuantile(1, 3)).toThrow(mismatch);
    expect(() => studentQuantile(0.4, 3)).toThrow(mismatch);
    expect(() => studentTwoSidedP(1, 0)).toThrow(mismatch);
  });
});

describe("holmAdjusted", () => {
  it("multiplies the smallest by m, the next by m - 1, and never falls: by hand", () => {
    // Sorted: 0.01 * 4, 0.02 * 3, 0.03 * 2 -> 0.06, 0.5 * 1.
    expect(holmAdjusted([0.03, 0.01, 0.5, 0.02])).toEqual([0.06, 0.04, 0.5, 0.06]);
    // 0.04 * 2 = 0.08, then 0.05 * 1 is raised to it.
    expect(holmAdjusted([0.05, 0.04])).toEqual([0.08, 0.08]);
    expect(holmAdjusted([0.6, 0.7])).toEqual([1, 1]);
    expect(holmAdjusted([0.2])).toEqual([0.2]);
    expect(holmAdjusted([])).toEqual([]);
  });

  it("rejects exactly what the step-down procedure rejects", () => {
    const ps = [0.001, 0.012, 0.013, 0.02, 0.4, 0.012];
    for (const alpha of [0.005, 0.01, 0.05, 0.07, 0.2, 0.5]) {
      // Step down: reject the smallest while p <= alpha / (number of those left).
      const order = Array.from(ps.keys()).sort((a, b) => ps[a] - ps[b]);
      const stop = order.findIndex((index, rank) => ps[index] > alpha / (ps.length - rank));
      const rejected = new Set(order.slice(0, stop < 0 ? ps.length : stop));
      const adjusted = holmAdjusted(ps).map((p) => p <= alpha + 1e-15);
      expect(adjusted).toEqual(ps.map((_, index) => rejected.has(index)));
    }
  });

  it("refuses what is no probability", () => {
    expect(() => holmAdjusted([0.5, 1.1])).toThrow(mismatch);
    expect(() => holmAdjusted([Number.NaN])).toThrow(mismatch);
  });
});
