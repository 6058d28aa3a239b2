/**
 * The contract of a device that trains, run by run: whole runs with the weights on the device against runs on the processor,
 * and runs that are stopped on one and go on on the other.
 */
import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { runPretrain } from "../../src/commands/pretrain.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import type { RunEvent } from "../../src/run/host/host.js";
import {
  pretrainSchema,
  resolveSettings,
  type TrainOptions,
} from "../../src/run/settings/schemas.js";
import { failure } from "../fixtures/failure.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost, tinyModel } from "../fixtures/host.js";
import { soundRows } from "../fixtures/sounds.js";
import { readJournal, train, trainOptions } from "../fixtures/training.js";

/**
 * Of losses and gradient norms, relative to themselves, and of cosines: steps add up what `limits` of single passes allows.
 */
const limits = { loss: 1e-4, norm: 1e-3, cosine: 1e-3 };

type Steps = ReturnType<typeof readJournal>["steps"];

function expectClose(actual: number | null, expected: number | null, limit: number, what: string) {
  if (actual === null || expected === null) return expect(actual, what).toBe(expected);
  const difference = Math.abs(actual - expected);
  expect(difference, what).toBeLessThanOrEqual(limit * Math.max(1e-2, Math.abs(expected)));
}

/** The same steps: losses, norms and cosines within the limits, all else equal. */
function expectSameSteps(actual: Steps, expected: Steps): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, step] of actual.entries()) {
    const { main_loss, auxiliary_loss, gradient_norms, cosines, task_weights, ...rest } = step;
    const wanted = expected[index];
    expect(wanted).toMatchObject(rest);
    const at = (what: string) => `${what} of step ${step.step}`;
    expectClose(main_loss, wanted.main_loss, limits.loss, at("main loss"));
    expectClose(auxiliary_loss, wanted.auxiliary_loss, limits.loss, at("auxiliary loss"));
    for (const [group, norm] of Object.entries(wanted.gradient_norms)) {
      expectClose(gradient_norms[group], norm, limits.norm, at(`norm of ${group}`));
    }
    for (const task of ["main", "auxiliary"] as const) {
      expect(Math.abs((cosines?.[task] ?? 0) - (wanted.cosines?.[task] ?? 0))).toBeLessThan(
        limits.cosine,
      );
      expectClose(task_weights[task], wanted.task_weights[task], limits.cosine, at("task weight"));
    }
    expect(cosines === null).toBe(wanted.cosines === null);
  }
}

export function describeDeviceRuns(name: string, open: () => Promise<Runtime>): void {
  describe(`training runs on ${name}`, () => {
    const at = temporaryFolder();
    const model = tinyModel("bert");
    let runtime: Runtime;
    beforeAll(async () => {
      runtime = await open();
    });
    const afterStep = (step: number) => (event: RunEvent) =>
      event.type === "step" && event.step === step;
    const onDevice = (stopAt?: (event: RunEvent) => boolean) =>
      createTestHost({ cacheFolder: at("cache"), runtime, ...(stopAt && { stopAt }) });
    const onProcessor = (stopAt?: (event: RunEvent) => boolean) =>
      createTestHost({ cacheFolder: at("cache"), ...(stopAt && { stopAt }) });
    const options = (folder: string, more: Partial<TrainOptions>) =>
      trainOptions(model, at(folder), { baseline: false, ...more });

    it("do what the processor does, for 150 steps", async () => {
      // Slowly, as fast learning carries the last digits away within 150 steps.
      const rates = { learningRate: 5e-4, headLearningRate: 1e-3 };
      const settings = { ...rates, batchSize: 2, maxSteps: 150, evalSteps: 75 };
      await train(options("stl-processor", settings), onProcessor());
      const host = onDevice();
      const { metrics } = await train(options("stl", settings), host);
      const expected = readJournal(at("stl-processor"));
      const found = readJournal(at("stl"));
      expectSameSteps(found.steps, expected.steps);
      expect(found.evaluations.map(({ measures }) => measures)).toEqual(
        expected.evaluations.map(({ measures }) => measures),
      );
      expect(metrics.best_step).toBe(expected.stop?.best_step);
      expect(host.runs("adamw")).toBe(150);
      expect(host.openSessions).toBe(0);
    });

    it("go on from the processor's state, with learned weights and a second stage", async () => {
      const settings: Partial<TrainOptions> = {
        method: "l3",
        taskWeights: "meta",
        metaLearningRate: 0.2,
        devBatchSize: 4,
        devHeadSteps: 3,
        batchSize: 6,
        gradientAccumulationSteps: 2,
        maxSteps: 4,
        evalSteps: 4,
        secondStage: true,
        secondStageEpochs: 1,
      };
      await train(options("meta-processor", settings), onProcessor());
      const given = options("meta", settings);
      const error = await failure(train(given, onProcessor(afterStep(2))));
      expect(error).toMatchObject({ code: "interrupted" });
      const host = onDevice();
      await train({ ...given, resume: true }, host);
      const expected = readJournal(at("meta-processor"));
      const found = readJournal(at("meta"));
      expect(expected.steps.some(({ stage }) => stage === 2)).toBe(true);
      expectSameSteps(found.steps, expected.steps);
      expect(host.runs("task-gradient")).toBeGreaterThan(0);
      expect(host.openSessions).toBe(0);
    });

    it("leave a state that the processor goes on from, with a shared pass and frozen layers", async () => {
      const settings: Partial<TrainOptions> = {
        method: "rtm",
        sharedPass: true,
        freezeLayers: 1,
        batchSize: 6,
        maxSteps: 5,
        evalSteps: 5,
      };
      await train(options("shared-processor", settings), onProcessor());
      const given = options("shared", settings);
      const error = await failure(train(given, onDevice(afterStep(3))));
      expect(error).toMatchObject({ code: "interrupted" });
      await train({ ...given, resume: true }, onProcessor());
      expectSameSteps(readJournal(at("shared")).steps, readJournal(at("shared-processor")).steps);
    });

    it("pretrain", async () => {
      const lines = (split: "train" | "dev") => soundRows(split).map(({ text }) => text);
      writeFileSync(at("text.txt"), lines("train").join("\n\n"));
      writeFileSync(at("validation.txt"), lines("dev").join("\n\n"));
      const given = (outputDir: string) =>
        resolveSettings(pretrainSchema, {
          tokenizer: model,
          text: [at("text.txt")],
          validationText: at("validation.txt"),
          outputDir: at(outputDir),
          hiddenSize: 32,
          numHiddenLayers: 2,
          numAttentionHeads: 2,
          maxPositions: 40,
          maxLength: 32,
          shortLength: 16,
          batchTokens: 64,
          learningRate: 5e-3,
          dropout: 0.1,
          maxSteps: 4,
          evalSteps: 4,
          saveSteps: 4,
        });
      await runPretrain(given("pretrained-processor"), onProcessor());
      const host = onDevice();
      await runPretrain(given("pretrained"), host);
      const expected = readJournal(at("pretrained-processor"));
      const found = readJournal(at("pretrained"));
      expectSameSteps(found.steps, expected.steps);
      expect(host.runs("adamw")).toBe(4);
      for (const [index, { loss }] of found.evaluations.entries()) {
        expectClose(loss, expected.evaluations[index].loss, limits.loss, "validation loss");
      }
    });
  });
}
