import { describe, expect, it } from "vitest";
import { resolveSettings, trainSchema } from "../settings/schemas.js";
import { recipeFor, withRecipe } from "./recipe.js";

const size = { rows: 700, labels: 6, tokensPerText: 24 };
const settingsOf = (given: object) => ({
  ...resolveSettings(trainSchema, { model: "m", ...given }),
  outputDir: "o",
});

describe("withRecipe", () => {
  it("completes what was not given, and leaves what was", () => {
    expect(withRecipe(settingsOf({}), size)).toMatchObject(recipeFor(size, "probe"));
    const given = { numTrainEpochs: 3, batchSize: 4, learningRate: 0.5, keep: "last" } as const;
    expect(withRecipe(settingsOf(given), size)).toMatchObject({
      ...recipeFor(size, "probe"),
      ...given,
    });
  });

  it("keeps the best weights for a second stage to go on from", () => {
    expect(withRecipe(settingsOf({ secondStage: true }), size).keep).toBe("best");
  });
});
