/** The micro-batches of each optimizer step: texts of the main task, masked texts of the auxiliary one. */

import { type Random, randomStream } from "../../base/random.js";
import { epochOrder, optimizerSteps } from "../../method/batch/order.js";
import { packOptions, packTexts, slotsOf, withFrozenStates } from "../../method/batch/pack.js";
import { type MaskedText, maskTokens } from "../../method/masking/corrupt.js";
import type { Selection } from "../../method/masking/select.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { AuxiliaryBatch, MainBatch, MicroBatch } from "../../method/train/step.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";
import type { FrozenStates } from "./frozen-states.js";

export interface BatchSettings {
  readonly batchSize: number;
  readonly gradientAccumulationSteps: number;
  readonly seed: number;
  /** Both tasks read the same masked texts, in the order of the main task; not with unlabelled texts. */
  readonly sharedPass?: boolean;
  /** `unlabeled`: the auxiliary task leaves the labelled texts out; `all` where absent. */
  readonly auxiliaryTexts?: "all" | "unlabeled";
}

export interface MaskingOptions {
  readonly selection: Selection;
  readonly maskReplaceProb: number;
  readonly randomReplaceProb: number;
}

/** Optimizer steps in one epoch. */
export function stepsPerEpoch(texts: number, settings: BatchSettings): number {
  return Math.ceil(texts / (settings.batchSize * settings.gradientAccumulationSteps));
}

/** What the tasks draw their texts from. */
export interface TaskTexts {
  readonly encodings: readonly Encoding[];
  readonly labelIds: Int32Array;
  /** The line of each text in its file, from 1, for errors; without it texts are counted. */
  readonly lines?: readonly number[];
  /** The texts as the auxiliary task reads them; `encodings` where absent. */
  readonly masked?: readonly Encoding[];
  /** Unlabelled texts, for the auxiliary task alone. */
  readonly unlabelled?: readonly Encoding[];
  /** Mask probabilities of each text, then of each unlabelled one; absent when there is no auxiliary task. */
  readonly probabilities?: readonly MaskProbabilities[];
  /** Of each text, where the main task starts from the output of frozen layers. */
  readonly frozenStates?: FrozenStates | undefined;
}

/** What the main task trains on: a text in windows is as many rows, each with its label. */
export function mainRows<Texts extends Pick<TaskTexts, "encodings" | "labelIds" | "lines">>(
  texts: Texts,
): Texts {
  const { encodings, labelIds, lines } = texts;
  const ofText = encodings.flatMap((encoding, text) => windowsOf(encoding).map(() => text));
  if (ofText.length === encodings.length) return texts;
  return {
    ...texts,
    encodings: encodings.flatMap(windowsOf),
    labelIds: Int32Array.from(ofText, (text) => labelIds[text]),
    ...(lines && { lines: ofText.map((text) => lines[text]) }),
  };
}

/**
 * A function from the optimizer step (from 1) to its epoch (from 1) and micro-batches.
 *
 * An epoch is one pass of the main task over its texts. The auxiliary task goes through labelled and unlabelled texts
 * together, or the latter alone, in an order of its own, as many per micro-batch as the main task: one round per epoch without
 * unlabelled texts, one round in three epochs with three times as many texts. The next round begins where the
 * last one ends, even within a micro-batch. Order and masks are drawn afresh in every round.
 * The result depends on seed, step and mask probabilities alone; those of the texts where the call names no others.
 */
export function taskBatches(
  texts: TaskTexts,
  settings: BatchSettings,
  masking: MaskingOptions,
  spec: ModelSpec,
  tokenizer: Tokenizer,
): (
  step: number,
  probabilities?: readonly MaskProbabilities[],
) => { epoch: number; microBatches: MicroBatch[] } {
  const { batchSize, gradientAccumulationSteps: accumulationSteps } = settings;
  const count = texts.encodings.length;
  const perEpoch = stepsPerEpoch(count, settings);
  const auxiliaryTexts = [...(texts.masked ?? texts.encodings), ...(texts.unlabelled ?? [])];
  const mainOrder = taskOrder(count, settings.seed, "main");
  // Labelled texts that are left out keep their numbers.
  const leftOut = settings.auxiliaryTexts === "unlabeled" ? count : 0;
  const read = auxiliaryTexts.length - leftOut;
  const rounds = roundsOf(read, taskOrder(read, settings.seed, "auxiliary"));
  const textsFrom = (start: number, size: number) =>
    rounds(start, size).map(({ round, text }) => ({ round, text: leftOut + text }));

  return (step, probabilities = texts.probabilities) => {
    const epoch = Math.floor((step - 1) / perEpoch);
    const index = (step - 1) % perEpoch;
    let start = epoch * count + index * batchSize * accumulationSteps;
    const portions = optimizerSteps(mainOrder(epoch), { batchSize, accumulationSteps })[index];
    const microBatches = portions.map((portion): MicroBatch => {
      if (settings.sharedPass && probabilities !== undefined) {
        const masked = Array.from(portion, (text) => ({
          encoding: texts.encodings[text],
          probabilities: probabilities[text],
          random: maskStream(settings.seed, epoch, text),
        }));
        const labels = portion.map((text) => texts.labelIds[text]);
        return {
          shared: { ...maskedBatch(masked, masking, spec, tokenizer), labels },
          texts: `both tasks: ${textNames(Array.from(portion), texts)}`,
        };
      }
      const main = mainBatch(texts, portion, spec);
      const ofMain = `main task: ${textNames(Array.from(portion), texts)}`;
      if (probabilities === undefined) return { main, texts: ofMain };
      const chosen = textsFrom(start, portion.length);
      start += portion.length;
      const masked = chosen.map(
        ({ round, text }): TextToMask => ({
          encoding: auxiliaryTexts[text],
          probabilities: probabilities[text],
          random: maskStream(settings.seed, round, text),
        }),
      );
      const numbers = chosen.map(({ text }) => text);
      return {
        main,
        auxiliary: maskedBatch(masked, masking, spec, tokenizer),
        texts: `${ofMain}; auxiliary task: ${textNames(numbers, texts)}`,
      };
    });
    return { epoch: epoch + 1, microBatches };
  };
}

/** `size` of `count` texts from a position (from 0) in the endless sequence of rounds, with the round (from 0) of each. */
export function roundsOf(count: number, orderOf: (round: number) => Int32Array) {
  return (start: number, size: number) =>
    Array.from({ length: size }, (_, index) => {
      const round = Math.floor((start + index) / count);
      return { round, text: orderOf(round)[(start + index) % count] };
    });
}

/** The order in which a task visits its texts, in each round (from 0). */
export function taskOrder(
  count: number,
  seed: number,
  task: "main" | "auxiliary" | "adaptation",
): (round: number) => Int32Array {
  return roundOrders(count, randomStream(seed, "order").split(task));
}

/** The order of each round (from 0) over `count` texts; the last two are kept. */
function roundOrders(count: number, random: Random): (round: number) => Int32Array {
  const known = new Map<number, Int32Array>();
  return (round) => {
    const order = known.get(round) ?? epochOrder(count, random, round);
    if (!known.has(round)) {
      for (const other of known.keys()) if (other !== round - 1) known.delete(other);
      known.set(round, order);
    }
    return order;
  };
}

/** `train lines 3, 9; unlabelled texts 2`: the lines of the file; unlabelled texts are counted from 1 as they were read. */
function textNames(
  numbers: readonly number[],
  { encodings, lines }: Pick<TaskTexts, "encodings" | "lines">,
): string {
  const labelled = numbers.filter((text) => text < encodings.length);
  const rest = numbers.filter((text) => text >= encodings.length);
  const lists = [
    [lines ? "train lines" : "train texts", labelled.map((text) => lines?.[text] ?? text + 1)],
    ["unlabelled texts", rest.map((text) => text - encodings.length + 1)],
  ] as const;
  return lists
    .flatMap(([name, list]) => (list.length === 0 ? [] : [`${name} ${list.join(", ")}`]))
    .join(", ");
}

export function mainBatch(
  { encodings, labelIds, frozenStates }: Pick<TaskTexts, "encodings" | "labelIds" | "frozenStates">,
  portion: Int32Array,
  spec: ModelSpec,
): MainBatch {
  const texts = Array.from(portion);
  const packed = packTexts(
    texts.map((text) => encodings[text].ids),
    packOptions(spec),
  );
  const states = frozenStates && texts.map((text) => frozenStates[text]);
  return {
    batch: states ? withFrozenStates(packed, states, spec.hiddenSize) : packed,
    labels: portion.map((text) => labelIds[text]),
  };
}

export interface TextToMask {
  readonly encoding: Encoding;
  readonly probabilities: MaskProbabilities;
  readonly random: Random;
}

/** The stream that the masks of a text are drawn from in a round (from 0) of the auxiliary task. */
export function maskStream(seed: number, round: number, text: number): Random {
  return randomStream(seed, "mask").split(round, text);
}

/** A text with some of its tokens selected and replaced. */
export function maskedText(
  { encoding, probabilities, random }: TextToMask,
  masking: MaskingOptions,
  tokenizer: Tokenizer,
): MaskedText {
  return maskTokens(encoding, probabilities, {
    random,
    maskId: tokenizer.special.mask,
    vocabularySize: tokenizer.vocabularySize,
    specialIds: tokenizer.specialIds,
    maskReplaceProbability: masking.maskReplaceProb,
    randomReplaceProbability: masking.randomReplaceProb,
    selection: masking.selection,
  });
}

/** Texts masked, packed, and their selected tokens as flat slots. */
export function maskedBatch(
  texts: readonly TextToMask[],
  masking: MaskingOptions,
  spec: ModelSpec,
  tokenizer: Tokenizer,
): AuxiliaryBatch {
  const masked = texts.map((text) => maskedText(text, masking, tokenizer));
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
