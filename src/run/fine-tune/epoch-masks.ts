/** Mask probabilities that change while a model is trained: with the budget, and with what the model has learned. */
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { TrainingPlan } from "../../method/train/trainer.js";
import type { taskBatches } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";

export interface ChangeSettings {
  readonly mlmProbability: number;
  readonly finalMlmProbability?: number | undefined;
  readonly rescoreEpochs?: number | undefined;
}

/** What the strategy needs of each text's tokens, by the model as it is at the beginning of an epoch (from 0). */
export type Rescore = (epoch: number) => Promise<readonly ArrayLike<number>[]>;

/** The mask probabilities of an epoch (from 0) of each text; without masks nothing is masked. */
export type EpochMasks = (epoch: number) => Promise<readonly MaskProbabilities[]>;

/**
 * The budget of an epoch e (from 0) of E, on a straight line from the first to the last:
 *
 *     p_e = p + (q - p) e / (E - 1)        p the budget, q the final one
 *
 * and p throughout where no final budget is given, or one epoch is all.
 *
 * Reference: Ankner et al. 2023, "Dynamic Masking Rate Schedules for MLM Pretraining", who lower the rate linearly.
 */
export function budgetOf(
  epoch: number,
  epochs: number,
  { mlmProbability: first, finalMlmProbability: last = first }: ChangeSettings,
): number {
  return epochs <= 1
    ? first
    : first + ((last - first) * Math.min(epoch, epochs - 1)) / (epochs - 1);
}

/**
 * Mask probabilities by epoch: those that the run began with, unless the budget changes, or texts are scored again every
 * `rescoreEpochs` epochs with the model as it then is. Scores hold until they are made anew.
 */
export function epochMasks(
  masks: TextMasks,
  settings: ChangeSettings,
  epochs: number,
  rescore: Rescore,
): EpochMasks {
  const { rescoreEpochs } = settings;
  let known:
    | { readonly epoch: number; readonly probabilities: readonly MaskProbabilities[] }
    | undefined;
  let scored: { readonly epoch: number; readonly values: readonly ArrayLike<number>[] } | undefined;
  const valuesOf = async (epoch: number) => {
    const since = rescoreEpochs === undefined ? 0 : epoch - (epoch % rescoreEpochs);
    if (since === 0) return undefined;
    if (scored?.epoch !== since) scored = { epoch: since, values: await rescore(since) };
    return scored.values;
  };
  return async (epoch) => {
    if (known?.epoch === epoch) return known.probabilities;
    const values = await valuesOf(epoch);
    const budget = budgetOf(epoch, epochs, settings);
    const isFirst = values === undefined && budget === settings.mlmProbability;
    const probabilities = isFirst ? masks.probabilities : masks.again(budget, values);
    known = { epoch, probabilities };
    return probabilities;
  };
}

/** The micro-batches of a step (from 1) with the mask probabilities of its epoch. */
export function maskedBatches(
  batchesOf: ReturnType<typeof taskBatches>,
  masks: EpochMasks | undefined,
  perEpoch: number,
): TrainingPlan["batches"] {
  if (masks === undefined) return (step) => batchesOf(step);
  return async (step) => batchesOf(step, await masks(Math.floor((step - 1) / perEpoch)));
}
