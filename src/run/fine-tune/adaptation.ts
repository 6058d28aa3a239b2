/**
 * The adaptation of a model to texts: prediction of tokens masked at random, before anything is learned of labels.
 *
 * Reference: Gururangan et al. 2020, "Don't Stop Pretraining: Adapt Language Models to Domains and Tasks", which calls it
 * task-adaptive pretraining.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { uniformProbabilities } from "../../method/masking/probabilities.js";
import { compileMaskedTokenTraining } from "../../method/program/training.js";
import { trainingRates } from "../../method/program/training-graph.js";
import { createDropoutMasks } from "../../method/train/dropout-masks.js";
import { trainedParameters } from "../../method/train/resident-parameters.js";
import { learningRateFactor } from "../../method/train/schedule.js";
import { fixedTaskWeights } from "../../method/train/task-weights.js";
import { train } from "../../method/train/trainer.js";
import type { ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";
import { withSavedStep } from "../folder/lost-device.js";
import type { RunState, SavedStates } from "../folder/saved-state.js";
import type { Watched } from "../host/host.js";
import type { RunInputs } from "./inputs.js";
import type { EncoderSettings } from "./recipe.js";
import {
  type MaskingOptions,
  maskedBatch,
  maskStream,
  roundsOf,
  stepsPerEpoch,
  taskOrder,
} from "./task-batches.js";
import { createTrainable, optimizerGroups, storedValues } from "./trainable.js";

export interface AdaptedModel {
  /** Of encoder and masked-LM head. */
  readonly values: ParameterValues;
  /** Real tokens through the encoder. */
  readonly tokens: number;
  /** Of training, in all parts of the run. */
  readonly seconds: number;
}

/** What is adapted. */
export interface AdaptableModel {
  readonly spec: ModelSpec;
  weights(): Promise<ParameterValues>;
  readonly tokenizer: Tokenizer;
}

/** By which it is adapted. */
export type AdaptationSettings = MaskingOptions &
  Pick<
    EncoderSettings,
    | "seed"
    | "freezeLayers"
    | "mlmProbability"
    | "batchSize"
    | "gradientAccumulationSteps"
    | "accumulation"
    | "learningRate"
    | "lrSchedulerType"
    | "warmupRatio"
    | "weightDecay"
    | "maxGradNorm"
  >;

/** How far an adaptation is, and where it keeps its state. */
export interface AdaptationPlace {
  now(): number;
  readonly states?: SavedStates;
  /** Where it goes on, with its weights and moments read by `load`. */
  readonly resume?: boolean;
  onDamage?(folder: string, fault: string): void;
}

/**
 * Trains encoder and masked-LM head for `steps` optimizer steps on the masked-token loss of the texts: with the budget, batch size,
 * learning rate, warm-up and schedule of the settings, and masks drawn anew in every round. What it gives depends on texts, settings
 * and seed alone, also where it goes on from a saved state.
 *
 * Throws `interrupted` after a stop on request, with the state saved where there is a place for it, and `training-diverged`.
 */
export async function adaptToTexts(
  { spec, weights, tokenizer }: AdaptableModel,
  texts: readonly Encoding[],
  steps: number,
  settings: AdaptationSettings,
  { now, states, resume, onDamage = () => undefined }: AdaptationPlace,
  runtime: Runtime,
  watched: Watched,
): Promise<AdaptedModel> {
  const { seed, freezeLayers: frozenLayers, mlmProbability, warmupRatio } = settings;
  const parts = { mlmHead: true, classes: 0, frozenLayers };
  const store = createTrainable(spec, parts, await weights(), seed);
  const start: RunState = (resume && (await states?.load(store, onDamage))) || {
    step: 0,
    tokens: 0,
  };
  let { tokens, trainingSeconds: seconds = 0 } = start;
  if (start.step === steps) return { values: storedValues(store), tokens, seconds };

  const rows = texts.flatMap(windowsOf);
  const probabilities = rows.map((row) => uniformProbabilities(row, mlmProbability));
  const rounds = roundsOf(rows.length, taskOrder(rows.length, seed, "adaptation"));
  const { batchSize, gradientAccumulationSteps } = settings;
  const microBatch = (first: number) => {
    const chosen = rounds(first, batchSize).map(({ round, text }) => ({
      encoding: rows[text],
      probabilities: probabilities[text],
      random: maskStream(seed, round, text),
    }));
    return { auxiliary: maskedBatch(chosen, settings, spec, tokenizer) };
  };
  const schedule = {
    kind: settings.lrSchedulerType,
    warmupSteps: Math.ceil(warmupRatio * steps),
    totalSteps: steps,
  };
  const rates = trainingRates(spec, frozenLayers);
  const dropout = createDropoutMasks(seed, rates);
  const parameters = await trainedParameters(runtime, store);
  const program = await compileMaskedTokenTraining(
    runtime,
    spec,
    rates,
    parameters.arrays(dropout),
  );
  const { dispose, ...auxiliary } = program;
  const perEpoch = stepsPerEpoch(rows.length, settings);
  let begun = now();
  let savedStep = start.step;
  const save = async (step: number) => {
    if (states === undefined || step === savedStep) return;
    seconds += (now() - begun) / 1000;
    await states.save(await parameters.download(), { step, tokens, trainingSeconds: seconds });
    begun = now();
    savedStep = step;
  };
  try {
    const { reason, steps: done } = await train(
      { parameters, auxiliary, dropout },
      {
        doneSteps: start.step,
        totalSteps: steps,
        gradientAccumulationSteps,
        accumulation: settings.accumulation,
        taskWeights: fixedTaskWeights({ main: false, auxiliary: true }),
        batches(step) {
          const first = (step - 1) * batchSize * gradientAccumulationSteps;
          const numbers = Array.from({ length: gradientAccumulationSteps }, (_, index) => index);
          const microBatches = numbers.map((index) => microBatch(first + index * batchSize));
          return { epoch: Math.floor((step - 1) / perEpoch) + 1, microBatches };
        },
        groups: (step) => optimizerGroups(settings, parts, learningRateFactor(step - 1, schedule)),
        afterStep: (step) => (step % perEpoch === 0 ? save(step) : Promise.resolve()),
      },
      {
        emit(event) {
          if (event.type === "step") tokens += event.tokens;
        },
        progress: (count, total, detail) =>
          watched.emit({
            type: "progress",
            task: "adapting",
            ...{ done: count, total, unit: "steps", detail },
          }),
        cancelled: watched.cancelled,
      },
    );
    await save(done);
    if (reason === "interrupted") throw stopped(done);
    seconds += (now() - begun) / 1000;
    await parameters.download(["weight"]);
    return { values: storedValues(store), tokens, seconds };
  } catch (error) {
    throw withSavedStep(error, savedStep);
  } finally {
    await parameters.dispose();
    await dispose();
  }
}

/** The texts that a run adapts to: those to train on, and the unlabelled ones, or the latter alone. */
export function adaptationTexts(
  { unlabelled, settings }: Pick<RunInputs, "unlabelled" | "settings">,
  labelled: readonly Encoding[],
): readonly Encoding[] {
  const further = unlabelled?.encodings ?? [];
  return settings.auxiliaryTexts === "unlabeled" ? further : [...labelled, ...further];
}

function stopped(step: number): L3MaskingError {
  return new L3MaskingError(
    "interrupted",
    `adaptation to the texts was stopped after step ${step}`,
    {
      hint: "Resume with the same command and --resume.",
    },
  );
}
