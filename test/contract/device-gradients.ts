/**
 * The contract of a device that trains, pass by pass: the gradients and losses of each training graph against the host's graph
 * in float64, with the masks of the WebAssembly kernel and rows of gradients added one by one; then norms and AdamW against
 * the kernels.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../../src/base/random.js";
import { createBuilder } from "../../src/engine/graph/builder.js";
import { graphInputs } from "../../src/engine/graph/graph.js";
import type { NdArray } from "../../src/engine/graph/op.js";
import { interpret } from "../../src/engine/graph/reference.js";
import { bindSize, sizeOf } from "../../src/engine/graph/shape.js";
import type { Feeds } from "../../src/engine/program.js";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { type PackedBatch, packTexts } from "../../src/method/batch/pack.js";
import { batchFeeds } from "../../src/method/program/inference.js";
import {
  compileClassificationTraining,
  compileMultiTaskTraining,
} from "../../src/method/program/training.js";
import type { TaskSums } from "../../src/method/program/training-arrays.js";
import {
  classificationTask,
  maskedTokenTask,
  multiTask,
  type TrainingDefinition,
  type TrainingRates,
  trainingGraph,
} from "../../src/method/program/training-graph.js";
import { createDropoutMasks } from "../../src/method/train/dropout-masks.js";
import type { OptimizerGroup } from "../../src/method/train/optimizer.js";
import {
  createParameterStore,
  type ParameterStore,
} from "../../src/method/train/parameter-store.js";
import { residentParameters } from "../../src/method/train/resident-parameters.js";
import { bodyGradients, metaSlots } from "../../src/method/train/task-gradients.js";
import {
  hostParameters,
  type TrainedParameters,
} from "../../src/method/train/trained-parameters.js";
import { loadCheckpoint } from "../../src/model/checkpoint/load.js";
import { elementCount, type Parameter, type ParameterValues } from "../../src/model/parameters.js";
import type { ModelSpec } from "../../src/model/spec.js";
import { createTrainable } from "../../src/run/fine-tune/trainable.js";
import { failure } from "../fixtures/failure.js";
import { tinyModel } from "../fixtures/host.js";

/** Of gradients relative to the largest value of their tensor, of losses and norms relative to themselves. */
export const limits = { gradient: 2e-4, loss: 2e-5, norm: 1e-4 };

/** Their gradient is 0 in exact arithmetic, as a bias of keys moves all scores of a query alike. */
export const isNoise = (name: string) => name.endsWith("attention.self.key.bias");

const CLASSES = 3;
const SEED = 11;
const labels = Int32Array.of(2, 0, 1);
// The same word at two places, whose gradients meet in one row of the table.
const targetIds = Int32Array.of(17, 5, 17, 40);

/** Texts with words that come several times, and what is asked of them. */
function givenTexts(spec: ModelSpec) {
  const texts = [9, 6, 12].map((length, text) =>
    Int32Array.from({ length }, (_, index) => 5 + ((7 * index + 11 * text) % 13)),
  );
  const batch = packTexts(texts, { padId: spec.padId, firstPosition: spec.firstPosition });
  const [first, second, third] = batch.firstSlots;
  return { batch, targetSlots: Int32Array.of(first + 2, second + 3, third + 1, third + 11) };
}

interface Exact {
  readonly gradients: ReadonlyMap<string, Float64Array>;
  lossSum(task: string): number;
}

/** One pass of a task in float64: what the host's graph computes, and what the host adds to tables. */
function exactPass(
  definition: TrainingDefinition,
  store: ParameterStore,
  given: Feeds,
  lossScales: Readonly<Record<string, number>>,
  sizes: Readonly<Record<string, number>>,
  pass: number,
): Exact {
  const { outputs, keepSites, rowUpdates, denseNames } = trainingGraph(createBuilder(), definition);
  const masks = createDropoutMasks(SEED, definition.rates);
  masks.begin(pass);
  const fed: Record<string, ArrayLike<number>> = { ...given };
  for (const [site, shape] of keepSites) {
    fed[`keep.${site}`] = masks.keepMask(site, bindSize(sizeOf(shape), sizes));
  }
  for (const [task, scale] of Object.entries(lossScales)) fed[`lossScale.${task}`] = [scale];
  const feeds: Record<string, NdArray> = {};
  for (const { source, shape: symbolic } of graphInputs(Object.values(outputs))) {
    const shape = symbolic.map((size) => bindSize(size, sizes));
    const [, name] = /^weight\.(.*)$/.exec(source.name) ?? [];
    const values =
      name === undefined
        ? (fed[source.name] ?? new Float64Array(shape.reduce((n, extent) => n * extent, 1)))
        : store.weight(name);
    feeds[source.name] = { shape, data: Float64Array.from(values) };
  }
  const found = interpret(outputs, feeds, sizes);
  const gradients = new Map<string, Float64Array>();
  for (const { name, frozen } of definition.parameters) {
    if (frozen) continue;
    const dense = denseNames.includes(name) ? found[`sum.${name}`].data : undefined;
    gradients.set(name, dense ?? new Float64Array(store.weight(name).length));
  }
  for (const { parameter, indices, output } of rowUpdates) {
    const at = "fixed" in indices ? indices.fixed : fed[indices.input];
    const rows = found[output].data;
    const width = rows.length / at.length;
    const table = gradients.get(parameter) ?? expect.unreachable(parameter);
    rows.forEach((value, i) => {
      table[at[Math.floor(i / width)] * width + (i % width)] += value;
    });
  }
  return { gradients, lossSum: (task) => found[`lossSum.${task}`].data[0] };
}

function expectGradients(
  actual: (name: string) => ArrayLike<number>,
  passes: readonly Exact[],
): void {
  let compared = 0;
  for (const name of new Set(passes.flatMap(({ gradients }) => [...gradients.keys()]))) {
    if (isNoise(name)) continue;
    const got = actual(name);
    const sum = Float64Array.from(got, (_, i) =>
      passes.reduce((total, { gradients }) => total + (gradients.get(name)?.[i] ?? 0), 0),
    );
    const largest = sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = sum.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0);
    expect(difference, name).toBeLessThanOrEqual(limits.gradient * largest);
    if (largest > 0) compared += 1;
  }
  expect(compared).toBeGreaterThan(15);
}

function expectLoss({ lossSum }: TaskSums, exact: number): void {
  expect(exact).toBeGreaterThan(0.1);
  expect(Math.abs(lossSum / exact - 1)).toBeLessThan(limits.loss);
}

/** Copies of the gradients that a device holds. */
async function heldGradients({
  store,
  arrays,
}: TrainedParameters): Promise<(name: string) => Float32Array> {
  const { gradients } = arrays(noMasks);
  const found = new Map<string, Float32Array>();
  for (const { name, frozen } of store.parameters) {
    if (frozen) continue;
    const gradient = gradients(name);
    if (gradient instanceof Float32Array) expect.unreachable("the device holds it");
    const { data } = await gradient.read();
    if (data instanceof Float32Array) found.set(name, data);
  }
  return (name) => found.get(name) ?? expect.unreachable(name);
}

/** Tests of one device. `runtime` is any; its arrays are held whatever its memory is. */
export function describeDeviceGradients(
  name: string,
  open: () => Promise<Runtime>,
  model = tinyModel("roberta"),
): void {
  describe(`training passes on ${name}`, () => {
    let runtime: Runtime;
    let spec: ModelSpec;
    let values: ParameterValues;
    let batch: PackedBatch;
    let targetSlots: Int32Array;
    beforeAll(async () => {
      runtime = await open();
      ({ spec, values } = await loadCheckpoint(model));
      ({ batch, targetSlots } = givenTexts(spec));
    });

    async function resident(rates: TrainingRates, parts: { mlmHead: boolean; classes: number }) {
      const { frozenLayers } = rates;
      const store = createTrainable(spec, { ...parts, frozenLayers }, values, 7);
      const parameters = await residentParameters(runtime, store);
      const masks = createDropoutMasks(SEED, rates);
      const arrays = parameters.arrays(masks);
      const read = () => heldGradients(parameters);
      return { store, parameters, masks, arrays, read };
    }
    const sizes = () => ({ R: batch.rows, S: batch.slots, B: labels.length });

    it("add the gradients of both tasks, each in a pass of its own, with dropout", async () => {
      // A mean over all slots makes the graph of both tasks mask all slots of the last layer, where that of masked tokens alone masks the selected ones.
      const body = spec.pooling === "mean" ? 0 : 0.1;
      const rates = { dropout: body, attentionDropout: 2 * body, classifierDropout: 0.3 };
      const parts = { mlmHead: true, classes: CLASSES };
      const { store, parameters, masks, arrays, read } = await resident(rates, parts);
      const tasks = await compileMultiTaskTraining(runtime, spec, CLASSES, rates, arrays);
      masks.begin(4);
      const main = await tasks.main.accumulate(batch, labels, 0.3);
      masks.begin(5);
      const auxiliary = await tasks.auxiliary.accumulate(batch, targetSlots, targetIds, 0.05);
      const { firstSlots } = batch;
      const texts = { ...batchFeeds(batch), labels, firstSlots };
      const exactMain = exactPass(
        classificationTask(spec, CLASSES, rates),
        store,
        texts,
        { main: 0.3 },
        sizes(),
        4,
      );
      const exactAuxiliary = exactPass(
        maskedTokenTask(spec, rates),
        store,
        { ...batchFeeds(batch), targetSlots, targetIds },
        { auxiliary: 0.05 },
        { ...sizes(), K: targetIds.length },
        5,
      );
      expectLoss(main, exactMain.lossSum("main"));
      expectLoss(auxiliary, exactAuxiliary.lossSum("auxiliary"));
      expectGradients(await read(), [exactMain, exactAuxiliary]);

      parameters.clear(["gradient"]);
      masks.begin(6);
      const scales = { main: 0.3, auxiliary: 0.05 };
      const both = await tasks.shared.accumulate(batch, labels, targetSlots, targetIds, scales);
      const exactBoth = exactPass(
        multiTask(spec, CLASSES, rates),
        store,
        {
          ...batchFeeds(batch),
          labels,
          targetIds,
          readSlots: Int32Array.of(...firstSlots, ...targetSlots),
          firstRows: Int32Array.of(0, 1, 2),
          targetRows: Int32Array.of(3, 4, 5, 6),
        },
        scales,
        { ...sizes(), K: targetIds.length, P: labels.length + targetIds.length },
        6,
      );
      expectLoss(both.main, exactBoth.lossSum("main"));
      expectLoss(both.auxiliary, exactBoth.lossSum("auxiliary"));
      const sums = await read();
      expectGradients(sums, [exactBoth]);

      // In every run bit by bit the same: rows of one word are added in a fixed order.
      parameters.clear(["gradient"]);
      masks.begin(6);
      await tasks.shared.accumulate(batch, labels, targetSlots, targetIds, scales);
      const again = await read();
      for (const { name: parameter } of store.parameters) {
        expect(again(parameter), parameter).toEqual(sums(parameter));
      }
      await parameters.dispose();
      await tasks.dispose();
    });

    it("leave frozen layers out, and weight the losses by label", async () => {
      const rates = { dropout: 0.1, attentionDropout: 0.1, frozenLayers: 1 };
      const parts = { mlmHead: false, classes: CLASSES };
      const { store, parameters, masks, arrays, read } = await resident(rates, parts);
      const labelWeights = Float32Array.of(0.5, 2, 1.25);
      const given = [runtime, spec, CLASSES, rates, arrays, labelWeights] as const;
      const training = await compileClassificationTraining(...given);
      masks.begin(9);
      const sums = await training.accumulate(batch, labels, 0.3);
      const { firstSlots } = batch;
      const exact = exactPass(
        classificationTask(spec, CLASSES, rates, true),
        store,
        { ...batchFeeds(batch), labels, firstSlots, labelWeights },
        { main: 0.3 },
        sizes(),
        9,
      );
      expectLoss(sums, exact.lossSum("main"));
      expectGradients(await read(), [exact]);
      await parameters.dispose();
      await training.dispose();
    });

    it("clip and update as the kernels do, and change nothing where a norm is not finite", async () => {
      const random = randomStream(3, "optimizer");
      const stores = [createParameterStore(few), createParameterStore(few)];
      for (const { name: parameter } of few) {
        const first = stores[0].weight(parameter);
        first.forEach((_, i) => {
          first[i] = random.normal();
        });
        stores[1].weight(parameter).set(first);
      }
      const host = hostParameters(stores[0]);
      const held = await residentParameters(runtime, stores[1]);
      const { device } = held.arrays(noMasks);
      const give = async (parameter: Parameter, data: Float32Array) => {
        stores[0].gradient(parameter.name).set(data);
        const { name: key, shape } = parameter;
        device?.replaceGradient(key, await runtime.hold({ type: "float32", shape, data }));
      };
      for (let step = 1; step <= 4; step++) {
        for (const parameter of few) {
          // One has no gradient at first.
          if (step === 1 && parameter.name === "body.bias") continue;
          const count = elementCount(parameter);
          await give(
            parameter,
            Float32Array.from({ length: count }, () => random.normal()),
          );
        }
        const groups = groupsAt(0.1 / step);
        const norms = await held.update(groups, step);
        for (const [clip, norm] of await host.update(groups, step)) {
          expect(Math.abs((norms.get(clip) ?? 0) / norm - 1)).toBeLessThan(limits.norm);
        }
      }
      expect(await held.download()).toBe(stores[1]);
      expectSlots(stores[1], stores[0], ["weight", "first", "second"], 1e-5);

      const before = new Map(few.map(({ name: key }) => [key, stores[1].weight(key).slice()]));
      await give(few[2], Float32Array.of(1, Number.NaN));
      const error = await failure(held.update(groupsAt(0.1), 5));
      expect(error).toMatchObject({ code: "training-diverged" });
      expect(error.message).toContain('clip group "rest", got NaN, first in "head" at update 5');
      await held.download();
      for (const [key, weight] of before) expect(stores[1].weight(key)).toEqual(weight);
      await held.dispose();
    });

    it("compare the gradients of tasks with that of dev", async () => {
      const random = randomStream(4, "tasks");
      const options = { extraSlots: metaSlots };
      const stores = [createParameterStore(few, options), createParameterStore(few, options)];
      const held = await residentParameters(runtime, stores[1]);
      const give = async (slot: string) => {
        const { device } = held.arrays(noMasks, () => slot);
        for (const parameter of few) {
          const { name: key, shape } = parameter;
          const count = elementCount(parameter);
          const data = Float32Array.from({ length: count }, () => random.normal());
          stores[0].view(slot, key).set(data);
          device?.replaceGradient(key, await runtime.hold({ type: "float32", shape, data }));
        }
      };
      const [exact, found] = [bodyGradients(stores[0]), held.bodyGradients()];
      for (const slot of ["gradient", "dev", "task"]) await give(slot);
      const devNorm = await exact.devNorm();
      expect(await found.devNorm()).toBeCloseTo(devNorm, 5);
      expect(await found.takeTask(devNorm)).toBeCloseTo(await exact.takeTask(devNorm), 6);
      // The task's gradient is now in the sum, and cleared.
      expect(await found.takeTask(devNorm)).toBe(0);
      const sums = await heldGradients(held);
      for (const { name: key } of few) stores[1].gradient(key).set(sums(key));
      expectSlots(stores[1], stores[0], ["gradient"], 1e-6);
      found.clearDev();
      expect(await found.devNorm()).toBe(0);
      await held.dispose();
    });
  });
}

/** A matrix and a vector of the body, and the head that is trained at another rate. */
const few: readonly Parameter[] = [
  { name: "body", shape: [5, 7], part: "body", decay: true, initial: "zeros" },
  { name: "body.bias", shape: [7], part: "body", decay: false, initial: "zeros" },
  { name: "head", shape: [2], part: "classification-head", decay: true, initial: "zeros" },
];

const noMasks = createDropoutMasks(0, { dropout: 0, attentionDropout: 0 });

function groupsAt(learningRate: number): OptimizerGroup[] {
  return [
    { parts: ["body"], learningRate, weightDecay: 0.1, clip: { name: "clipped", maxNorm: 0.5 } },
    {
      parts: ["classification-head"],
      learningRate: 2 * learningRate,
      weightDecay: 0,
      clip: { name: "rest", maxNorm: Number.POSITIVE_INFINITY },
    },
  ];
}

function expectSlots(
  actual: ParameterStore,
  expected: ParameterStore,
  slots: readonly string[],
  limit: number,
): void {
  for (const slot of slots) {
    for (const { name } of few) {
      const wanted = expected.view(slot, name);
      const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      actual.view(slot, name).forEach((value, i) => {
        expect(Math.abs(value - wanted[i]), `${slot} of ${name}`).toBeLessThan(limit * largest);
      });
    }
  }
}
