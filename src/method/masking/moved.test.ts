import { describe, expect, it } from "vitest";
import { exponentThatMoves, movedShare } from "./moved.js";
import { createStrategy, uniformProbabilities } from "./probabilities.js";

describe("movedShare", () => {
  it("is 0 for the uniform probabilities, at any budget", () => {
    const uniform = [Float64Array.of(0, 0.15, 0.15, 0), Float64Array.of(0, 0.15, 0)];
    expect(movedShare(uniform, uniform)).toBe(0);
    const half = uniform.map((text) => text.map((m) => m / 2));
    expect(movedShare(half, uniform)).toBeCloseTo(0, 15);
  });

  it("is the part of the budget that lies elsewhere, over all texts together", () => {
    // Of a budget of 1, token 1 gives 0.2 to token 2, and token 3 gives 0.1 to token 4.
    const uniform = [Float64Array.of(0, 0.25, 0.25), Float64Array.of(0.25, 0.25)];
    const masked = [Float64Array.of(0, 0.05, 0.45), Float64Array.of(0.15, 0.35)];
    expect(movedShare(masked, uniform)).toBeCloseTo(0.3, 15);
  });

  it("is nearly 1 where one token of many takes it all", () => {
    const uniform = [new Float64Array(100).fill(0.01)];
    const masked = [new Float64Array(100).fill(0)];
    masked[0][7] = 1;
    expect(movedShare(masked, uniform)).toBeCloseTo(0.99, 12);
  });

  it("is 0 where there is nothing to mask", () => {
    expect(movedShare([], [])).toBe(0);
    expect(movedShare([Float64Array.of(0, 0)], [Float64Array.of(0, 0)])).toBe(0);
    expect(movedShare([Float64Array.of(0, 0)], [Float64Array.of(0, 0.15)])).toBe(0);
  });
});

describe("exponentThatMoves", () => {
  const wordIds = Int32Array.from({ length: 40 }, (_, i) => i);
  const scores = wordIds.map((i) => -(i % 11) - 1);
  const uniform = [uniformProbabilities({ wordIds }, 0.15)];
  const masksOf = (exponent: number) => {
    const rule = createStrategy("l3", { budget: 0.15, calibration: "exact", exponent });
    return [rule.probabilities({ wordIds }, scores)];
  };

  it.each([0.2, 0.35, 0.5, 0.6])("moves %f of the budget", (share) => {
    const exponent = exponentThatMoves(share, masksOf, uniform);
    expect(Math.abs(movedShare(masksOf(exponent), uniform) - share)).toBeLessThan(0.002);
  });

  it("gives the largest that it tries where none moves as much", () => {
    expect(exponentThatMoves(0.99, masksOf, uniform)).toBe(64);
    expect(movedShare(masksOf(64), uniform)).toBeLessThan(0.99);
  });
});
