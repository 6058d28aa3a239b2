import { describe, expect, it } from "vitest";
import { resolveSettings, type TrainOptions, trainSchema } from "../settings/schemas.js";
import type { RunInputs } from "./inputs.js";
import { withRecipe } from "./recipe.js";
import { rescoringSeconds, rescorings } from "./rescoring-time.js";

/** Texts of 8 words between two special tokens. */
const text = {
  ids: new Int32Array(10),
  wordIds: Int32Array.from([-1, 0, 1, 2, 3, 4, 5, 6, 7, -1]),
  truncated: 0,
};
const texts = Array.from({ length: 64 }, () => text);

function seconds(options: TrainOptions, further?: typeof texts): number {
  const given = resolveSettings(trainSchema, { method: "l3", rescoreEpochs: 1, ...options });
  const size = { rows: 64, labels: 2, tokensPerText: 10 };
  const settings: RunInputs["settings"] = { ...withRecipe(given, size), outputDir: "o" };
  const unlabelled = further && { ...{ texts: [], emptyTexts: 0, digest: "" }, encodings: further };
  const shared = { train: 0, dev: 0, test: 0 };
  return rescoringSeconds(
    {
      ...{ settings, masked: texts, data: { encodings: { train: texts } } },
      unlabelled: unlabelled && { ...unlabelled, shared },
    },
    0.6,
  );
}

it("texts are scored anew after every so many epochs, but for the last", () => {
  // As `epochMasks` does: in the epochs from 0 that are multiples of k, but for 0.
  expect(rescorings(12, 2, { rescoreEpochs: 1 })).toBe(5);
  expect(rescorings(12, 2, { rescoreEpochs: 2 })).toBe(2);
  expect(rescorings(13, 2, { rescoreEpochs: 2 })).toBe(3);
  expect(rescorings(12, 2, { rescoreEpochs: 6 })).toBe(0);
  expect(rescorings(12, 2, {})).toBe(0);
});

describe("rescoringSeconds", () => {
  it("is that of the masked copies forward", () => {
    // Two steps an epoch, 320 tokens for each task in a step: 0.6 s for 640 tokens, 0.2 s forward. 64 texts have 8 copies of 10 tokens, 5120 in all.
    expect(seconds({})).toBeCloseTo((5120 / 640) * 0.2, 9);
    expect(seconds({ estimator: "block-4" })).toBeCloseTo((2560 / 640) * 0.2, 9);
    expect(seconds({ estimator: "unmasked" })).toBeCloseTo((640 / 640) * 0.2, 9);
    expect(seconds({ sharedPass: true })).toBeCloseTo((5120 / 320) * 0.2, 9);
    expect(seconds({}, texts)).toBeCloseTo((10_240 / 640) * 0.2, 9);
  });

  it("is nothing where texts keep their scores", () => {
    expect(seconds({ rescoreEpochs: undefined })).toBe(0);
    expect(seconds({ method: "rtm" })).toBe(0);
    expect(seconds({ method: "contrast" })).toBe(0);
  });
});
