import { describe, expect, it } from "vitest";
import { resolveSettings, type TrainOptions, trainSchema } from "../settings/schemas.js";
import { requireSameRun, runDigest, runIdentity } from "./run-identity.js";

const digests = { checkpoint_digest: "c", tokenizer_digest: "t", data_digest: "d" };

const record = (options: Partial<TrainOptions> = {}) => ({
  settings: resolveSettings(trainSchema, {
    model: "m",
    trainFile: "train.csv",
    outputDir: "o",
    ...options,
  }),
  ...digests,
});

/** Runs of which one at least looks at each setting of training. */
const everything = [
  ...["meta", "fixed"].map((taskWeights) => {
    const settings = { taskWeights, secondStage: true, gradientAccumulationSteps: 2 };
    return { method: "l3", ...settings };
  }),
  { method: "tapt" },
];

describe("runIdentity", () => {
  it("has every setting of train, but for those known to leave the result alone", () => {
    const idle = Object.keys(trainSchema.shape).filter((name) =>
      everything.every(
        (settings) => !(name in runIdentity({ settings: { ...settings, [name]: 1 }, ...digests })),
      ),
    );
    expect(idle.sort()).toEqual([
      "baseline",
      "cacheDir",
      "dataDir",
      "dataset",
      "device",
      "evalTokens",
      "generalFile",
      "labelColumn",
      "labelSeparator",
      "learningCurve",
      "loggingDir",
      "model",
      "orderedLabels",
      "outputDir",
      "preset",
      "reportTo",
      "resume",
      "saveSteps",
      "scoringTokens",
      "splitSeed",
      "strategy",
      "testFile",
      "textColumn",
      "threads",
      "trainFile",
      "unlabeledFile",
      "unlabeledUnit",
      "validationFile",
    ]);
  });

  it("leaves out what a method does not look at", () => {
    const names = (method: "stl" | "rtm" | "l3") => Object.keys(runIdentity(record({ method })));
    const without = (method: "stl" | "rtm") =>
      names("l3").filter((name) => !names(method).includes(name));
    expect(without("rtm")).toEqual(["calibration", "estimator", "gamma", "scoringPrecision"]);
    expect(without("stl")).toEqual(
      [
        ...["auxiliarySpacing", "auxiliaryTexts", "calibration", "estimator", "gamma"],
        ...["maskReplaceProb", "mlmProbability", "randomReplaceProb", "selection"],
        ...["scoringPrecision", "sharedPass", "taskWeights"],
      ].sort(),
    );
  });

  it("does not depend on the order of settings", () => {
    const one = runDigest({ settings: { method: "l3", seed: 1, gamma: 2 }, ...digests });
    const other = runDigest({ ...digests, settings: { gamma: 2, seed: 1, method: "l3" } });
    expect(one).toBe(other);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
  });

  it("leaves out what only fixed and learned weights and a second stage look at", () => {
    const digest = (options: Partial<TrainOptions>) =>
      runDigest(record({ method: "l3", ...options }));
    const meta = { taskWeights: "meta" } as const;
    expect(digest({ devBatchSize: 8 })).toBe(digest({}));
    expect(digest({ ...meta, devBatchSize: 8 })).not.toBe(digest(meta));
    expect(digest({ ...meta, devBatchSize: 8, method: "stl" })).toBe(digest({ method: "stl" }));
    expect(digest({ auxiliaryWeight: 0.2 })).toBe(digest({}));
    const fixed = { taskWeights: "fixed" } as const;
    expect(digest({ ...fixed, auxiliaryWeight: 0.2 })).not.toBe(digest(fixed));
    expect(digest({ secondStageEpochs: 3 })).toBe(digest({}));
    expect(digest({ secondStage: true, secondStageEpochs: 3 })).not.toBe(
      digest({ secondStage: true }),
    );
  });

  it("takes what losses are means of for nothing in steps of one micro-batch", () => {
    const digest = (gradientAccumulationSteps: number, accumulation?: "published") =>
      runDigest(record({ gradientAccumulationSteps, ...(accumulation && { accumulation }) }));
    expect(digest(1, "published")).toBe(digest(1));
    expect(digest(2, "published")).not.toBe(digest(2));
  });

  it("takes the number of epochs for nothing where steps are given", () => {
    const steps = (numTrainEpochs: number, maxSteps?: number) =>
      runDigest(record({ numTrainEpochs, ...(maxSteps !== undefined && { maxSteps }) }));
    expect(steps(3, 10)).toBe(steps(4, 10));
    expect(steps(3)).not.toBe(steps(4));
  });
});

describe("requireSameRun", () => {
  it("lets pass what gives the same result", () => {
    const moved = { ...record({ model: "elsewhere", outputDir: "p", threads: 9 }), labels: ["x"] };
    expect(() => requireSameRun("o", record(), moved)).not.toThrow();
  });

  it("names the first difference, the method before all", () => {
    const differs = (was: object, is: object) => {
      try {
        requireSameRun("o", { ...record(), ...was }, { ...record(), ...is });
      } catch (error) {
        return error instanceof Error ? error.message : undefined;
      }
      return undefined;
    };
    expect(differs(record({ method: "l3" }), record({ method: "stl" }))).toContain(
      'expected method to be "l3", as when the run in o was started, got "stl"',
    );
    expect(differs({}, { data_digest: "e" })).toContain('expected data_digest to be "d"');
    expect(differs({}, { unlabelled_digest: "u" })).toMatch(
      /unlabelled_digest to be absent.*got "u"/,
    );
    expect(differs({}, record({ maxSteps: 5 }))).toMatch(/maxSteps to be absent.*got 5/);
    expect(differs(record({ maxSteps: 5 }), {})).toMatch(/maxSteps to be 5.*got nothing/);
  });
});
