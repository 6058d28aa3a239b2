/** A training run that is stopped, killed or finished, and goes on: the same bytes as without the break. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { memoryBytes } from "../src/model/checkpoint/formats/bytes.js";
import { readSafetensors } from "../src/model/checkpoint/formats/safetensors.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import type { RunEvent, TrainResult } from "../src/run/host/host.js";
import type { TrainOptions } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import {
  changedModel,
  copyAsKilled,
  lastStateFolder,
  readJson,
  temporaryFolder,
} from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");
const bert = tinyModel("bert");

const host = (stopAt?: (event: RunEvent) => boolean) =>
  createTestHost({ cacheFolder, ...(stopAt && { stopAt }) });

const afterStep = (step: number) => (event: RunEvent) =>
  event.type === "step" && event.step === step;
const atEvaluation = (step: number) => (event: RunEvent) =>
  event.type === "evaluation" && event.step === step;

const sameFiles = ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"];

/** All that a run leaves, but for the times. */
function expectSameRun(folder: string, result: TrainResult, whole: TrainResult): void {
  for (const name of sameFiles) {
    const bytes = readFileSync(join(folder, name));
    expect(bytes.equals(readFileSync(join(whole.outputDir, name))), name).toBe(true);
  }
  const { timing: _, ...metrics } = result.metrics;
  const { timing: __, ...expected } = whole.metrics;
  expect(metrics).toEqual(expected);
  expect(readdirSync(folder).sort()).toEqual(readdirSync(whole.outputDir).sort());
}

/** Settings under which early stopping ends the run, some evaluations after the best one. */
const settings: Partial<TrainOptions> = {
  method: "l3",
  maxSteps: 40,
  evalSteps: 3,
  patience: 3,
  warmupRatio: 0.2,
  metricForBestModel: "accuracy",
};
const options = (name: string, more: Partial<TrainOptions> = {}) =>
  trainOptions(bert, at(name), { ...settings, ...more });

describe("a run that goes on", () => {
  let whole: TrainResult;
  let steps: number;
  let bestStep: number;

  beforeAll(async () => {
    whole = await train(options("whole"), host());
    const { stop } = readJournal(at("whole"));
    steps = stop?.step ?? 0;
    bestStep = stop?.best_step ?? 0;
  });

  it("is tested on a run that early stopping ends", () => {
    const { stop } = readJournal(at("whole"));
    expect(stop).toMatchObject({ reason: "patience", step: bestStep + 9 });
    expect(steps).toBeLessThan(40);
    expect(bestStep).toBeGreaterThan(3);
  });

  it.each([
    ["before any evaluation", () => afterStep(2)],
    ["between evaluations", () => afterStep(4)],
    ["at an evaluation", () => atEvaluation(6)],
    ["in the middle of its patience", () => afterStep(bestStep + 4)],
    ["right before the last", () => afterStep(steps - 1)],
  ])("stopped %s gives the same journal, weights and metrics", async (name, stopAt) => {
    const folder = at(name.replaceAll(" ", "-"));
    const given = { ...options("x"), outputDir: folder };
    const error = await failure(train(given, host(stopAt())));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(error.hint).toContain("--resume");
    expect(existsSync(join(folder, "metrics.json"))).toBe(false);
    const result = await train({ ...given, resume: true }, host());
    expectSameRun(folder, result, whole);
    expect(result.metrics.timing.parts).toBe(2);
  });

  it("may be stopped after every step", async () => {
    let result: TrainResult | undefined;
    for (let step = 1; result === undefined; step++) {
      const given = options("every-step", { resume: step > 1 });
      result = await train(given, host(afterStep(step))).catch(interruption);
    }
    expectSameRun(at("every-step"), result, whole);
    // The stop after the last step comes too late to keep the run from its end.
    expect(result.metrics.timing.parts).toBe(steps);
  });

  it.each([
    ["before any state", 2, {}, 0],
    ["after a state", 8, {}, 6],
    ["with states more often", 8, { saveSteps: 2 }, 6],
    ["with states at every step", 8, { saveSteps: 1 }, 7],
  ])("killed %s repeats what was lost", async (name, step, more, saved) => {
    const killed = at(`killed-${name}`);
    const given = options(`${name} lives`, more);
    // What lies on the disk in the middle of a step is what a killed process leaves.
    const watcher = host((event) => {
      if (afterStep(step)(event)) copyAsKilled(given.outputDir, killed);
      return false;
    });
    await train(given, watcher);
    const journal = join(killed, "journal.jsonl");
    writeFileSync(journal, `${readFileSync(journal, "utf8")}{"type":"step","st`);
    const next = host();
    const result = await train({ ...given, outputDir: killed, resume: true }, next);
    expectSameRun(killed, result, whole);
    const from = saved === 0 ? "starting from the first step" : `resuming after step ${saved}`;
    expect(next.notices()).toContain(from);
    const trained = next.events.filter(({ type }) => type === "step");
    expect(trained.length).toBe(steps - saved);
  });

  it("killed after its last state, before the test, is only tested", async () => {
    const killed = at("killed-last");
    const given = options("killed-last-lives");
    const watcher = host((event) => {
      if (event.type === "stop") copyAsKilled(given.outputDir, killed);
      return false;
    });
    await train(given, watcher);
    const next = host();
    const result = await train({ ...given, outputDir: killed, resume: true }, next);
    expectSameRun(killed, result, whole);
    expect(next.events.filter(({ type }) => type === "step" || type === "evaluation")).toEqual([]);
  });

  it("counts the time of all its parts", async () => {
    const given = options("times");
    await failure(train(given, host(afterStep(7))));
    const state = stateSchema.parse(readJson(join(lastStateFolder(at("times")), "state.json")));
    const next = host();
    const { metrics } = await train({ ...given, resume: true }, next);
    expect(metrics.timing.training_seconds).toBeGreaterThan(state.trainingSeconds);
    expect(metrics.timing.scoring_seconds).toBeGreaterThan(state.scoringSeconds);
    const { steps: events } = readJournal(at("times"));
    const tokens = events.reduce((sum, event) => sum + event.tokens, 0);
    const { training_seconds: seconds, tokens_per_second: rate } = metrics.timing;
    expect(rate * seconds).toBeCloseTo(tokens, 6);
  });

  it("is not repeated once it is finished", async () => {
    const before = readFileSync(at("whole/metrics.json"));
    const next = host();
    const result = await train(options("whole", { resume: true }), next);
    expect(result).toEqual(whole);
    expect(next.notices()).toContain("is finished");
    expect(next.events.filter(({ type }) => type === "step")).toEqual([]);
    expect(readFileSync(at("whole/metrics.json")).equals(before)).toBe(true);
  });

  it("may move, and lie elsewhere than before", async () => {
    const given = options("first-place");
    await failure(train(given, host(afterStep(4))));
    cpSync(at("first-place"), at("second-place"), { recursive: true });
    const model = at("same-model");
    cpSync(bert, model, { recursive: true });
    cpSync(soundFiles.trainFile, at("moved.jsonl"));
    const moved = { model, trainFile: at("moved.jsonl"), outputDir: at("second-place") };
    const result = await train({ ...given, ...moved, resume: true }, host());
    expectSameRun(
      at("second-place"),
      { ...result, metrics: { ...result.metrics, model: bert } },
      whole,
    );
  });
});

describe("a run with learned task weights and a second stage", () => {
  const given = (name: string) =>
    options(name, {
      taskWeights: "meta",
      devBatchSize: 6,
      metaLearningRate: 0.5,
      maxSteps: 6,
      secondStage: true,
      secondStageEpochs: 4,
      secondStageLearningRate: 1e-3,
      secondStagePatience: 2,
    });
  let whole: TrainResult;

  beforeAll(async () => {
    whole = await train(given("two-stages"), host());
  });

  it("is tested on weights that move and a second stage that early stopping ends", () => {
    const { steps, events } = readJournal(at("two-stages"));
    const weights = steps.filter(({ stage }) => stage === 1).map((step) => step.task_weights.main);
    expect(new Set(weights).size).toBe(6);
    const stops = events.filter((event) => event.type === "stop");
    expect(stops.map(({ stage, step }) => [stage, step])).toEqual([
      [1, 6],
      [2, expect.any(Number)],
    ]);
    expect(stops[1].step).toBeGreaterThan(9);
  });

  it.each([
    ["in the first stage", afterStep(4)],
    ["at the end of the first stage", atEvaluation(6)],
    ["after a step of the second stage", afterStep(7)],
    ["at an evaluation of the second stage", atEvaluation(9)],
    ["between evaluations of the second stage", afterStep(11)],
  ])("stopped %s gives the same journal, weights and metrics", async (name, stopAt) => {
    const stopped = given(`${name} of two`);
    const error = await failure(train(stopped, host(stopAt)));
    expect(error).toMatchObject({ code: "interrupted" });
    const result = await train({ ...stopped, resume: true }, host());
    expectSameRun(stopped.outputDir, result, whole);
  });
});

const stateSchema = z.object({ trainingSeconds: z.number(), scoringSeconds: z.number() });

/** Undefined for a run that was stopped; other errors go on. */
function interruption(error: unknown): undefined {
  expect(error).toMatchObject({ code: "interrupted" });
  return undefined;
}

describe("a run that must not go on", () => {
  beforeAll(async () => {
    await failure(train(options("stopped"), host(afterStep(4))));
  });

  it.each([
    ["learningRate", { learningRate: 1e-3 }, "0.003"],
    ["seed", { seed: 1 }, "0"],
    ["gamma", { gamma: 2 }, "1"],
    ["method", { method: "rtm" }, '"l3"'],
    ["maxSteps", { maxSteps: 41 }, "40"],
  ] as const)("is refused with another %s", async (name, changed, before) => {
    const error = await failure(train(options("stopped", { ...changed, resume: true }), host()));
    expect(error).toMatchObject({ code: "invalid-setting", exitCode: 2 });
    expect(error.message).toContain(`expected ${name} to be ${before}, as when the run in`);
  });

  it("is refused with other texts or another checkpoint", async () => {
    const text = readFileSync(soundFiles.trainFile, "utf8").replace("engine", "motor");
    writeFileSync(at("other.jsonl"), text);
    const texts = { trainFile: at("other.jsonl"), resume: true };
    const data = await failure(train(options("stopped", texts), host()));
    expect(data.message).toContain("expected data_digest to be");
    const model = await changedModel(bert, at("other-model"), {
      tensors: (_, values) => values.map((value) => value * 1.001),
    });
    const checkpoint = await failure(
      train({ ...options("stopped", { resume: true }), model }, host()),
    );
    expect(checkpoint.message).toContain("expected checkpoint_digest to be");
  });

  it.each([
    ["best weights", (folder: string) => join(folder, "model/model.safetensors"), "was changed"],
    ["states", statesOf, "expected an intact state"],
  ])("is refused before any work where its %s were damaged", async (name, pathOf, message) => {
    const given = options(`damaged-${name}`, { evalSteps: 2, patience: 9, maxSteps: 8 });
    await failure(train(given, host(afterStep(3))));
    for (const path of [pathOf(given.outputDir)].flat()) {
      const bytes = readFileSync(path);
      bytes[bytes.length - 8] ^= 1;
      writeFileSync(path, bytes);
    }
    const next = host();
    const error = await failure(train({ ...given, resume: true }, next));
    expect(error).toMatchObject({ code: "checkpoint-format", exitCode: 4 });
    expect(error.message).toContain(message);
    expect(error.message).toContain(given.outputDir);
    expect(next.events.some(({ type }) => type === "step" || type === "progress")).toBe(false);
  });

  it("needs a run to go on with", async () => {
    const error = await failure(train(options("nothing", { resume: true }), host()));
    expect(error).toMatchObject({ code: "checkpoint-missing" });
    expect(error.hint).toContain("without --resume");
    const twice = await failure(train(options("stopped"), host()));
    expect(twice).toMatchObject({ code: "output-exists" });
    expect(twice.hint).toContain("--resume");
  });
});

describe("a run with frozen layers", () => {
  const name = "encoder.layer.0.output.dense.weight";
  const trained = name.replace("0", "1");

  it.each(["l3", "stl"] as const)(
    "goes on as without the break, and leaves them as the model has them: %s",
    async (method) => {
      const given = (folder: string) => options(folder, { method, freezeLayers: 1, maxSteps: 8 });
      const folder = at(`frozen-${method}`);
      const whole = await train(given(`frozen-${method}`), host());
      const parted = given(`frozen-${method}-parted`);
      await failure(train(parted, host(afterStep(5))));
      const [path] = statesOf(parted.outputDir);
      const tensors = await readSafetensors(memoryBytes(path, readFileSync(path)));
      const names = tensors.map((tensor) => tensor.name);
      expect(names).toEqual(expect.arrayContaining([`weight.${trained}`, `first.${trained}`]));
      expect(names.filter((one) => /embeddings|layer\.0\./.test(one))).toEqual([]);
      const result = await train({ ...parted, resume: true }, host());
      expectSameRun(parted.outputDir, result, whole);
      const before = await loadCheckpoint(bert);
      const after = await loadCheckpoint(join(folder, "model"));
      expect(after.values.get(name)).toEqual(before.values.get(name));
      expect(after.values.get(trained)).not.toEqual(before.values.get(trained));
    },
  );

  it("is another run than one without, and has no more layers than the model", async () => {
    const error = await failure(
      train({ ...options("frozen-l3", { maxSteps: 8 }), resume: true }, host()),
    );
    expect(error).toMatchObject({ message: expect.stringContaining("expected freezeLayers") });
    expect(await failure(train(options("many", { freezeLayers: 99 }), host()))).toMatchObject({
      code: "invalid-setting",
      message: expect.stringMatching(/--freeze-layers to be at most 2, .*, got 99/),
    });
  });
});

/** The tensors of all states of a run. */
function statesOf(folder: string): string[] {
  const states = join(folder, "state");
  return readdirSync(states).map((name) => join(states, name, "tensors.safetensors"));
}
