/**
 * One optimizer step of multi-task training, from top to bottom.
 *
 * Reference: docs/method.md, section 4; Dery et al. 2022 (TARTAN) for the weighted sum of task losses.
 */

import { L3MaskingError } from "../../base/errors.js";
import type { PackedBatch } from "../batch/pack.js";
import type {
  ClassificationTraining,
  MaskedTokenTraining,
  SharedTraining,
} from "../program/training.js";
import type { DropoutMasks } from "./dropout-masks.js";
import type { StepEvent } from "./events.js";
import type { MetaLearning } from "./meta-learning.js";
import { adamwStep, type OptimizerGroup, publishedAdamwSettings } from "./optimizer.js";
import type { ParameterStore } from "./parameter-store.js";
import type { TaskWeights } from "./task-weights.js";

/** Dropout masks of dev passes are numbered from here, clear of the two passes of each micro-batch. */
const FIRST_DEV_PASS = 2 ** 31;

/** Texts of the main task and their labels. */
export interface MainBatch {
  readonly batch: PackedBatch;
  readonly labels: Int32Array; // [B]
}

/** Masked texts of the auxiliary task. */
export interface AuxiliaryBatch {
  readonly batch: PackedBatch;
  /** Flat slots of the selected tokens. */
  readonly targetSlots: Int32Array; // [K]
  /** Their original ids. */
  readonly targetIds: Int32Array; // [K]
}

/** Masked texts that both tasks read in one pass. */
export interface SharedBatch extends AuxiliaryBatch {
  readonly labels: Int32Array; // [B]
}

/** One micro-batch: either task may be absent, or both share a pass. */
export interface MicroBatch {
  readonly main?: MainBatch;
  readonly auxiliary?: AuxiliaryBatch;
  readonly shared?: SharedBatch;
  /** Which texts these are, in words, for errors. */
  readonly texts?: string;
}

/** What a step works on. */
export interface StepState {
  readonly store: ParameterStore;
  readonly main?: ClassificationTraining;
  readonly auxiliary?: MaskedTokenTraining;
  readonly shared?: SharedTraining;
  readonly dropout: DropoutMasks;
  /**
   * Present where task weights are learned. The programs then add the body's gradients where `taskGradients` says.
   */
  readonly meta?: MetaLearning;
}

export interface StepPlan {
  /** Number of this optimizer step in the run, from 1. */
  readonly step: number;
  /** Number of this update of the optimizer's moments, from 1; `step` where absent. */
  readonly update?: number;
  /** One to `gradientAccumulationSteps` of them; fewer at the end of an epoch. */
  readonly microBatches: readonly MicroBatch[];
  readonly gradientAccumulationSteps: number;
  readonly taskWeights: TaskWeights;
  /** Optimizer groups with this step's learning rates. */
  readonly groups: readonly OptimizerGroup[];
}

/** What a step measured, as the journal keeps it; losses and cosines are means over the micro-batches. */
export type StepResult = Pick<
  StepEvent,
  "main_loss" | "auxiliary_loss" | "gradient_norms" | "cosines" | "tokens" | "masked_tokens"
>;

/**
 * With G micro-batches, gradient = sum_g [ w_main mean(CE main) + w_aux mean(CE auxiliary) ] / G, then clipped AdamW.
 * A micro-batch in which nothing was selected adds nothing to the auxiliary loss, and a cosine of 0.
 *
 * Throws `training-diverged` if a loss or a gradient norm is not finite, with step, texts and learning rates; the weights
 * are then those before the step.
 */
export async function trainingStep(state: StepState, plan: StepPlan): Promise<StepResult> {
  const { store, main, auxiliary, shared, dropout, meta } = state;
  const { step, update = step, microBatches, taskWeights, groups } = plan;
  const share = 1 / microBatches.length;
  let mainLoss: number | null = null;
  let auxiliaryLoss: number | null = null;
  let tokens = 0;
  let maskedTokens = 0;
  const cosines = { main: 0, auxiliary: 0 };
  const requireFinite = (task: string, lossSum: number, index: number) => {
    if (Number.isFinite(lossSum)) return;
    const where = `the ${task} task at step ${step}, micro-batch ${index + 1} of ${microBatches.length}`;
    const texts = circumstances([microBatches[index]], groups);
    throw diverged(`expected a finite loss, got ${lossSum} in ${where} (${texts})`);
  };

  await meta?.beginStep(step);
  for (const [index, micro] of microBatches.entries()) {
    const number = (step - 1) * plan.gradientAccumulationSteps + index;
    const pass = 2 * number;
    await meta?.beginMicroBatch(step, index, FIRST_DEV_PASS + number);
    if (main !== undefined && micro.main !== undefined) {
      const { batch, labels } = micro.main;
      dropout.begin(pass);
      const scale = (taskWeights.main * share) / labels.length;
      const { lossSum } = await main.accumulate(batch, labels, scale);
      requireFinite("main", lossSum, index);
      mainLoss = (mainLoss ?? 0) + (share * lossSum) / labels.length;
      if (meta !== undefined) cosines.main += share * meta.takeTask();
      tokens += batch.tokens;
    }
    if (auxiliary !== undefined && micro.auxiliary !== undefined) {
      const { batch, targetSlots, targetIds } = micro.auxiliary;
      if (targetIds.length === 0) continue;
      dropout.begin(pass + 1);
      const scale = (taskWeights.auxiliary * share) / targetIds.length;
      const { lossSum } = await auxiliary.accumulate(batch, targetSlots, targetIds, scale);
      requireFinite("auxiliary", lossSum, index);
      auxiliaryLoss = (auxiliaryLoss ?? 0) + (share * lossSum) / targetIds.length;
      if (meta !== undefined) cosines.auxiliary += share * meta.takeTask();
      tokens += batch.tokens;
      maskedTokens += targetIds.length;
    }
    if (shared !== undefined && micro.shared !== undefined) {
      const { batch, labels, targetSlots, targetIds } = micro.shared;
      const selected = targetIds.length;
      dropout.begin(pass);
      const sums = await shared.accumulate(batch, labels, targetSlots, targetIds, {
        main: (taskWeights.main * share) / labels.length,
        auxiliary: selected === 0 ? 0 : (taskWeights.auxiliary * share) / selected,
      });
      requireFinite("main", sums.main.lossSum, index);
      mainLoss = (mainLoss ?? 0) + (share * sums.main.lossSum) / labels.length;
      if (selected > 0) {
        requireFinite("auxiliary", sums.auxiliary.lossSum, index);
        auxiliaryLoss = (auxiliaryLoss ?? 0) + (share * sums.auxiliary.lossSum) / selected;
      }
      tokens += batch.tokens;
      maskedTokens += selected;
    }
  }
  const norms = adamwStep(store, groups, publishedAdamwSettings, update, (what) =>
    diverged(`${what} at step ${step} (${circumstances(microBatches, groups)})`),
  );
  meta?.endStep(cosines);
  return {
    main_loss: mainLoss,
    auxiliary_loss: auxiliaryLoss,
    gradient_norms: Object.fromEntries(norms),
    cosines: meta === undefined ? null : cosines,
    tokens,
    masked_tokens: maskedTokens,
  };
}

/** The texts and learning rates of a step that diverged. */
function circumstances(
  microBatches: readonly MicroBatch[],
  groups: readonly OptimizerGroup[],
): string {
  const texts = microBatches.flatMap((micro) => micro.texts ?? []);
  const rates = groups.map(
    ({ parts, learningRate }) => `${learningRate.toPrecision(3)} for ${parts.join(" and ")}`,
  );
  return [...texts, `learning rates ${rates.join(", ")}`].join("; ");
}

function diverged(message: string): L3MaskingError {
  return new L3MaskingError("training-diverged", message, {
    hint: "Lower --learning-rate or raise --warmup-ratio; what was saved before is kept.",
  });
}
