/**
 * Task weights learned during training (META-TARTAN): a task gains weight while its gradient points where the gradient
 * of the classification loss on dev texts points.
 *
 *     w = softmax(a),   a_k <- a_k + rate * cos(g_dev, g_k),   k in {main, auxiliary}
 *
 * g_dev is the body gradient under a fresh classification head, the dev head, which every step trains afresh on features
 * of dev texts while the body stays as it is.
 *
 * Reference: Dery et al. 2022 (TARTAN), section 4; docs/method.md, section 4. Departs from it: the texts of the dev head
 * are encoded once a step in evaluation mode, not once an iteration with dropout.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { ClassificationTraining, HeadTraining } from "../program/training.js";
import type { DropoutMasks } from "./dropout-masks.js";
import type { ParameterStore } from "./parameter-store.js";
import type { MainBatch } from "./step.js";
import {
  initialMetaState,
  type MetaState,
  metaTaskWeights,
  type TaskCosines,
  type TaskWeights,
  updatedMetaState,
} from "./task-weights.js";
import type { TrainedParameters } from "./trained-parameters.js";

/** The dev texts and first head of a step; they depend on the step alone, so that a resumed run draws the same. */
export interface DevTexts {
  /** Writes the initial weights of a step's dev head. */
  initializeHead(step: number, head: ParameterStore): void;
  headBatch(step: number): MainBatch;
  /** What the dev gradient of a step comes from, for the micro-batches from this one (from 0) on. */
  gradientBatch(step: number, microBatch: number): MainBatch;
}

export interface MetaSettings {
  /** The rate of a_main and a_auxiliary. */
  readonly metaLearningRate: number;
  /** Most AdamW steps of a dev head. */
  readonly devHeadSteps: number;
  readonly devHeadLearningRate: number;
  readonly devHeadWeightDecay: number;
  /** A dev head is trained once its loss, in nats, moves by less than this. */
  readonly devHeadTolerance: number;
}

/** What meta-learning works with. */
export interface MetaParts {
  /** The model under training, with `metaSlots`. */
  readonly parameters: TrainedParameters;
  /** The dev head: the parameters of a classification head. */
  readonly head: TrainedParameters;
  /** Hidden states of the first tokens [B, H] under the current body, in evaluation mode. */
  readonly features: (batch: MainBatch["batch"]) => Promise<Float32Array>;
  readonly headTraining: Pick<HeadTraining, "accumulate">;
  /** The classification task over `devArrays`. */
  readonly devTask: Pick<ClassificationTraining, "accumulate">;
  readonly dropout: Pick<DropoutMasks, "begin">;
  readonly texts: DevTexts;
}

export interface MetaLearning {
  /** Plain data: starting from a saved copy continues exactly as without the interruption. */
  state(): MetaState;
  taskWeights(): TaskWeights;
  /** Trains a fresh dev head on the current body. */
  beginStep(step: number): Promise<void>;
  /** Computes the dev gradient for the micro-batches from this one (from 0) on, with the dropout masks of `pass`. */
  beginPart(step: number, microBatch: number, pass: number): Promise<void>;
  /** cos(g_dev, g_k) of what a task has added since the last call; its gradient then joins the others. */
  takeTask(): Promise<number>;
  /** Moves a by the cosines of a step. */
  endStep(cosines: TaskCosines): void;
}

/**
 * Meta-learning from `start` on. `beginPart` throws `training-diverged` if the dev gradient is not finite.
 */
export function createMetaLearning(
  parts: MetaParts,
  settings: MetaSettings,
  start: MetaState = initialMetaState,
): MetaLearning {
  const { parameters, dropout, texts, devTask, head } = parts;
  const body = parameters.bodyGradients();
  let state = start;
  let devNorm = 0;
  return {
    state: () => state,
    taskWeights: () => metaTaskWeights(state),
    async beginStep(step) {
      texts.initializeHead(step, head.store);
      await head.upload();
      await trainDevHead(parts, settings, texts.headBatch(step));
    },
    async beginPart(step, microBatch, pass) {
      const { batch, labels } = texts.gradientBatch(step, microBatch);
      body.clearDev();
      dropout.begin(pass);
      await devTask.accumulate(batch, labels, 1 / labels.length);
      devNorm = await body.devNorm();
      if (!Number.isFinite(devNorm)) {
        throw new L3MaskingError(
          "training-diverged",
          `expected a finite norm of the dev gradient at step ${step}, got ${devNorm}`,
          { hint: "Lower --learning-rate or raise --warmup-ratio; what was saved before is kept." },
        );
      }
    },
    takeTask: () => body.takeTask(devNorm),
    endStep(cosines) {
      state = updatedMetaState(state, cosines, settings.metaLearningRate);
    },
  };
}

/**
 * AdamW on the mean cross entropy of the head over features that stay the same: at most `devHeadSteps` steps, ending with
 * the first whose loss differs from that of the step before by less than `devHeadTolerance`.
 */
async function trainDevHead(
  { head, headTraining, features }: MetaParts,
  settings: MetaSettings,
  { batch, labels }: MainBatch,
): Promise<void> {
  // Dev passes leave gradients in the head, and the previous head leaves its moments.
  head.clear(["gradient", "first", "second"]);
  const group = {
    parts: ["classification-head" as const],
    learningRate: settings.devHeadLearningRate,
    weightDecay: settings.devHeadWeightDecay,
    clip: { name: "dev head", maxNorm: Number.POSITIVE_INFINITY },
  };
  const encoded = await features(batch);
  let previous = Number.POSITIVE_INFINITY;
  for (let step = 1; step <= settings.devHeadSteps; step++) {
    const { lossSum } = await headTraining.accumulate(encoded, labels, 1 / labels.length);
    await head.update([group], step);
    const loss = lossSum / labels.length;
    if (Math.abs(loss - previous) < settings.devHeadTolerance) break;
    previous = loss;
  }
}
