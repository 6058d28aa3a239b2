/** Runs with frozen layers, whose output is computed once: the steps of the runs in which it is not. */
import { describe, expect, it } from "vitest";
import type { TrainOptions } from "../src/run/settings/schemas.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const host = () => createTestHost({ cacheFolder: at("cache") });

/** A rate that is the same however many steps are planned. */
const settings: Partial<TrainOptions> = {
  lrSchedulerType: "constant",
  warmupRatio: 0,
  maxSteps: undefined,
};

describe("a run with frozen layers", () => {
  it.each<[string, Partial<TrainOptions>]>([
    ["one", { freezeLayers: 1 }],
    ["all", { freezeLayers: 2 }],
    ["windows", { freezeLayers: 1, longTexts: "windows", maxLength: 8 }],
  ])("computes them once and takes the same steps: %s", async (name, more) => {
    const losses = async (numTrainEpochs: number) => {
      const folder = at(`${name}-${numTrainEpochs}`);
      const given = { ...settings, ...more, numTrainEpochs };
      const told = host();
      await train(trainOptions(tinyModel("bert"), folder, given), told);
      const reads = told.events.filter((event) => "task" in event && event.task === "reading");
      expect(reads.length > 0).toBe(numTrainEpochs > 1);
      return readJournal(folder).steps.map(({ main_loss: loss }) => loss ?? Number.NaN);
    };
    // In a single epoch nothing is read twice, so nothing is kept.
    const anew = await losses(1);
    const once = await losses(2);
    expect(once).toHaveLength(2 * anew.length);
    anew.forEach((loss, step) => {
      expect(once[step]).toBeCloseTo(loss, 4);
    });
  });

  it("says where they are computed in every step", async () => {
    const notices = async (name: string, method: "rtm" | "stl") => {
      const told = host();
      const given = { ...settings, method, freezeLayers: 1, numTrainEpochs: 2 };
      await train(trainOptions(tinyModel("bert"), at(name), given), told);
      return told.notices("info");
    };
    expect(await notices("masked", "rtm")).toContain(
      "1 frozen layer is computed in every step: rtm draws masks anew in every epoch",
    );
    expect(await notices("unmasked", "stl")).not.toContain("frozen");
  });

  it("holds texts out in turn, and is timed", async () => {
    const { validationFile: _, ...given } = trainOptions(tinyModel("bert"), at("folds"), {
      ...settings,
      freezeLayers: 1,
      numTrainEpochs: 2,
      folds: 2,
      timeBudget: "10m",
    });
    const told = host();
    await train(given, told);
    expect(told.events).toContainEqual(expect.objectContaining({ task: "timing", done: 3 }));
    expect(told.events).toContainEqual(expect.objectContaining({ task: "cross-validating" }));
  });
});
