/** The second stage of a training run: what it does, and when it is kept. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runEvaluate } from "../src/commands/evaluate.js";
import type { TrainResult } from "../src/run/host/host.js";
import { evaluateSchema, resolveSettings } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { copyAsKilled, lastStateFolder, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, type TestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const model = tinyModel("bert");
// Three steps an epoch; the first stage ends in the middle of its second.
const firstStage = {
  method: "rtm",
  taskWeights: "meta",
  maxSteps: 4,
  evalSteps: 2,
  warmupRatio: 0,
} as const;

describe("a second stage that improves dev", () => {
  const outputDir = at("kept");
  let host: TestHost;
  let result: TrainResult;
  beforeAll(async () => {
    host = createTestHost();
    const second = {
      secondStage: true,
      secondStageLearningRate: 3e-3,
      secondStageEpochs: 8,
      secondStagePatience: 8,
    };
    result = await train(trainOptions(model, outputDir, { ...firstStage, ...second }), host);
  });

  it("counts steps on and epochs anew from the next, classification alone, at a constant rate", () => {
    const steps = readJournal(outputDir).steps.filter(({ stage }) => stage === 2);
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => 5 + index));
    expect(steps.map(({ epoch }) => epoch)).toEqual(
      steps.map((_, index) => 3 + Math.floor(index / 3)),
    );
    expect(steps.length).toBe(24);
    for (const step of steps) {
      expect(step).toMatchObject({
        learning_rate: 3e-3,
        task_weights: { main: 1, auxiliary: 0 },
        cosines: null,
        auxiliary_loss: null,
        masked_tokens: 0,
      });
    }
  });

  it("evaluates once an epoch, and keeps what is better than the first stage's best", () => {
    const { evaluations, events } = readJournal(outputDir);
    const first = evaluations.filter(({ stage }) => stage === 1);
    const second = evaluations.filter(({ stage }) => stage === 2);
    expect(second.map(({ step }) => step)).toEqual([7, 10, 13, 16, 19, 22, 25, 28]);
    const before = Math.max(...first.map(({ measures }) => measures.macro_f1));
    const best = second.findLast((evaluation) => evaluation.best);
    expect(best?.measures.macro_f1).toBeGreaterThan(before);
    for (const evaluation of second.filter(({ best: better }) => better)) {
      expect(evaluation.measures.macro_f1).toBeGreaterThan(before);
    }
    expect(events.filter(({ type }) => type === "stop")).toEqual([
      expect.objectContaining({ stage: 1, step: 4, reason: "steps" }),
      expect.objectContaining({ stage: 2, step: 28, best_step: best?.step }),
    ]);
    const { metrics } = result;
    expect(metrics.best_step).toBe(best?.step);
    expect(metrics.dev.macro_f1).toBe(best?.measures.macro_f1);
    expect(metrics.second_stage).toMatchObject({
      kept: true,
      steps: 24,
      dev_before: { macro_f1: before },
    });
  });

  it("that is killed with its first better model saved, but no state, starts from the first stage's weights again", async () => {
    const given = trainOptions(model, at("lives"), {
      // A first stage that learns nothing, so that the first evaluation of the second is better.
      ...{ ...firstStage, taskWeights: "equal", batchSize: 6 },
      ...{ learningRate: 1e-7, headLearningRate: 1e-7 },
      ...{ secondStage: true, secondStageLearningRate: 3e-3, secondStageEpochs: 2 },
    });
    const [states, killed] = [at("states"), at("killed")];
    let better = false;
    const watcher = createTestHost({
      stopAt(event) {
        if (event.type === "evaluation" && event.stage === 2 && event.best && !better) {
          better = true;
          copyAsKilled(join(given.outputDir, "state"), states);
        } else if (better && event.type === "step" && !existsSync(killed)) {
          copyAsKilled(given.outputDir, killed);
        }
        return false;
      },
    });
    await train(given, watcher);
    const evaluations = readJournal(at("lives")).evaluations.filter(({ stage }) => stage === 2);
    expect(evaluations[0]).toMatchObject({ best: true });
    rmSync(join(killed, "state"), { recursive: true });
    copyAsKilled(states, join(killed, "state"));
    await train({ ...given, outputDir: killed, resume: true }, createTestHost());
    for (const name of ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"]) {
      const lives = readFileSync(at(`lives/${name}`));
      expect(readFileSync(join(killed, name)).equals(lives), name).toBe(true);
    }
  });

  it("does not start from weights that it does not know", async () => {
    const given = trainOptions(model, at("changed"), { ...firstStage, secondStage: true });
    await failure(
      train(
        given,
        createTestHost({ stopAt: (event) => event.type === "evaluation" && event.step === 4 }),
      ),
    );
    // Only the state of the first stage's end is left, beside a model that is not the run's.
    rmSync(lastStateFolder(at("changed")), { recursive: true });
    const path = at("changed/model/model.safetensors");
    const bytes = readFileSync(path);
    bytes[bytes.length - 2] ^= 1;
    writeFileSync(path, bytes);
    const atOnce = await failure(train({ ...given, resume: true }, createTestHost()));
    expect(atOnce).toMatchObject({ code: "checkpoint-format" });
    expect(atOnce.message).toContain("got others: model.safetensors was changed");
    // Earlier versions left no checksums, so that it shows only where the weights are needed.
    rmSync(at("changed/model/SHA256SUMS"));
    const error = await failure(train({ ...given, resume: true }, createTestHost()));
    expect(error).toMatchObject({ code: "checkpoint-format" });
    expect(error.message).toContain("which this run saved in");
  });

  it("saves and tests the weights it kept", async () => {
    const settings = { model: join(outputDir, "model"), input: soundFiles.testFile };
    const found = await runEvaluate(resolveSettings(evaluateSchema, settings), createTestHost());
    expect(found.loss).toBeCloseTo(result.metrics.test?.loss ?? 0, 6);
    expect(host.openSessions).toBe(0);
    expect(host.progress("training").at(-1)?.detail).toMatch(/^second stage, loss \d/);
  });
});

describe("a second stage that does not improve dev", () => {
  it("leaves the first stage's model, step and metrics", async () => {
    const alone = await train(trainOptions(model, at("alone"), firstStage), createTestHost());
    const still = { secondStage: true, secondStageLearningRate: 1e-12, secondStagePatience: 2 };
    const options = trainOptions(model, at("still"), { ...firstStage, ...still });
    const { metrics } = await train(options, createTestHost());
    const { dev, test, best_step: bestStep } = alone.metrics;
    expect(metrics).toMatchObject({ dev, test, best_step: bestStep });
    expect(metrics.second_stage).toEqual({ kept: false, steps: 6, dev_before: dev });
    expect(alone.metrics.second_stage).toBeNull();
    const weights = (run: string) => readFileSync(at(`${run}/model/model.safetensors`));
    expect(weights("still").equals(weights("alone"))).toBe(true);
    // The first stage is the same run.
    const first = (run: string) => readJournal(at(run)).events.filter(({ stage }) => stage === 1);
    expect(first("still")).toEqual(first("alone"));
  });
});

describe("a stop on request", () => {
  it("in the second stage keeps the best model so far", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "step" && event.stage === 2 });
    const options = trainOptions(model, at("stopped"), { ...firstStage, secondStage: true });
    const error = await failure(train(options, host));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(error.message).toContain("after step 5");
    expect(error.hint).toContain(at("stopped/model"));
    expect(readJournal(at("stopped")).events.at(-1)).toMatchObject({ stage: 2, step: 5 });
  });

  it("in the first stage leaves the second out", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "step" && event.step === 3 });
    const options = trainOptions(model, at("early"), { ...firstStage, secondStage: true });
    await failure(train(options, host));
    const { events } = readJournal(at("early"));
    expect(events.every(({ stage }) => stage === 1)).toBe(true);
  });
});
