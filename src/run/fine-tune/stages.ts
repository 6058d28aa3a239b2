/** The training loop of a run: both tasks together, then, if requested, a second stage of classification alone. */
import { L3MaskingError } from "../../base/errors.js";
import {
  type StoppingState,
  type TrainingOutcome,
  type TrainingPlan,
  type TrainingWatch,
  train,
} from "../../method/train/trainer.js";
import type { SplitMetrics } from "../../results/records/measures.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { FirstStage, RunState } from "../folder/saved-state.js";
import type { TrainingState } from "../folder/training-state.js";
import { type DevEvaluation, evaluationPlan } from "./dev-evaluation.js";
import { type EpochMasks, maskedBatches } from "./epoch-masks.js";
import { firstStagePlan } from "./first-stage.js";
import type { FineTuneSettings } from "./recipe.js";
import { runSecondStage } from "./second-stage.js";
import { mainRows, stepsPerEpoch, type TaskTexts, taskBatches } from "./task-batches.js";
import type { Training, TrainingSplits } from "./training.js";

/** What the auxiliary task reads in addition to the training texts; nothing where there is no such task. */
export interface AuxiliaryInputs {
  /** The training texts as it reads them. */
  readonly masked: readonly Encoding[];
  readonly unlabelled: readonly Encoding[] | undefined;
  /** Of each training text, then of each unlabelled one, in an epoch; absent where there is no such task. */
  readonly masks: EpochMasks | undefined;
}

/** Where the best weights and the state of the run are kept. */
export interface Keeping {
  readonly modelFolder: string;
  readonly dev: DevEvaluation;
  readonly state: TrainingState;
  /** Where this part of the run starts. */
  readonly start: RunState;
}

/** How the training of a run ended. */
export interface Trained {
  readonly outcome: TrainingOutcome;
  /** Present where a second stage followed. */
  readonly firstStage: FirstStage | undefined;
  /** Of the step whose weights are kept; absent where there are no dev texts. */
  readonly bestDev: SplitMetrics | undefined;
  /** Digest of those weights. */
  readonly bestWeights: string | undefined;
}

/**
 * Trains until the steps are done, dev stops improving, or the host asks to end, when no second stage follows; a resumed run does what an uninterrupted one does. Throws
 * `interrupted` after a stop on request, with the state saved, and what `train` throws.
 */
export async function runStages(
  training: Training,
  splits: TrainingSplits,
  auxiliary: AuxiliaryInputs,
  tokenizer: Tokenizer,
  { modelFolder, dev, state, start }: Keeping,
  settings: FineTuneSettings,
  watch: TrainingWatch,
): Promise<Trained> {
  const { spec, parameters, dropout, meta, parts } = training;
  const texts: TaskTexts = mainRows({
    encodings: splits.encodings.train,
    labelIds: splits.train.labelIds,
    lines: splits.train.records.map(({ line }) => line),
    frozenStates: splits.frozenStates,
  });
  const perEpoch = stepsPerEpoch(texts.encodings.length, settings);
  let { firstStage } = start;
  const known = (stopping: StoppingState) => ({
    ...stopping,
    ...dev.kept(),
    firstStage,
    meta: meta?.state(),
  });
  const saving: Pick<Required<TrainingPlan>, "afterStep" | "onDivergence"> = {
    afterStep: (step, evaluated, stopping) => {
      const due = dev.any ? evaluated : step % perEpoch === 0;
      return state.afterStep(step, due, known(stopping));
    },
    onDivergence: (step, stopping) => state.saveIfFinite(step, known(stopping)),
  };
  const stopped = { ...start, withoutBetter: start.withoutBetter ?? 0 };

  const batchesOf = taskBatches(
    {
      ...texts,
      masked: auxiliary.masked,
      ...(auxiliary.unlabelled && { unlabelled: auxiliary.unlabelled }),
    },
    settings,
    settings,
    spec,
    tokenizer,
  );
  const runFirstStage = () =>
    train(
      { ...training.tasks, parameters, dropout, ...(meta && { meta }) },
      {
        doneSteps: stopped.step,
        best: stopped.best,
        withoutBetter: stopped.withoutBetter,
        ...firstStagePlan(training, perEpoch, settings),
        batches: maskedBatches(batchesOf, auxiliary.masks, perEpoch),
        ...evaluationPlan(dev, perEpoch, settings),
        ...saving,
      },
      watch,
    );
  const goOn = (first: FirstStage) =>
    runSecondStage(
      {
        stepsBefore: first.steps,
        best: first.best,
        modelFolder,
        bestWeights: dev.kept().bestWeights,
        stepsPerEpoch: perEpoch,
        parameters,
        main: training.mainAlone(),
        dropout,
        parts,
        batches: taskBatches(texts, settings, settings, spec, tokenizer),
        dev,
        stopped: start.firstStage && stopped,
        begin: () => state.beginStage(first.steps, known({ best: first.best, withoutBetter: 0 })),
        ...saving,
      },
      settings,
      watch,
    );

  let outcome = await (firstStage === undefined ? runFirstStage() : goOn(firstStage));
  if (firstStage === undefined && settings.secondStage && !isAsked(outcome)) {
    const { bestDev } = dev.kept();
    const { steps, best } = outcome;
    firstStage = best && bestDev && { steps, best, dev: bestDev };
    if (firstStage !== undefined) outcome = await goOn(firstStage);
  }
  if (outcome.reason === "interrupted") {
    await state.save(outcome.steps, known(outcome));
    throw interrupted(outcome, modelFolder);
  }
  if (dev.keepsLast) {
    await dev.keepLast();
    outcome = { ...outcome, bestStep: outcome.steps };
  }
  const { bestDev, bestWeights } = dev.kept();
  return { outcome, firstStage, bestDev, bestWeights };
}

/** Did somebody ask for the end? */
function isAsked({ reason }: TrainingOutcome): boolean {
  return reason === "interrupted" || reason === "request";
}

/** How a stopped run ends. */
function interrupted({ steps, bestStep }: TrainingOutcome, modelFolder: string): L3MaskingError {
  const kept =
    bestStep === 0
      ? "Nothing had been evaluated yet, so no model was saved."
      : `The best model so far (step ${bestStep}) is in ${modelFolder}.`;
  return new L3MaskingError("interrupted", `training was stopped after step ${steps}`, {
    hint: `Resume with the same command and --resume. ${kept}`,
  });
}
