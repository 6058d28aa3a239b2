import { expect, it } from "vitest";
import { l3 } from "../../method/masking/strategies/l3.js";
import { uniform } from "../../method/masking/strategies/uniform.js";
import { textMasks } from "./text-masks.js";

const UNKNOWN = 100;
const gap = Number.NaN;
const encoding = {
  ids: Int32Array.of(1, UNKNOWN, 7, 8, 2),
  wordIds: Int32Array.of(-1, 0, 1, 2, -1),
  truncated: 0,
};
/** The unknown token is the least likely one; the others have 1 and 3 nats. */
const scores = [Float32Array.of(gap, -9, -1, -3, gap)];
const settings = { mlmProbability: 0.4, gamma: 1, seed: 0 };
const rounded = ([text]: readonly Float64Array[]) => [...text].map((m) => Number(m.toFixed(12)));

it("never masks the unknown token with the published calibration", () => {
  const calibration = "published" as const;
  const masks = textMasks(l3, [encoding], scores, { ...settings, calibration }, UNKNOWN);
  // As a special token it has no surprisal and no part in the mean: a quarter and three quarters of 2 * 0.4.
  expect(rounded(masks.probabilities)).toEqual([0, 0, 0.2, 0.6, 0]);
});

it("masks it like any other token otherwise", () => {
  const exact = textMasks(l3, [encoding], scores, { ...settings, calibration: "exact" }, UNKNOWN);
  // 9, 1 and 3 of 13 share 3 * 0.4.
  expect(exact.probabilities[0][1]).toBeCloseTo((9 / 13) * 1.2, 12);
  const published = { ...settings, calibration: "published" } as const;
  const random = textMasks(uniform, [encoding], undefined, published, UNKNOWN);
  expect(rounded(random.probabilities)).toEqual([0, 0.4, 0.4, 0.4, 0]);
});
