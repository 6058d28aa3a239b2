/** Training whose numbers leave the finite ones: what is told, and what is kept. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { NamedArrays } from "../src/engine/runtime/runtime.js";
import type { TrainOptions } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { lastStateFolder, readJson, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");

const options = (name: string, more: Partial<TrainOptions> = {}) =>
  trainOptions(tinyModel("bert"), at(name), {
    ...{ method: "rtm", maxSteps: 12, evalSteps: 3, patience: 100 },
    ...more,
  });

/** A host in which the loss scale of one pass is NaN, and so its gradients. */
function poisoningHost(pass: number) {
  let passes = 0;
  const onRun = (_: string, inputs: NamedArrays) => {
    const scale = inputs["lossScale.main"] ?? inputs["lossScale.auxiliary"];
    if (scale === undefined) return;
    passes += 1;
    if (passes === pass) scale.data[0] = Number.NaN;
  };
  return createTestHost({ cacheFolder, onRun });
}

const bytes = (run: string, name: string) => readFileSync(join(at(run), name));

beforeAll(async () => {
  await train(options("whole"), createTestHost({ cacheFolder }));
});

describe("a gradient that is not finite", () => {
  it("stops the run with step, texts, rates and parameter; weights, best model and journal are kept", async () => {
    // Two passes a step, so the 15th is in step 8, after the evaluation at step 6.
    const error = await failure(train(options("gradient"), poisoningHost(15)));
    expect(error).toMatchObject({ code: "training-diverged", exitCode: 5 });
    expect(error.message).toMatch(
      /gradient norm in clip group "\w+", got NaN, first in ".+" at step 8/,
    );
    expect(error.message).toMatch(
      /main task: train lines (\d+, ){11}\d+; auxiliary task: train lines/,
    );
    expect(error.message).toMatch(
      /learning rates 0\.00\d+ for body and mlm-head, 0\.0\d+ for class/,
    );

    const { steps, events } = readJournal(at("gradient"));
    expect(steps.length).toBe(7);
    expect(events.at(-1)).toMatchObject({ type: "stop", step: 7, reason: "diverged" });
    expect(readJson(join(lastStateFolder(at("gradient")), "state.json"))).toMatchObject({
      step: 7,
    });
    expect(existsSync(at("gradient/model/model.safetensors"))).toBe(true);
    expect(existsSync(at("gradient/metrics.json"))).toBe(false);

    // Whoever mends the cause goes on where it was, to the same end.
    await train(options("gradient", { resume: true }), createTestHost({ cacheFolder }));
    for (const name of ["journal.jsonl", "model/model.safetensors", "predictions-test.jsonl"]) {
      expect(bytes("gradient", name).equals(bytes("whole", name)), name).toBe(true);
    }
  });
});

describe("a loss that is not finite", () => {
  it("stops the run; a state that is not finite takes no good one's place", async () => {
    // The first update throws the weights beyond float32.
    const host = createTestHost({ cacheFolder });
    const given = options("loss", { learningRate: 1e39, warmupRatio: 0, saveSteps: 100 });
    const error = await failure(train(given, host));
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toMatch(
      /loss, got NaN in the (main|auxiliary) task at step 2, micro-batch 1/,
    );
    expect(readJournal(at("loss")).events.at(-1)).toMatchObject({ step: 1, reason: "diverged" });
    expect(existsSync(at("loss/state"))).toBe(false);
    expect(host.openSessions).toBe(0);
  });

  it("keeps a finite state before it", async () => {
    const given = options("large", { learningRate: 1e20, warmupRatio: 0, saveSteps: 100 });
    const error = await failure(train(given, createTestHost({ cacheFolder })));
    expect(error.message).toContain("at step 2");
    expect(readJson(join(lastStateFolder(at("large")), "state.json"))).toMatchObject({ step: 1 });
  });
});
