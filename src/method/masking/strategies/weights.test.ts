/** Mask probabilities of strategies whose weights are their values, by hand. */
import { describe, expect, it } from "vitest";
import { createStrategy } from "../probabilities.js";

const gap = Number.NaN;
/** Five tokens between two special ones; a budget of 0.2 of five tokens is one token. */
const wordIds = Int32Array.of(-1, 0, 1, 2, 3, 4, -1);
const settings = { budget: 0.2, calibration: "exact", exponent: 1 } as const;

function probabilities(name: string, values: readonly number[], exponent = 1): number[] {
  const strategy = createStrategy(name, { ...settings, exponent });
  return [...strategy.probabilities({ wordIds }, [gap, ...values, gap])].slice(1, 6);
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  expected.forEach((value, index) => {
    expect(found[index]).toBeCloseTo(value, 12);
  });
}

describe("entropy", () => {
  it("masks in proportion to the entropy, and never where the model is certain", () => {
    // 0 + 1 + 2 + 3 + 4 nats share one token; a rounding error below 0 is 0.
    expectClose(probabilities("entropy", [-1e-7, 1, 2, 3, 4]), [0, 0.1, 0.2, 0.3, 0.4]);
  });
});

describe("excess", () => {
  it("masks what became likelier by the adaptation, and nothing that did not", () => {
    // 2 and 6 nats gained; unchanged, lost, lost.
    expectClose(probabilities("excess", [2, 0, -3, 6, -0.5]), [0.25, 0, 0, 0.75, 0]);
  });

  it("is random masking where nothing was gained", () => {
    expectClose(probabilities("excess", [-1, -2, 0, -3, 0]), [0.2, 0.2, 0.2, 0.2, 0.2]);
  });
});

describe("contrast", () => {
  it("masks words that are more frequent here than in general", () => {
    const values = [Math.log(8), Math.log(8), Math.log(0.5), Math.log(2), 0];
    // ln 8 = 3 ln 2: weights 3, 3, 0, 1, 0.
    expectClose(probabilities("contrast", values), [3 / 7, 3 / 7, 0, 1 / 7, 0]);
  });

  it("masks keywords alone with a large gamma", () => {
    // Weights 2 and 1 to the power of 64: 2^64 and twice 1 share the token.
    const found = probabilities("contrast", [2, 1, 1, 0, -1], 64);
    expect(found[0]).toBeCloseTo(1, 12);
  });
});
