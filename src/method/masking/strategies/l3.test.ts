import fc from "fast-check";
import { describe, expect, it } from "vitest";
import golden from "../../../../test/golden/masking.json" with { type: "json" };
import type { Calibration } from "../calibrate.js";
import { createStrategy, type MaskingSettings } from "../probabilities.js";
import type { MaskProbabilities } from "../tokens.js";

fc.configureGlobal({ seed: 1 });

const paper: MaskingSettings = { budget: 0.15, calibration: "exact", exponent: 1 };
const gap = Number.NaN;

/** NaN stands for a special token. */
function masked(
  scores: ArrayLike<number>,
  settings: Partial<MaskingSettings> = {},
): MaskProbabilities {
  const wordIds = Int32Array.from(scores, (score, i) => (Number.isNaN(score) ? -1 : i));
  return createStrategy("l3", { ...paper, ...settings }).probabilities({ wordIds }, scores);
}

function probabilities(
  scores: readonly number[],
  settings: Partial<MaskingSettings> = {},
): number[] {
  return [...masked(Float32Array.from(scores), settings)];
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value)).toBeLessThan(1e-12);
  });
}

function calibrationOf(name: string): Calibration {
  return name === "exact" ? "exact" : "published";
}

describe("l3", () => {
  it.each(golden.l3)("matches a root finder: $name", (item) => {
    const scores = item.scores.map((score) => score ?? gap);
    const settings = { ...item, calibration: calibrationOf(item.calibration) };
    expectClose(probabilities(scores, settings), item.probabilities);
  });

  it("is proportional to the surprisal while nothing is capped", () => {
    // r = 1/4, 1/2, 1 (special tokens are the zero of the scale); lambda = 0.7 / 1.75 = 0.4
    expectClose(probabilities([gap, -1, -2, -4, gap], { budget: 0.7 / 3 }), [0, 0.1, 0.2, 0.4, 0]);
  });

  it("measures from the least surprisal if there are no special tokens", () => {
    // r = 0, 1/3, 1; lambda = 0.4 / (4/3) = 0.3
    expectClose(probabilities([-1, -2, -4], { budget: 0.4 / 3 }), [0, 0.1, 0.3]);
  });

  it("caps at 1 and keeps the mean (exact), or loses it (published)", () => {
    // r = 1, 1/8 x 7, sum 1.875; budget of 2 tokens of 8.
    const scores = [gap, -8, -1, -1, -1, -1, -1, -1, -1, gap];
    const seventh = 1 / 7;
    expectClose(probabilities(scores, { budget: 0.25 }), [
      ...[0, 1, seventh, seventh, seventh, seventh, seventh, seventh, seventh, 0],
    ]);
    const clipped = (2 / 1.875) * 0.125;
    expectClose(probabilities(scores, { budget: 0.25, calibration: "published" }), [
      ...[0, 1, clipped, clipped, clipped, clipped, clipped, clipped, clipped, 0],
    ]);
  });

  it.each<Calibration>(["exact", "published"])(
    "is RTM if all surprisals are equal (%s)",
    (calibration) => {
      expectClose(probabilities([gap, -3, -3, -3, gap], { calibration }), [0, 0.15, 0.15, 0.15, 0]);
      expectClose(probabilities([-3, -3, -3], { calibration }), [0.15, 0.15, 0.15]);
      expectClose(probabilities([gap, 0, 0, gap], { calibration }), [0, 0.15, 0.15, 0]);
    },
  );

  it("gives 1 to fewer surprising tokens than the budget, and spreads the rest", () => {
    // Budget 0.5 * 5 = 2.5 tokens; one surprising one leaves 1.5 for four.
    expectClose(probabilities([gap, 0, -6, 0, 0, 0, gap], { budget: 0.5 }), [
      ...[0, 0.375, 1, 0.375, 0.375, 0.375, 0],
    ]);
  });

  it("masks nothing in an empty text or one of special tokens alone", () => {
    expect(probabilities([])).toEqual([]);
    expect(probabilities([gap, gap])).toEqual([0, 0]);
    expect(probabilities([gap, gap], { calibration: "published" })).toEqual([0, 0]);
  });

  it("is RTM with exponent 0 and sharper with a larger exponent", () => {
    const scores = [gap, -1, -2, -4, 0, gap];
    expectClose(probabilities(scores, { exponent: 0 }), [0, 0.15, 0.15, 0.15, 0.15, 0]);
    // r^2 = 1/16, 1/4, 1, 0; lambda = 0.6 / (21/16)
    const scale = (0.15 * 4) / (21 / 16);
    expectClose(probabilities(scores, { exponent: 2 }), [0, scale / 16, scale / 4, scale, 0, 0]);
  });

  it("counts a log-likelihood a little above 0 as no surprisal", () => {
    expectClose(probabilities([gap, 1e-4, -1, -2, gap], { budget: 0.25 }), [0, 0, 0.25, 0.5, 0]);
  });

  const texts = fc.array(
    fc.oneof(fc.constantFrom(gap, 0, -3, -1000), fc.float({ min: -25, max: 0, noNaN: true })),
    { maxLength: 40 },
  );
  const tried = fc.record<Partial<MaskingSettings>>({
    budget: fc.oneof(fc.constantFrom(0, 0.15, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    calibration: fc.constantFrom("exact", "published"),
    exponent: fc.constantFrom(0, 1, 2.5),
  });

  it("follows the surprisal", () => {
    fc.assert(
      fc.property(texts, tried, (scores, settings) => {
        const found = probabilities(scores, settings);
        const order = Array.from(scores.keys())
          .filter((i) => !Number.isNaN(scores[i]))
          .sort((a, b) => scores[b] - scores[a]);
        order.slice(1).forEach((item, rank) => {
          const before = order[rank];
          expect(found[item]).toBeGreaterThanOrEqual(found[before]);
          if (scores[item] === scores[before]) expect(found[item]).toBe(found[before]);
        });
      }),
    );
  });

  it("does not depend on the scale of the surprisal", () => {
    fc.assert(
      fc.property(texts, tried, (scores, settings) => {
        // A power of two leaves float32 scores exact.
        const doubled = scores.map((score) => score * 2);
        expect(probabilities(doubled, settings)).toEqual(probabilities(scores, settings));
      }),
    );
  });
});
