/** The second stage of a run: classification alone, from the best weights of the first. */

import { L3MaskingError } from "../../base/errors.js";
import type { ClassificationTraining } from "../../method/program/training.js";
import type { DropoutMasks } from "../../method/train/dropout-masks.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { fixedTaskWeights } from "../../method/train/task-weights.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import {
  type BestEvaluation,
  type StoppingState,
  type TrainingOutcome,
  type TrainingPlan,
  type TrainingWatch,
  train,
} from "../../method/train/trainer.js";
import { loadCheckpoint } from "../../model/checkpoint/load.js";
import { weightsDigest } from "../../model/checkpoint/save.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { DevEvaluation } from "./dev-evaluation.js";
import { optimizerGroups, type TrainableParts } from "./trainable.js";

/** Where the first stage ended, and what the second needs to continue. */
export interface SecondStage {
  readonly stepsBefore: number;
  /** The best evaluation of the first stage, whose weights `modelFolder` holds. */
  readonly best: BestEvaluation;
  readonly modelFolder: string;
  /** Their digest. */
  readonly bestWeights: string | undefined;
  readonly stepsPerEpoch: number;
  readonly parameters: TrainedParameters;
  /** Adds its gradients to the slot "gradient". */
  readonly main: ClassificationTraining;
  readonly dropout: DropoutMasks;
  readonly parts: TrainableParts;
  /** Micro-batches of the main task by step, counted on from the first stage. */
  readonly batches: TrainingPlan["batches"];
  readonly dev: Pick<DevEvaluation, "evaluate" | "keepBest">;
  /** Where the stage was stopped, if it is resumed: the parameters are then as they were after that step. */
  readonly stopped?: (StoppingState & { readonly step: number }) | undefined;
  /** Saves the state that the stage starts from, before it replaces the first stage's best weights. */
  begin(): Promise<void>;
  readonly afterStep: NonNullable<TrainingPlan["afterStep"]>;
  readonly onDivergence: NonNullable<TrainingPlan["onDivergence"]>;
}

/**
 * Trains body and classification head at a constant rate, with fresh optimizer moments, and evaluates once an epoch.
 * Only weights with a better dev metric than the first stage's best are kept. Steps, epochs and dropout masks count on
 * from the first stage, whose last epoch is left unfinished. A resumed stage does what an uninterrupted one does.
 */
export async function runSecondStage(
  stage: SecondStage,
  settings: TrainSettings,
  watch: TrainingWatch,
): Promise<TrainingOutcome> {
  const { parameters, main, dropout, stepsBefore, stepsPerEpoch, best, stopped } = stage;
  if (stopped === undefined) {
    await loadWeights(stage.modelFolder, parameters.store, stage.bestWeights);
    await parameters.upload();
    parameters.clear(["first", "second"]);
    await stage.begin();
  }
  // The next whole epoch, so that its texts get a fresh order.
  const skipped = Math.ceil(stepsBefore / stepsPerEpoch) * stepsPerEpoch - stepsBefore;
  const { secondStageLearningRate: learningRate, weightDecay, maxGradNorm } = settings;
  const groups = optimizerGroups(
    { learningRate, weightDecay, maxGradNorm },
    { ...stage.parts, mlmHead: false },
    1,
  );
  return train(
    { parameters, main, dropout },
    {
      stage: { number: 2, stepsBefore },
      doneSteps: stopped?.step ?? stepsBefore,
      best: stopped?.best ?? best,
      withoutBetter: stopped?.withoutBetter ?? 0,
      totalSteps: stepsBefore + settings.secondStageEpochs * stepsPerEpoch,
      gradientAccumulationSteps: settings.gradientAccumulationSteps,
      accumulation: settings.accumulation,
      taskWeights: fixedTaskWeights({ main: true, auxiliary: false }),
      batches: (step) => stage.batches(step + skipped),
      groups: () => groups,
      evaluation: {
        ...stage.dev,
        isDueAfter: (step) => (step - stepsBefore) % stepsPerEpoch === 0,
        patience: settings.secondStagePatience,
      },
      afterStep: stage.afterStep,
      onDivergence: stage.onDivergence,
    },
    {
      ...watch,
      progress: (done, total, detail) => watch.progress(done, total, `second stage, ${detail}`),
    },
  );
}

/**
 * Reads the weights of a saved model into the store of the run that saved it. Throws `checkpoint-format` if
 * their digest is not the one that the run recorded.
 */
export async function loadWeights(
  folder: string,
  store: ParameterStore,
  digest: string | undefined,
): Promise<void> {
  const found = await weightsDigest(folder);
  if (found !== digest) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected the weights with SHA-256 ${digest}, which this run saved in ${folder}, got ${found ?? "none"}`,
      { hint: "The file was edited or damaged: start the run again in another --output-dir." },
    );
  }
  const saved = await loadCheckpoint(folder);
  for (const [name, value] of saved.values) store.weight(name).set(value);
}
