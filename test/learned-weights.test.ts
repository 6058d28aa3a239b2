/** Training runs with learned task weights: what the journal tells, and that it can be told again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { TrainResult } from "../src/run/host/host.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, type TestHost, tinyModel } from "./fixtures/host.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const model = tinyModel("bert");
const options = {
  method: "rtm",
  taskWeights: "meta",
  metaLearningRate: 0.2,
  devBatchSize: 8,
  batchSize: 6,
  gradientAccumulationSteps: 2,
  maxSteps: 7,
  evalSteps: 4,
} as const;

describe("a run with learned task weights", () => {
  const outputDir = at("meta");
  let host: TestHost;
  let result: TrainResult;
  beforeAll(async () => {
    host = createTestHost();
    result = await train(trainOptions(model, outputDir, options), host);
  });

  it("tells weights that follow the cosines it tells", () => {
    const { steps } = readJournal(outputDir);
    expect(steps.length).toBe(7);
    const a = { main: 0.5, auxiliary: 0.5 };
    for (const { task_weights, cosines } of steps) {
      const total = Math.exp(a.main) + Math.exp(a.auxiliary);
      expect(task_weights.main).toBeCloseTo(Math.exp(a.main) / total, 12);
      expect(task_weights.auxiliary).toBeCloseTo(Math.exp(a.auxiliary) / total, 12);
      for (const task of ["main", "auxiliary"] as const) {
        const cosine = cosines?.[task] ?? Number.NaN;
        expect(Math.abs(cosine)).toBeLessThan(1);
        expect(cosine).not.toBe(0);
        a[task] += 0.2 * cosine;
      }
    }
    const { final_task_weights: last, task_weights: kind } = result.metrics;
    expect(kind).toBe("meta");
    expect(last?.main).toBeCloseTo(1 / (1 + Math.exp(a.auxiliary - a.main)), 12);
    expect((last?.main ?? 0) + (last?.auxiliary ?? 0)).toBeCloseTo(1, 12);
    expect(steps.at(-1)?.task_weights).not.toEqual(steps[0].task_weights);
  });

  it("asks for one dev gradient and one dev head a step, and closes what it opened", () => {
    // Three steps an epoch of 36 texts, two micro-batches each: 14 passes of each task, and one a step for dev.
    expect(host.runs("multi-task-training")).toBe(35);
    expect(host.runs("text-features")).toBe(7);
    expect(host.runs("head-training")).toBeGreaterThanOrEqual(14);
    expect(host.runs("head-training")).toBeLessThanOrEqual(70);
    expect(host.openSessions).toBe(0);
  });

  it("gives the same journal and weights for the same seed", async () => {
    const again = at("meta-again");
    await train(trainOptions(model, again, options), createTestHost());
    for (const name of ["journal.jsonl", "model/model.safetensors"]) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(outputDir, name)))).toBe(
        true,
      );
    }
  });

  it("draws other dev texts for another seed", async () => {
    const other = at("meta-other");
    await train(trainOptions(model, other, { ...options, seed: 1, maxSteps: 1 }), createTestHost());
    const [first] = readJournal(outputDir).steps;
    expect(readJournal(other).steps[0].cosines).not.toEqual(first.cosines);
  });
});

describe("a run with one task", () => {
  it("has nothing to learn, and says so", async () => {
    const host = createTestHost();
    const stl = { ...options, method: "stl", maxSteps: 1 } as const;
    const { metrics } = await train(trainOptions(model, at("stl"), stl), host);
    const [step] = readJournal(at("stl")).steps;
    expect(step).toMatchObject({ task_weights: { main: 1, auxiliary: 0 }, cosines: null });
    expect(metrics.final_task_weights).toBeNull();
    expect(host.notices("info")).toContain("stl has one task");
    expect(host.runs("text-features")).toBe(0);
  });
});
