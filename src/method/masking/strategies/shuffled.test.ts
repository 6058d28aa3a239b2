import { describe, expect, it } from "vitest";
import { randomStream } from "../../../base/random.js";
import { l3 } from "./l3.js";
import { shuffled } from "./shuffled.js";

const gap = Number.NaN;
const wordIds = Int32Array.of(-1, 0, 1, 2, 3, -1);
/** Surprisals 1, 2, 4 and 8, with special tokens around: weights 1/8, 1/4, 1/2 and 1. */
const scores = Float64Array.of(gap, -1, -2, -4, -8, gap);

describe("shuffled", () => {
  const drawn = (seed: number) => [
    ...shuffled.weights(wordIds, scores, randomStream(seed, "text")).slice(1, 5),
  ];

  it("has the weights of L3Masking in another order, and none at special tokens", () => {
    const weights = shuffled.weights(wordIds, scores, randomStream(1, "text"));
    expect([weights[0], weights[5]]).toEqual([0, 0]);
    for (const seed of [0, 1, 2]) {
      expect(drawn(seed).toSorted((a, b) => a - b)).toEqual([1 / 8, 1 / 4, 1 / 2, 1]);
    }
  });

  it("deals each weight to each token equally often", () => {
    const draws = 4000;
    const sums = [0, 0, 0, 0];
    for (let seed = 0; seed < draws; seed++) {
      drawn(seed).forEach((weight, token) => {
        sums[token] += weight / draws;
      });
    }
    const mean = (1 / 8 + 1 / 4 + 1 / 2 + 1) / 4;
    // Four standard errors of a weight's mean over the draws.
    for (const sum of sums) expect(Math.abs(sum - mean)).toBeLessThan(0.022);
  });

  it("is another order for another stream, and the same for the same", () => {
    expect(drawn(3)).toEqual(drawn(3));
    expect(new Set([0, 1, 2, 3, 4, 5].map((seed) => drawn(seed).join())).size).toBeGreaterThan(1);
    expect(drawn(3)).not.toEqual([...l3.weights(wordIds, scores).slice(1, 5)]);
  });
});
