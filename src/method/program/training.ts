/**
 * Programs that compute a loss and add its gradient to gradient arrays: of the classification task, of the masked-LM
 * task, and of both. The gradient so far enters as an input and leaves as an output, added by the products.
 */

import type { LabelSpace } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import { compileHostTraining } from "./host-training.js";
import { batchFeeds } from "./inference.js";
import { compileResidentTraining } from "./resident-training.js";
import type { TaskSums, TrainingArrays, TrainingProgram } from "./training-arrays.js";
import {
  classificationTask,
  headTask,
  labelFeed,
  maskedTokenTask,
  multiTask,
  type TrainingDefinition,
  type TrainingRates,
  untouched,
} from "./training-graph.js";

/** What holds a session of the runtime until it is disposed of. */
export interface Compiled {
  dispose(): Promise<void>;
}

export interface ClassificationTraining {
  /** `labels` are ids of answers. Adds d(lossScale * sum over the texts of CE, times the weight of the label where there are some) to the gradients. */
  accumulate(batch: PackedBatch, labels: Int32Array, lossScale: number): Promise<TaskSums>;
}

export interface CompiledClassificationTraining extends ClassificationTraining, Compiled {
  /** The same session over other arrays, without activations of its own; it ends with this one. */
  over(arrays: TrainingArrays): ClassificationTraining;
}

/** The main task: cross entropy of the classification head, times the weights [C] of labels where they are given. */
export async function compileClassificationTraining(
  runtime: Runtime,
  spec: ModelSpec,
  space: LabelSpace,
  rates: TrainingRates,
  arrays: TrainingArrays,
  labelWeights?: Float32Array,
): Promise<CompiledClassificationTraining> {
  const task = classificationTask(spec, space, rates, labelWeights !== undefined);
  const weights = labelWeights && { labelWeights };
  const training = await compileTraining(runtime, "classification-training", task, arrays);
  const over = (other: TrainingArrays): ClassificationTraining => {
    const accumulate = training.bind(other);
    return {
      async accumulate(batch, labels, lossScale) {
        const { frozenStates, firstSlots } = batch;
        // The head alone attends to nothing.
        const isHeadAlone = rates.frozenLayers === spec.layers && spec.pooling !== "mean";
        const states = isHeadAlone && frozenStates ? { frozenStates } : batchFeeds(batch);
        const answers = labelFeed(labels, space);
        const feeds = { ...states, firstSlots, labels: answers, ...weights };
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
}

/** The classification head alone, without dropout, over features that do not change. */
export async function compileHeadTraining(
  runtime: Runtime,
  spec: ModelSpec,
  space: LabelSpace,
  arrays: Omit<TrainingArrays, "keepMask">,
): Promise<HeadTraining & Compiled> {
  const task = headTask(spec, space);
  const training = await compileTraining(runtime, "head-training", task, arrays);
  // Nothing is dropped, so no site asks for a mask.
  const accumulate = training.bind({ ...arrays, keepMask: () => new Uint8Array(0) });
  return {
    async accumulate(features, labels, lossScale) {
      const sizes = { B: labels.length };
      const feeds = { features, labels: labelFeed(labels, space) };
      return (await accumulate(feeds, { main: lossScale }, sizes))("main");
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
}

/** The auxiliary task: cross entropy of the masked-LM head at the selected tokens. */
export async function compileMaskedTokenTraining(
  runtime: Runtime,
  spec: ModelSpec,
  rates: TrainingRates,
  arrays: TrainingArrays,
): Promise<MaskedTokenTraining & Compiled> {
  const task = maskedTokenTask(spec, rates);
  const training = await compileTraining(runtime, "masked-token-training", task, arrays);
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
}

/** Each task over a pass of its own, and both over one. */
export interface MultiTaskTraining {
  readonly main: ClassificationTraining;
  readonly auxiliary: MaskedTokenTraining;
  readonly shared: SharedTraining;
}

export interface CompiledMultiTaskTraining extends MultiTaskTraining, Compiled {
  /** The same session over other arrays, without activations of its own; it ends with this one. */
  over(arrays: TrainingArrays): MultiTaskTraining;
}

/** Rows that a head reads of the hidden states that a pass reads, and what is expected there. */
interface HeadRows {
  readonly rows: Int32Array;
  readonly expected: Int32Array;
}

/** For a head whose task has no part in a pass: the runtime knows no tensors without rows, so it reads one, of weight 0. */
const noPart: HeadRows = { rows: Int32Array.of(0), expected: Int32Array.of(0) };

/**
 * Both tasks in one session: the activations of each pass lie where those of the last one lay, which two sessions
 * would keep beside each other. In the pass of one task the head of the other reads one row, with a loss scale of 0.
 * Weights of labels as in `compileClassificationTraining`.
 */
export async function compileMultiTaskTraining(
  runtime: Runtime,
  spec: ModelSpec,
  space: LabelSpace,
  rates: TrainingRates,
  arrays: TrainingArrays,
  labelWeights?: Float32Array,
): Promise<CompiledMultiTaskTraining> {
  const task = multiTask(spec, space, rates, labelWeights !== undefined);
  const weights = labelWeights && { labelWeights };
  const training = await compileTraining(runtime, "multi-task-training", task, arrays);
  // Outputs of the runtime are copied, even into arrays of the host.
  const sumsOf = (names: readonly string[]) => new Set(names.map((name) => `sum.${name}`));
  const unread = {
    main: sumsOf(untouched(task, "main")),
    auxiliary: sumsOf(untouched(task, "auxiliary")),
  };

  const over = (other: TrainingArrays): MultiTaskTraining => {
    const accumulate = training.bind(other);
    const pass = (
      batch: PackedBatch,
      readSlots: Int32Array,
      texts: HeadRows,
      selected: HeadRows,
      scales: { readonly main: number; readonly auxiliary: number },
      unread?: ReadonlySet<string>,
    ) => {
      const feeds = {
        ...batchFeeds(batch),
        ...weights,
        readSlots,
        firstRows: texts.rows,
        labels: labelFeed(texts.expected, space),
        targetRows: selected.rows,
        targetIds: selected.expected,
      };
      const [B, K, P] = [texts.rows.length, selected.rows.length, readSlots.length];
      return accumulate(feeds, scales, { R: batch.rows, S: batch.slots, B, K, P }, unread);
    };
    const main: ClassificationTraining["accumulate"] = async (batch, labels, lossScale) => {
      const texts = { rows: range(0, labels.length), expected: labels };
      const scales = { main: lossScale, auxiliary: 0 };
      return (await pass(batch, batch.firstSlots, texts, noPart, scales, unread.main))("main");
    };
    return {
      main: { accumulate: main },
      auxiliary: {
        async accumulate(batch, targetSlots, targetIds, lossScale) {
          const selected = { rows: range(0, targetIds.length), expected: targetIds };
          const scales = { main: 0, auxiliary: lossScale };
          const sums = await pass(batch, targetSlots, noPart, selected, scales, unread.auxiliary);
          return sums("auxiliary");
        },
      },
      shared: {
        async accumulate(batch, labels, targetSlots, targetIds, scales) {
          if (targetIds.length === 0) {
            const sums = await main(batch, labels, scales.main);
            return { main: sums, auxiliary: { lossSum: 0, correct: 0 } };
          }
          const readSlots = Int32Array.from([...batch.firstSlots, ...targetSlots]);
          const texts = { rows: range(0, labels.length), expected: labels };
          const selected = { rows: range(labels.length, readSlots.length), expected: targetIds };
          const sums = await pass(batch, readSlots, texts, selected, scales);
          return { main: sums("main"), auxiliary: sums("auxiliary") };
        },
      },
    };
  };
  return { ...over(arrays), over, dispose: training.dispose };
}

function range(first: number, end: number): Int32Array {
  return Int32Array.from({ length: end - first }, (_, index) => first + index);
}

/** For the arrays of the host, or those that a device holds. */
function compileTraining(
  runtime: Runtime,
  name: string,
  task: TrainingDefinition,
  { device }: Pick<TrainingArrays, "device">,
): Promise<TrainingProgram> {
  const compile = device === undefined ? compileHostTraining : compileResidentTraining;
  return compile(runtime, name, task);
}
