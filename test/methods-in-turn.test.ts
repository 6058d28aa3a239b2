/** Methods that train for longer than classification alone: the adaptation of `tapt`, the further passes of `stl-long`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { saveCheckpoint } from "../src/model/checkpoint/save.js";
import { adaptToTexts } from "../src/run/fine-tune/adaptation.js";
import { loadInputs } from "../src/run/fine-tune/inputs.js";
import type { RunEvent, TrainResult } from "../src/run/host/host.js";
import { resolveSettings, type TrainOptions, trainSchema } from "../src/run/settings/schemas.js";
import { longestRow } from "../src/run/sources/model-facts.js";
import { failure } from "./fixtures/failure.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const bert = tinyModel("bert");
const host = (stopAt?: (event: RunEvent) => boolean) =>
  createTestHost({ cacheFolder: at("cache"), ...(stopAt && { stopAt }) });

const options = (name: string, more: Partial<TrainOptions> = {}) =>
  trainOptions(bert, at(name), { method: "tapt", maxSteps: 4, baseline: false, ...more });
// 4 steps of classification stand for 6 epochs, so 12 epochs of adaptation are 8 steps.
const longer = { batchSize: 18, numTrainEpochs: 6, adaptationEpochs: 12 };
const adapting = (step: number) => (event: RunEvent) =>
  event.type === "progress" && event.task === "adapting" && event.done === step;

describe("tapt", () => {
  let whole: TrainResult;
  beforeAll(async () => {
    whole = await train(options("whole", longer), host());
  });

  it("classifies alone from the weights that predicting masked tokens left", async () => {
    const settings = resolveSettings(trainSchema, options("inputs", longer));
    const inputs = await loadInputs({ ...settings, outputDir: at("inputs") }, host());
    const { model, data } = inputs;
    const { spec, tokenizer } = model;
    const runtime = await host().runtime({ threads: settings.threads });
    const watched = { emit: () => undefined, cancelled: () => false };
    const clock = { now: () => 0 };
    const texts = data.encodings.train;
    const adapted = await adaptToTexts(model, texts, 8, inputs.settings, clock, runtime, watched);
    const given = await model.weights();
    const changed = [...adapted.values].filter(
      ([name, values]) => !given.get(name)?.every((value, index) => value === values[index]),
    );
    expect(changed).toHaveLength(adapted.values.size);
    await saveCheckpoint(at("adapted"), {
      spec,
      values: adapted.values,
      kind: "masked-lm",
      tokenizerFiles: tokenizer.files(longestRow(spec)),
      dtype: "F32",
      replace: false,
    });
    await train(
      { ...options("from-adapted", longer), method: "stl", model: at("adapted") },
      host(),
    );
    expect(readJournal(at("from-adapted")).events).toEqual(readJournal(at("whole")).events);
    const { steps } = readJournal(at("whole"));
    expect(steps.map(({ auxiliary_loss: loss }) => loss)).toEqual([null, null, null, null]);
  });

  it.each([
    ["before its first state", adapting(2)],
    ["after a state", adapting(4)],
    ["while it classifies", (event: RunEvent) => event.type === "step" && event.step === 2],
  ])("stopped %s, goes on to the same classifier", async (name, stopAt) => {
    const given = options(name, longer);
    expect(await failure(train(given, host(stopAt)))).toMatchObject({ code: "interrupted" });
    expect(existsSync(join(given.outputDir, "adaptation"))).toBe(true);
    const next = host();
    await train({ ...given, resume: true }, next);
    for (const file of ["journal.jsonl", "model/model.safetensors"]) {
      const bytes = readFileSync(join(given.outputDir, file));
      expect(bytes.equals(readFileSync(join(at("whole"), file))), file).toBe(true);
    }
    const again = next.events.filter(
      (event) => event.type === "progress" && event.task === "adapting",
    );
    expect(again.length).toBeLessThan(8);
    expect(readdirSync(given.outputDir)).not.toContain("adaptation");
  });

  it("counts the adaptation's tokens and time", () => {
    const { steps } = readJournal(at("whole"));
    const classified = steps.reduce((sum, { tokens }) => sum + tokens, 0);
    const { training_seconds: seconds, tokens_per_second: rate } = whole.metrics.timing;
    // Twice as many texts passed through the encoder before.
    expect(rate * seconds).toBeGreaterThan(2.8 * classified);
    expect(rate * seconds).toBeLessThan(3.2 * classified);
  });

  it("adapts to the training texts of each fold", async () => {
    const {
      validationFile: _,
      testFile: __,
      ...single
    } = options("folds", { folds: 2, maxSteps: 1 });
    const watcher = host();
    const { metrics } = await train(single, watcher);
    const done = watcher.events.filter(
      (event) => event.type === "progress" && event.task === "adapting",
    );
    expect(done).toHaveLength(3);
    expect(metrics.method).toBe("tapt");
  });
});

describe("stl-long", () => {
  it("classifies for twice as many steps", async () => {
    await train(options("long", { method: "stl-long" }), host());
    const { steps, stop } = readJournal(at("long"));
    expect([steps.length, stop?.step]).toEqual([8, 8]);
    expect(steps.every(({ auxiliary_loss: loss }) => loss === null)).toBe(true);
    // The rate falls over all of them.
    expect(steps[5].learning_rate).toBeGreaterThan(0);
  });
});
