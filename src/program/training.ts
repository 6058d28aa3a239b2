/**
 * Programs that compute a loss and add its gradient to gradient arrays: the classification task, the masked-LM task,
 * and both over one pass. The first two run by themselves, so that the activations of one are free before the other
 * begins; the gradient so far enters as an input and leaves as an output, added by the products.
 */
import type { PackedBatch } from "../batch/packed.js";
import { createBuilder } from "../graph/builder.js";
import { bindSize, type Shape } from "../graph/shape.js";
import type { ModelSpec } from "../model/spec.js";
import type { Runtime } from "../runtime/runtime.js";
import { compileProgram, type Feeds, floatOutput, scalarOutput } from "./compile.js";
import { batchFeeds, type Weights, weightFeeds } from "./inference.js";
import {
  classificationTask,
  headTask,
  maskedTokenTask,
  sharedTask,
  type TrainingDefinition,
  type TrainingRates,
  trainingGraph,
} from "./training-graph.js";

/** Fills the keep mask of a dropout site for the current pass: `count` bytes of 0 or 1. */
export type KeepMask = (site: string, count: number) => Uint8Array;

/** What a training program reads and writes. */
export interface TrainingArrays {
  readonly weights: Weights;
  /** Gradient arrays by canonical name: added to, never cleared here. */
  readonly gradients: Weights;
  readonly keepMask: KeepMask;
}

/** Of one pass of a task, with dropout. */
export interface TaskSums {
  /** Sum of the losses of its texts or selected tokens, in nats. */
  readonly lossSum: number;
  /** How many of them the model had right. */
  readonly correct: number;
}

export interface ClassificationTraining {
  /** Adds d(lossScale * sum over the texts of CE, times the weight of the label where there are some) to the gradients. */
  accumulate(batch: PackedBatch, labels: Int32Array, lossScale: number): Promise<TaskSums>;
  dispose(): Promise<void>;
}

export interface CompiledClassificationTraining extends ClassificationTraining {
  /** The same session over other arrays, without activations of its own; it ends with this one. */
  over(arrays: TrainingArrays): Pick<ClassificationTraining, "accumulate">;
}

/** The main task: cross entropy of the classification head, times the weights [C] of labels where they are given. */
export async function compileClassificationTraining(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  rates: TrainingRates,
  arrays: TrainingArrays,
  labelWeights?: Float32Array,
): Promise<CompiledClassificationTraining> {
  const task = classificationTask(spec, classes, rates, labelWeights !== undefined);
  const weights = labelWeights && { labelWeights };
  const training = await compileTraining(runtime, "classification-training", task);
  const over = (other: TrainingArrays): Pick<ClassificationTraining, "accumulate"> => {
    const accumulate = training.bind(other);
    return {
      async accumulate(batch, labels, lossScale) {
        const feeds = { ...batchFeeds(batch), firstSlots: batch.firstSlots, labels, ...weights };
        const sizes = { R: batch.rows, S: batch.slots, B: labels.length };
        return (await accumulate(feeds, { main: lossScale }, sizes))("main");
      },
    };
  };
  return { ...over(arrays), over, dispose: training.dispose };
}

export interface HeadTraining {
  /**
   * Adds d(lossScale * sum of CE over the texts) to the gradients of the head. `features` are hidden states of the
   * texts' first tokens, flat [B, H].
   */
  accumulate(features: Float32Array, labels: Int32Array, lossScale: number): Promise<TaskSums>;
  dispose(): Promise<void>;
}

/** The classification head alone, without dropout, over features that do not change. */
export async function compileHeadTraining(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  arrays: Pick<TrainingArrays, "weights" | "gradients">,
): Promise<HeadTraining> {
  const training = await compileTraining(runtime, "head-training", headTask(spec, classes));
  // Nothing is dropped, so no site asks for a mask.
  const accumulate = training.bind({ ...arrays, keepMask: () => new Uint8Array(0) });
  return {
    async accumulate(features, labels, lossScale) {
      const sizes = { B: labels.length };
      return (await accumulate({ features, labels }, { main: lossScale }, sizes))("main");
    },
    dispose: training.dispose,
  };
}

export interface MaskedTokenTraining {
  /**
   * Adds d(lossScale * sum of CE over the selected tokens) to the gradients. `targetSlots` are flat slots of the
   * batch, `targetIds` their original ids.
   */
  accumulate(
    batch: PackedBatch,
    targetSlots: Int32Array,
    targetIds: Int32Array,
    lossScale: number,
  ): Promise<TaskSums>;
  dispose(): Promise<void>;
}

/** The auxiliary task: cross entropy of the masked-LM head at the selected tokens. */
export async function compileMaskedTokenTraining(
  runtime: Runtime,
  spec: ModelSpec,
  rates: TrainingRates,
  arrays: TrainingArrays,
): Promise<MaskedTokenTraining> {
  const task = maskedTokenTask(spec, rates);
  const training = await compileTraining(runtime, "masked-token-training", task);
  const accumulate = training.bind(arrays);
  return {
    async accumulate(batch, targetSlots, targetIds, lossScale) {
      const feeds = { ...batchFeeds(batch), targetSlots, targetIds };
      const sizes = { R: batch.rows, S: batch.slots, K: targetSlots.length };
      return (await accumulate(feeds, { auxiliary: lossScale }, sizes))("auxiliary");
    },
    dispose: training.dispose,
  };
}

export interface SharedTraining {
  /**
   * Adds d(main scale * sum of CE over the texts + auxiliary scale * sum of CE over the selected tokens) to the
   * gradients. The texts of the batch are masked; with nothing selected the auxiliary sums are 0.
   */
  accumulate(
    batch: PackedBatch,
    labels: Int32Array,
    targetSlots: Int32Array,
    targetIds: Int32Array,
    scales: { readonly main: number; readonly auxiliary: number },
  ): Promise<{ readonly main: TaskSums; readonly auxiliary: TaskSums }>;
  dispose(): Promise<void>;
}

/** Both tasks over one pass of the encoder: the classifier reads the masked texts too. Weights of labels as above. */
export async function compileSharedTraining(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  rates: TrainingRates,
  arrays: TrainingArrays,
  labelWeights?: Float32Array,
): Promise<SharedTraining> {
  const task = sharedTask(spec, classes, rates, labelWeights !== undefined);
  const training = await compileTraining(runtime, "shared-training", task);
  const accumulate = training.bind(arrays);
  const pass: SharedTraining["accumulate"] = async (
    batch,
    labels,
    targetSlots,
    targetIds,
    scales,
  ) => {
    const [texts, selected] = [labels.length, targetIds.length];
    const rows = Int32Array.from({ length: texts + selected }, (_, row) => row);
    const feeds = {
      ...batchFeeds(batch),
      readSlots: Int32Array.from([...batch.firstSlots, ...targetSlots]),
      firstRows: rows.subarray(0, texts),
      targetRows: rows.subarray(texts),
      labels,
      targetIds,
      ...(labelWeights && { labelWeights }),
    };
    const sizes = { R: batch.rows, S: batch.slots, B: texts, K: selected, P: texts + selected };
    const sums = await accumulate(feeds, scales, sizes);
    return { main: sums("main"), auxiliary: sums("auxiliary") };
  };
  return {
    async accumulate(batch, labels, targetSlots, targetIds, scales) {
      if (targetIds.length === 0) {
        // The runtime knows no tensors without rows: one slot stands in, of weight 0.
        const [standIn] = batch.firstSlots;
        const { main } = await pass(batch, labels, Int32Array.of(standIn), Int32Array.of(0), {
          ...scales,
          auxiliary: 0,
        });
        return { main, auxiliary: { lossSum: 0, correct: 0 } };
      }
      return pass(batch, labels, targetSlots, targetIds, scales);
    },
    dispose: training.dispose,
  };
}

async function compileTraining(runtime: Runtime, name: string, definition: TrainingDefinition) {
  const graph = trainingGraph(createBuilder(), definition);
  const { keepSites, rowUpdates, denseNames } = graph;
  const program = await compileProgram(runtime, name, () => graph.outputs);

  /** The program over arrays that stay where they are: feeds, loss scales by task and sizes remain to be given. */
  const bind = (arrays: TrainingArrays) => {
    const weights = weightFeeds(program.inputs, arrays.weights);
    // The gradient so far is read as gradient.NAME and its sum with this pass's written to the same place.
    const soFar: Record<string, Float32Array> = {};
    const sums: Record<string, Float32Array> = {};
    for (const parameter of denseNames) {
      soFar[`gradient.${parameter}`] = arrays.gradients(parameter);
      sums[`sum.${parameter}`] = arrays.gradients(parameter);
    }
    return async (
      feeds: Feeds,
      lossScales: Readonly<Record<string, number>>,
      sizes: Readonly<Record<string, number>>,
    ) => {
      const masks: Record<string, Uint8Array> = {};
      for (const [site, shape] of keepSites) {
        masks[`keep.${site}`] = arrays.keepMask(site, elements(shape, sizes));
      }
      const all: Record<string, Feeds[string]> = {
        ...weights,
        ...soFar,
        ...masks,
        ...feeds,
      };
      for (const [task, scale] of Object.entries(lossScales)) {
        all[`lossScale.${task}`] = Float32Array.of(scale);
      }
      const outputs = await program.run(all, sizes, sums);
      for (const { parameter, indices, output } of rowUpdates) {
        const at = "fixed" in indices ? indices.fixed : all[indices.input];
        addRows(arrays.gradients(parameter), at, floatOutput(outputs, output));
      }
      return (task: string): TaskSums => ({
        lossSum: scalarOutput(outputs, `lossSum.${task}`),
        correct: scalarOutput(outputs, `correct.${task}`),
      });
    };
  };
  return { bind, dispose: () => program.dispose() };
}

/** table[indices[k]] += rows[k], in order of k. */
function addRows(table: Float32Array, indices: ArrayLike<number>, rows: Float32Array): void {
  const width = rows.length / indices.length;
  for (let k = 0; k < indices.length; k++) {
    const target = indices[k] * width;
    const source = k * width;
    for (let i = 0; i < width; i++) table[target + i] += rows[source + i];
  }
}

function elements(shape: Shape, bindings: Readonly<Record<string, number>>): number {
  return shape.reduce<number>((product, size) => product * bindSize(size, bindings), 1);
}
