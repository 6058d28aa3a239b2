/**
 * The session of both tasks against the two programs that run by themselves, which are held to PyTorch elsewhere: over the same
 * masked texts, its gradient is the sum of theirs.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { cpu } from "../../engine/runtime/devices/cpu.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import type { ModelSpec } from "../../model/spec.js";
import { createTrainable } from "../../run/fine-tune/trainable.js";
import type { PackedBatch } from "../batch/pack.js";
import { packTexts } from "../batch/pack.js";
import type { ParameterStore } from "../train/parameter-store.js";
import {
  type CompiledMultiTaskTraining,
  compileClassificationTraining,
  compileMaskedTokenTraining,
  compileMultiTaskTraining,
} from "./training.js";
import type { TrainingArrays } from "./training-arrays.js";

const CLASSES = 3;
const NO_DROPOUT = { dropout: 0, attentionDropout: 0 };
const labels = Int32Array.of(2, 0, 1);
const scales = { main: 0.3, auxiliary: 0.05 };

let spec: ModelSpec;
let store: ParameterStore;
let batch: PackedBatch;
let arrays: TrainingArrays;
let tasks: CompiledMultiTaskTraining;
let targetSlots: Int32Array;
const targetIds = Int32Array.of(17, 5, 17, 40);
const runtime = await cpu.open({ threads: 1 });

beforeAll(async () => {
  const checkpoint = await loadCheckpoint(tinyModel("roberta"));
  spec = checkpoint.spec;
  store = createTrainable(spec, { mlmHead: true, classes: CLASSES }, checkpoint.values, 7);
  const texts = [9, 6, 12].map((length, text) =>
    Int32Array.from({ length }, (_, index) => 5 + ((7 * index + 11 * text) % 60)),
  );
  batch = packTexts(texts, { padId: spec.padId, firstPosition: spec.firstPosition });
  // One text has none, one has two; the first slot of a text may be selected too.
  const [first, second, third] = batch.firstSlots;
  targetSlots = Int32Array.of(first, first + 3, third + 1, third + 11);
  expect(second).not.toBe(first);
  arrays = {
    weights: store.weight,
    gradients: store.gradient,
    keepMask: () => expect.unreachable("nothing is dropped"),
  };
  tasks = await compileMultiTaskTraining(runtime, spec, CLASSES, NO_DROPOUT, arrays);
});
afterAll(() => tasks.dispose());

/** What a pass adds to the gradients, by parameter. */
async function added(pass: () => Promise<unknown>): Promise<Map<string, Float32Array>> {
  for (const { name } of store.parameters) store.gradient(name).fill(0);
  await pass();
  return new Map(store.parameters.map(({ name }) => [name, store.gradient(name).slice()]));
}

function expectAlike(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>) {
  const all = [...expected.values()].flatMap((values) => Array.from(values, Math.abs));
  const largest = Math.max(...all);
  expect(largest).toBeGreaterThan(1e-3);
  for (const [name, values] of expected) {
    const got = actual.get(name) ?? new Float32Array();
    expect(got.length, name).toBe(values.length);
    const difference = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - got[i])),
      0,
    );
    expect(difference, name).toBeLessThan(1e-5 * largest);
  }
}

describe("a shared pass", () => {
  it("adds the gradients of both tasks and gives their losses", async () => {
    const main = await compileClassificationTraining(runtime, spec, CLASSES, NO_DROPOUT, arrays);
    const auxiliary = await compileMaskedTokenTraining(runtime, spec, NO_DROPOUT, arrays);
    const losses: unknown[] = [];
    const apart = await added(async () => {
      losses.push(await main.accumulate(batch, labels, scales.main));
      losses.push(await auxiliary.accumulate(batch, targetSlots, targetIds, scales.auxiliary));
    });
    const together = await added(async () => {
      const sums = await tasks.shared.accumulate(batch, labels, targetSlots, targetIds, scales);
      const [ofMain, ofAuxiliary] = losses;
      expect(sums.main).toEqual({
        lossSum: expect.closeTo(Object(ofMain).lossSum, 4),
        correct: Object(ofMain).correct,
      });
      expect(sums.auxiliary).toEqual({
        lossSum: expect.closeTo(Object(ofAuxiliary).lossSum, 4),
        correct: Object(ofAuxiliary).correct,
      });
    });
    expectAlike(together, apart);
    await main.dispose();
    await auxiliary.dispose();
  });

  it("is the main task alone where nothing is selected", async () => {
    const main = await compileClassificationTraining(runtime, spec, CLASSES, NO_DROPOUT, arrays);
    const alone = await added(() => main.accumulate(batch, labels, scales.main));
    const none = new Int32Array(0);
    const together = await added(async () => {
      const sums = await tasks.shared.accumulate(batch, labels, none, none, {
        ...scales,
        auxiliary: 0,
      });
      expect(sums.auxiliary).toEqual({ lossSum: 0, correct: 0 });
    });
    expectAlike(together, alone);
    await main.dispose();
  });
});

describe("a task in the session of both", () => {
  it("adds the gradient of its own program, and none to the other's head", async () => {
    const main = await compileClassificationTraining(runtime, spec, CLASSES, NO_DROPOUT, arrays);
    const auxiliary = await compileMaskedTokenTraining(runtime, spec, NO_DROPOUT, arrays);
    const sums: unknown[] = [];
    const passes = [main, tasks.main].map(
      (task) => async () => sums.push(await task.accumulate(batch, labels, scales.main)),
    );
    const masked = [auxiliary, tasks.auxiliary].map(
      (task) => async () =>
        sums.push(await task.accumulate(batch, targetSlots, targetIds, scales.auxiliary)),
    );
    for (const [alone, inBoth] of [passes, masked]) {
      expectAlike(await added(inBoth), await added(alone));
      const [ofBoth, ofOne] = sums.splice(0);
      expect(ofBoth).toEqual(ofOne);
    }
    await main.dispose();
    await auxiliary.dispose();
  });

  it("runs over other arrays", async () => {
    const other = createTrainable(spec, { mlmHead: true, classes: CLASSES }, new Map(), 8);
    const expected = await added(() => tasks.main.accumulate(batch, labels, scales.main));
    for (const { name } of store.parameters) store.gradient(name).fill(0);
    await tasks
      .over({ ...arrays, gradients: other.gradient })
      .main.accumulate(batch, labels, scales.main);
    const actual = new Map(other.parameters.map(({ name }) => [name, other.gradient(name)]));
    expectAlike(actual, expected);
    expect(store.parameters.every(({ name }) => store.gradient(name).every((g) => g === 0))).toBe(
      true,
    );
  });
});

describe("weights of labels", () => {
  const weights = Float32Array.of(0.5, 3, 1.25);
  const texts = [9, 6, 12].map((length, text) =>
    Int32Array.from({ length }, (_, index) => 5 + ((7 * index + 11 * text) % 60)),
  );

  it("multiply the gradient of each text, and leave the losses as they are", async () => {
    const weightedTask = [runtime, spec, CLASSES, NO_DROPOUT, arrays, weights] as const;
    const plain = await compileClassificationTraining(runtime, spec, CLASSES, NO_DROPOUT, arrays);
    const weighted = await compileClassificationTraining(...weightedTask);
    let lossSum = 0;
    // One text at a time, each with its weight as the scale of its loss.
    const oneByOne = await added(async () => {
      for (const [text, ids] of texts.entries()) {
        const single = packTexts([ids], { padId: spec.padId, firstPosition: spec.firstPosition });
        const scale = scales.main * weights[labels[text]];
        lossSum += (await plain.accumulate(single, labels.subarray(text, text + 1), scale)).lossSum;
      }
    });
    const together = await added(async () => {
      const sums = await weighted.accumulate(batch, labels, scales.main);
      expect(sums.lossSum).toBeCloseTo(lossSum, 4);
    });
    expectAlike(together, oneByOne);
    const both = await compileMultiTaskTraining(...weightedTask);
    const none = new Int32Array(0);
    const inShared = await added(() =>
      both.shared.accumulate(batch, labels, none, none, { ...scales, auxiliary: 0 }),
    );
    expectAlike(inShared, oneByOne);
    for (const program of [plain, weighted, both]) await program.dispose();
  });
});
