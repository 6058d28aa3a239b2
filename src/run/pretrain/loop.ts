/** The training loop of pretraining: masked-token steps over windows of the text, evaluations, saved models and states. */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import {
  compileTokenLikelihood,
  type TokenLikelihoodProgram,
} from "../../method/program/inference.js";
import {
  compileMaskedTokenTraining,
  type MaskedTokenTraining,
} from "../../method/program/training.js";
import { createDropoutMasks, type DropoutMasks } from "../../method/train/dropout-masks.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { trainedParameters } from "../../method/train/resident-parameters.js";
import { learningRateFactor } from "../../method/train/schedule.js";
import { fixedTaskWeights } from "../../method/train/task-weights.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import { type BestEvaluation, type TrainingPlan, train } from "../../method/train/trainer.js";
import { saveCheckpoint } from "../../model/checkpoint/save.js";
import type { ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { exists } from "../../platform/files/files.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import type { Tokenizer } from "../../text/encoding.js";
import { createTrainable, optimizerGroups, storedValues } from "../fine-tune/trainable.js";
import type { Journal } from "../folder/journal.js";
import { withSavedStep } from "../folder/lost-device.js";
import type { RunState, SavedStates } from "../folder/saved-state.js";
import { runWatch } from "../folder/tracking.js";
import { isAllFinite } from "../folder/training-state.js";
import type { Host } from "../host/host.js";
import type { PretrainSettings } from "../settings/schemas.js";
import { longestRow } from "../sources/model-facts.js";
import type { WindowMasking } from "./masked-windows.js";
import type { PretrainingTexts } from "./starting-point.js";
import { measureValidation } from "./validation.js";
import { windowsBatches } from "./window-batches.js";

const PARTS = { mlmHead: true, classes: 0 };

/** A masked language model under training. */
export interface Pretraining {
  readonly parameters: TrainedParameters;
  readonly auxiliary: MaskedTokenTraining;
  readonly dropout: DropoutMasks;
  /** The model with the present weights. */
  readonly scorer: TokenLikelihoodProgram;
  dispose(): Promise<void>;
}

/** A store with the weights of a model; those that it lacks get random ones. */
export function pretrainingStore(spec: ModelSpec, values: ParameterValues, seed: number) {
  return createTrainable(spec, PARTS, values, seed);
}

/** Compiles the programs of training and measuring over the weights of a store. */
export async function compilePretraining(
  spec: ModelSpec,
  store: ParameterStore,
  settings: PretrainSettings,
  runtime: Runtime,
): Promise<Pretraining> {
  const rates = { dropout: settings.dropout, attentionDropout: settings.dropout };
  const dropout = createDropoutMasks(settings.seed, rates);
  const parameters = await trainedParameters(runtime, store);
  const arrays = parameters.arrays(dropout);
  const training = await compileMaskedTokenTraining(runtime, spec, rates, arrays);
  const { dispose, ...auxiliary } = training;
  const scorer = await compileTokenLikelihood(runtime, spec, parameters.weights);
  return {
    parameters,
    auxiliary,
    dropout,
    scorer,
    async dispose() {
      await parameters.dispose();
      await dispose();
      await scorer.dispose();
    },
  };
}

/** Where the run keeps what it has, and where this part of it starts. */
export interface PretrainingPlace {
  readonly modelFolder: string;
  readonly journal: Journal;
  readonly states: SavedStates;
  readonly saved: RunState | undefined;
}

/** What has been done in all parts of the run. */
export interface Pretrained {
  readonly steps: number;
  /** Real tokens through the encoder. */
  readonly tokens: number;
}

/**
 * Trains until the steps are done; the last weights are the ones that count. Throws `interrupted` after a stop on request, with
 * the state saved, and what `train` throws.
 */
export async function runPretraining(
  { parameters, auxiliary, dropout, scorer }: Pretraining,
  { stream, validation }: PretrainingTexts,
  masking: WindowMasking,
  { modelFolder, journal, states, saved }: PretrainingPlace,
  settings: PretrainSettings,
  trackers: Trackers,
  host: Host,
): Promise<Pretrained> {
  const { maxSteps: totalSteps, gradientAccumulationSteps } = settings;
  const start: RunState = saved ?? { step: 0, tokens: 0 };
  const schedule = {
    kind: settings.lrSchedulerType,
    warmupSteps: Math.ceil(settings.warmupRatio * totalSteps),
    totalSteps,
  };
  let { tokens } = start;
  let best: BestEvaluation | undefined = start.best;
  /** By this part of the run: the model of an earlier one may have been changed since. */
  let savedStep: number | undefined;
  const save = async (step: number) => {
    const store = await parameters.download();
    // The state last: a kill before it leaves a newer model, which the steps that are done again replace by the same.
    await saveModel(modelFolder, masking.spec, store, masking.tokenizer, settings);
    journal.flush();
    await states.save(store, { step, tokens, best });
    savedStep = step;
  };
  const tellSaved = (error: unknown): never => {
    throw withSavedStep(error, savedStep ?? start.step);
  };
  const evaluation: TrainingPlan["evaluation"] = validation && {
    isDueAfter: (step) => step % settings.evalSteps === 0,
    async evaluate() {
      const { loss, accuracy } = await measureValidation("sample", scorer, validation, masking);
      return { event: { split: "validation-text", loss, measures: { accuracy } }, metric: -loss };
    },
    async keepBest(evaluated) {
      best = evaluated;
    },
    patience: Number.POSITIVE_INFINITY,
  };
  const watch = runWatch("pretraining", journal, trackers, host, (count) => {
    tokens += count;
  });
  const { steps, reason } = await train(
    { parameters, auxiliary, dropout },
    {
      doneSteps: start.step,
      best: start.best,
      totalSteps,
      gradientAccumulationSteps,
      taskWeights: fixedTaskWeights({ main: false, auxiliary: true }),
      batches: (step) => ({
        epoch: 1,
        microBatches: windowsBatches(stream, step, settings, masking),
      }),
      groups: (step) => optimizerGroups(settings, PARTS, learningRateFactor(step - 1, schedule)),
      ...(evaluation && { evaluation }),
      async afterStep(step) {
        if (step % settings.saveSteps === 0) await save(step);
      },
      async onDivergence(step) {
        if (step === 0 || step === savedStep) return;
        if (isAllFinite(await parameters.download())) await save(step);
      },
    },
    watch,
  ).catch(tellSaved);
  if (savedStep !== steps) await save(steps).catch(tellSaved);
  if (reason === "interrupted") {
    throw new L3MaskingError("interrupted", `pretraining was stopped after step ${steps}`, {
      hint: "The state is saved; run the same command with --resume to continue.",
    });
  }
  return { steps, tokens };
}

async function saveModel(
  folder: string,
  spec: ModelSpec,
  store: ParameterStore,
  tokenizer: Tokenizer,
  settings: PretrainSettings,
): Promise<void> {
  await saveCheckpoint(folder, {
    spec,
    values: storedValues(store),
    kind: "masked-lm",
    tokenizerFiles: tokenizer.files(longestRow(spec)),
    dtype: settings.dtype === "float16" ? "F16" : "F32",
    replace: exists(folder),
  });
}
