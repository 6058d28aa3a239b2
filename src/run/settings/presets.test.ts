import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { presetNames, presets } from "./presets.js";
import { compareSchema, resolveSettings, scoreSchema, trainSchema } from "./schemas.js";

const needed = { model: "m", trainFile: "t", outputDir: "o" };
const resolve = (given: Record<string, unknown>) =>
  resolveSettings(trainSchema, { ...needed, ...given });

function refusal(given: Record<string, unknown>) {
  try {
    resolve(given);
  } catch (error) {
    if (error instanceof L3MaskingError) return error;
    throw error;
  }
  return expect.unreachable("an error is due");
}

describe("presets", () => {
  it.each(presetNames)("%s has values that train takes, and they arrive", (preset) => {
    expect(resolve({ preset })).toMatchObject({ preset, ...presets[preset].values });
  });

  it("published is the authors' run for ACL-ARC", () => {
    // From the table of hyper-parameters in the method's description.
    expect(resolve({ preset: "published" })).toMatchObject({
      batchSize: 64,
      gradientAccumulationSteps: 2,
      accumulation: "published",
      maxLength: 128,
      numTrainEpochs: 150,
      evalSteps: 30,
      patience: 20,
      learningRate: 1e-4,
      headLearningRate: 1e-3,
      weightDecay: 0.01,
      headWeightDecay: 0.1,
      warmupRatio: 0.06,
      calibration: "published",
      auxiliarySpacing: "published",
      secondStage: true,
      secondStageLearningRate: 5e-6,
      secondStageEpochs: 10,
      secondStagePatience: 3,
    });
  });

  it("give way to what is given, also where that is the default", () => {
    const { batchSize, numTrainEpochs } = resolve({
      preset: "published",
      batchSize: 32,
      numTrainEpochs: undefined,
    });
    expect(batchSize).toBe(32);
    expect(numTrainEpochs).toBe(presets.published.values.numTrainEpochs);
    expect(presets.published.values.batchSize).not.toBe(32);
  });

  it("resolve once: what is resolved resolves to itself", () => {
    const settings = resolve({ preset: "published", evalSteps: 7 });
    expect(resolveSettings(trainSchema, settings)).toEqual(settings);
  });

  it("fit lists, where a command takes lists of what train takes one of", () => {
    const compared = { model: ["m"], dataset: ["d"], outputDir: "o", preset: "published" };
    expect(resolveSettings(compareSchema, compared)).toMatchObject({
      taskWeights: ["meta"],
      batchSize: 64,
    });
    const both = { ...compared, taskWeights: ["equal", "meta"] };
    expect(resolveSettings(compareSchema, both).taskWeights).toEqual(["equal", "meta"]);
  });

  it("leave the defaults alone where none is named", () => {
    expect(resolve({})).toMatchObject({ weightDecay: 0.01, seed: 0 });
    expect(resolve({})).not.toHaveProperty("batchSize");
    expect(resolve({})).not.toHaveProperty("preset");
  });

  it("that do not exist are refused with the nearest name", () => {
    const { code, message, hint } = refusal({ preset: "publishd" });
    expect(code).toBe("invalid-setting");
    expect(message).toContain("preset");
    expect(hint).toBe("Did you mean published?");
    expect(refusal({ preset: "quite different" }).hint).toBe("Correct --preset.");
    expect(refusal({ preset: 3 }).hint).toBe("Correct --preset.");
  });

  it("are unknown to commands that do not train", () => {
    const given = { model: "m", input: "i", output: "o", preset: "published" };
    expect(() => resolveSettings(scoreSchema, given)).toThrow("there is no setting preset");
  });
});

describe("names of known data sets", () => {
  it("that do not exist are refused with the nearest one", () => {
    expect(refusal({ dataset: "aclarc" }).hint).toBe("Did you mean acl-arc?");
  });
});
