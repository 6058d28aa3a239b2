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
import type { OptimizerGroup } from "./optimizer.js";
import type { TaskWeights } from "./task-weights.js";
import type { TrainedParameters } from "./trained-parameters.js";

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
  readonly parameters: TrainedParameters;
  readonly main?: ClassificationTraining;
  readonly auxiliary?: MaskedTokenTraining;
  readonly shared?: SharedTraining;
  readonly dropout: Pick<DropoutMasks, "begin">;
  /**
   * Present where task weights are learned. The programs then add the body's gradients where `taskGradients` says.
   */
  readonly meta?: MetaLearning;
}

/**
 * Over what the losses of a step are means: `exact`, over all its texts and all its selected tokens, however it is cut
 * into micro-batches; `published`, over those of each micro-batch, and then over the micro-batches.
 */
export type Accumulation = "exact" | "published";

export interface StepPlan {
  /** Number of this optimizer step in the run, from 1. */
  readonly step: number;
  /** Number of this update of the optimizer's moments, from 1; `step` where absent. */
  readonly update?: number;
  /** One to `gradientAccumulationSteps` of them; fewer at the end of an epoch. */
  readonly microBatches: readonly MicroBatch[];
  readonly gradientAccumulationSteps: number;
  /** `exact` where absent. */
  readonly accumulation?: Accumulation;
  readonly taskWeights: TaskWeights;
  /** Optimizer groups with this step's learning rates. */
  readonly groups: readonly OptimizerGroup[];
}

/** What a step measured, as the journal keeps it. */
export type StepResult = Pick<
  StepEvent,
  "main_loss" | "auxiliary_loss" | "gradient_norms" | "cosines" | "tokens" | "masked_tokens"
>;

/**
 * gradient = w_main mean(CE over the texts of the step) + w_aux mean(CE over its selected tokens), then clipped AdamW.
 * Learned weights compare the dev gradient with each task's gradient of the whole step; nothing selected is a cosine of 0.
 *
 * With `published` accumulation losses, gradients and cosines are means over the micro-batches of what each would be as a
 * step of its own.
 *
 * Throws `training-diverged` if a loss or a gradient norm is not finite, with step, texts and learning rates; the weights
 * are then those before the step.
 */
export async function trainingStep(state: StepState, plan: StepPlan): Promise<StepResult> {
  const { parameters, dropout, meta } = state;
  const { step, update = step, microBatches, groups, accumulation = "exact" } = plan;
  const losses = { main: runningLoss(), auxiliary: runningLoss() };
  const read = { tokens: 0, masked_tokens: 0 };
  const cosines = { main: 0, auxiliary: 0 };
  const requireFinite = (task: string, lossSum: number, index: number) => {
    if (Number.isFinite(lossSum)) return;
    const where = `the ${task} task at step ${step}, micro-batch ${index + 1} of ${microBatches.length}`;
    const texts = circumstances([microBatches[index]], groups);
    throw diverged(`expected a finite loss, got ${lossSum} in ${where} (${texts})`);
  };

  await meta?.beginStep(step);
  const numbered = [...microBatches.entries()];
  // What the losses are means over; each part has the same share in the step.
  const parts = accumulation === "exact" ? [numbered] : numbered.map((micro) => [micro]);
  for (const part of parts) {
    const share = 1 / parts.length;
    const texts = total(part, textsOf);
    const selected = total(part, selectedOf);
    const scales = {
      main: texts === 0 ? 0 : (plan.taskWeights.main * share) / texts,
      auxiliary: selected === 0 ? 0 : (plan.taskWeights.auxiliary * share) / selected,
    };
    const record = (task: "main" | "auxiliary", lossSum: number, index: number) => {
      requireFinite(task, lossSum, index);
      losses[task].add((share * lossSum) / (task === "main" ? texts : selected));
    };
    const numberOf = (index: number) => (step - 1) * plan.gradientAccumulationSteps + index;
    const [first] = part[0];
    await meta?.beginPart(step, first, FIRST_DEV_PASS + numberOf(first));
    for (const [index, { main, shared }] of part) {
      if (state.main !== undefined && main !== undefined) {
        dropout.begin(2 * numberOf(index));
        const { lossSum } = await state.main.accumulate(main.batch, main.labels, scales.main);
        record("main", lossSum, index);
        read.tokens += main.batch.tokens;
      }
      if (state.shared !== undefined && shared !== undefined) {
        const { batch, labels, targetSlots, targetIds } = shared;
        dropout.begin(2 * numberOf(index));
        const given = { ...scales, ...(targetIds.length === 0 && { auxiliary: 0 }) };
        const sums = await state.shared.accumulate(batch, labels, targetSlots, targetIds, given);
        record("main", sums.main.lossSum, index);
        if (targetIds.length > 0) record("auxiliary", sums.auxiliary.lossSum, index);
        read.tokens += batch.tokens;
        read.masked_tokens += targetIds.length;
      }
    }
    // One task after the other, as both leave their gradients in the same place for the comparison with dev.
    if (meta !== undefined && texts > 0) cosines.main += share * (await meta.takeTask());
    for (const [index, { auxiliary }] of part) {
      if (state.auxiliary === undefined || auxiliary === undefined) continue;
      const { batch, targetSlots, targetIds } = auxiliary;
      if (targetIds.length === 0) continue;
      dropout.begin(2 * numberOf(index) + 1);
      const { lossSum } = await state.auxiliary.accumulate(
        batch,
        targetSlots,
        targetIds,
        scales.auxiliary,
      );
      record("auxiliary", lossSum, index);
      read.tokens += batch.tokens;
      read.masked_tokens += targetIds.length;
    }
    if (meta !== undefined && selected > 0) cosines.auxiliary += share * (await meta.takeTask());
  }
  const norms = await parameters.update(groups, update, (what) =>
    diverged(`${what} at step ${step} (${circumstances(microBatches, groups)})`),
  );
  meta?.endStep(cosines);
  return {
    main_loss: losses.main.value(),
    auxiliary_loss: losses.auxiliary.value(),
    gradient_norms: Object.fromEntries(norms),
    cosines: meta === undefined ? null : cosines,
    ...read,
  };
}

/** A loss that is summed up; null where nothing was added. */
function runningLoss() {
  let sum: number | null = null;
  return {
    add(loss: number) {
      sum = (sum ?? 0) + loss;
    },
    value: () => sum,
  };
}

function textsOf({ main, shared }: MicroBatch): number {
  return (main ?? shared)?.labels.length ?? 0;
}

function selectedOf({ auxiliary, shared }: MicroBatch): number {
  return (auxiliary ?? shared)?.targetIds.length ?? 0;
}

function total(
  part: readonly (readonly [number, MicroBatch])[],
  count: (micro: MicroBatch) => number,
): number {
  return part.reduce((sum, [, micro]) => sum + count(micro), 0);
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
