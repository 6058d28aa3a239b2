/** The micro-batches of each optimizer step: texts of the main task, masked texts of the auxiliary one. */
import { epochOrder, optimizerSteps } from "../batch/order.js";
import { packTexts, slotsOf } from "../batch/pack.js";
import { maskTokens } from "../masking/corrupt.js";
import type { Selection } from "../masking/select.js";
import type { MaskProbabilities } from "../masking/tokens.js";
import type { ModelSpec } from "../model/spec.js";
import { type Random, randomStream } from "../random.js";
import type { Encoding, Tokenizer } from "../text/encoding.js";
import type { AuxiliaryBatch, MainBatch, MicroBatch } from "../train/step.js";

export interface BatchSettings {
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly seed: number;
}

export interface MaskingOptions {
  readonly selection: Selection;
  readonly maskReplaceProb: number;
  readonly randomReplaceProb: number;
}

/** Optimizer steps in one pass over the texts. */
export function stepsPerEpoch(texts: number, settings: BatchSettings): number {
  return Math.ceil(texts / (settings.batchSize * settings.gradientAccumulationSteps));
}

/** What the tasks draw their texts from. */
export interface TaskTexts {
  readonly encodings: readonly Encoding[];
  readonly labelIds: Int32Array;
  /** Mask probabilities of each text; absent when there is no auxiliary task. */
  readonly probabilities?: readonly MaskProbabilities[];
}

/**
 * A function from the optimizer step (from 1) to its epoch (from 1) and micro-batches. Each task has its own order
 * of the texts and sees every text once an epoch; masks are drawn afresh in every epoch. The result
 * depends on seed and step alone.
 */
export function taskBatches(
  texts: TaskTexts,
  settings: BatchSettings,
  masking: MaskingOptions,
  spec: ModelSpec,
  tokenizer: Tokenizer,
): (step: number) => { epoch: number; microBatches: MicroBatch[] } {
  const perEpoch = stepsPerEpoch(texts.encodings.length, settings);
  const order = randomStream(settings.seed, "order");
  const masks = randomStream(settings.seed, "mask");
  const portions = (task: string) => {
    let current = { epoch: -1, steps: [] as Int32Array[][] };
    return (epoch: number) => {
      if (current.epoch !== epoch) {
        const shuffled = epochOrder(texts.encodings.length, order.split(task), epoch);
        const { batchSize, gradientAccumulationSteps: accumulationSteps } = settings;
        const steps = optimizerSteps(shuffled, { batchSize, accumulationSteps });
        current = { epoch, steps };
      }
      return current.steps;
    };
  };
  const mainPortions = portions("main");
  const auxiliaryPortions = portions("auxiliary");

  return (step) => {
    const epoch = Math.floor((step - 1) / perEpoch);
    const index = (step - 1) % perEpoch;
    const { probabilities } = texts;
    const main = mainPortions(epoch)[index].map((portion) => mainBatch(texts, portion, spec));
    if (probabilities === undefined) {
      return { epoch: epoch + 1, microBatches: main.map((batch) => ({ main: batch })) };
    }
    const microBatches = auxiliaryPortions(epoch)[index].map((portion, micro) => ({
      main: main[micro],
      auxiliary: maskedBatch(
        Array.from(portion, (text) => ({
          encoding: texts.encodings[text],
          probabilities: probabilities[text],
          random: masks.split(epoch, text),
        })),
        masking,
        spec,
        tokenizer,
      ),
    }));
    return { epoch: epoch + 1, microBatches };
  };
}

function mainBatch(texts: TaskTexts, portion: Int32Array, spec: ModelSpec): MainBatch {
  const ids = Array.from(portion, (text) => texts.encodings[text].ids);
  return {
    batch: packTexts(ids, packOptions(spec)),
    labels: portion.map((text) => texts.labelIds[text]),
  };
}

export interface TextToMask {
  readonly encoding: Encoding;
  readonly probabilities: MaskProbabilities;
  readonly random: Random;
}

/** Texts masked, packed, and their selected tokens as flat slots. */
export function maskedBatch(
  texts: readonly TextToMask[],
  masking: MaskingOptions,
  spec: ModelSpec,
  tokenizer: Tokenizer,
): AuxiliaryBatch {
  const masked = texts.map(({ encoding, probabilities, random }) =>
    maskTokens(encoding, probabilities, {
      random,
      maskId: tokenizer.special.mask,
      vocabularySize: tokenizer.vocabularySize,
      specialIds: tokenizer.specialIds,
      maskReplaceProbability: masking.maskReplaceProb,
      randomReplaceProbability: masking.randomReplaceProb,
      selection: masking.selection,
    }),
  );
  const batch = packTexts(
    masked.map(({ ids }) => ids),
    packOptions(spec),
  );
  const targets = masked.map((text) => text.targets);
  return {
    batch,
    targetSlots: slotsOf(batch, targets),
    targetIds: Int32Array.from(masked.flatMap(({ labels }) => Array.from(labels))),
  };
}

/** Rows as long as the model can read at most. */
function packOptions(spec: ModelSpec) {
  return {
    padId: spec.padId,
    firstPosition: spec.firstPosition,
    hiddenSize: spec.hiddenSize,
    maxSlots: spec.maxPositions - spec.firstPosition,
  };
}
