/** Models and classifiers from files in memory, on a runtime that is open. */
import type { GivenText } from "../../base/pairs.js";
import { textsFor } from "../../data/task.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { Estimator } from "../../method/likelihood/estimators.js";
import { compileClassification } from "../../method/program/inference.js";
import type { StopReason } from "../../method/train/events.js";
import { type ModelToWrite, writtenFiles } from "../../model/checkpoint/written.js";
import type { Prediction } from "../../results/records/predictions.js";
import { encodeOnce } from "../../text/encode-once.js";
import { encoderReader } from "../classifiers/encoder-reader.js";
import { classifierOf, type OpenClassifier } from "../classifiers/open-classifier.js";
import { classifierToWrite } from "../folder/written-classifier.js";
import type { RunEvent, Watched } from "../host/host.js";
import { type TextScores, textScores } from "../inference/text-scores.js";
import { classifierSchema, resolveSettings, scoreTextsSchema } from "../settings/schemas.js";
import { type ClassifierReading, checkedMaxLength, weightsOf } from "../sources/model-facts.js";
import { countEncodings, requireKnownWords } from "../sources/text-counts.js";
import { type ModelFiles, readClassifier, readModel } from "./model.js";
import { scoresInMemory } from "./scoring.js";
import type { MemoryTrainSettings } from "./settings.js";
import { type MemoryTexts, trainInMemory } from "./training.js";

/** How a caller follows a call. */
export interface MemoryWatch {
  onEvent?(event: RunEvent): void;
  /** Aborting asks the call to stop at its next safe point. */
  readonly signal?: AbortSignal;
}

/** Settings of `score`; what is left out has its default there. */
export interface MemoryScoreSettings {
  readonly estimator?: Estimator;
  readonly maxLength?: number;
  readonly scoringTokens?: number;
}

/** A classifier in memory. */
export interface OpenedClassifier {
  /** The labels in id order. */
  readonly labels: readonly string[];
  /**
   * A label and all probabilities for each text, in order; a classifier of pairs takes lists of two texts. Throws `data-pair` otherwise, `texts-unknown` where more than half of the words of all texts together
   * are unknown to the tokenizer, and at least 10 came; and `interrupted` after a stop.
   */
  predict(texts: readonly GivenText[], watch?: MemoryWatch): Promise<readonly Prediction[]>;
  /** Frees what it holds of the device; it cannot be used after that. */
  dispose(): Promise<void>;
}

/** A classifier that was trained in memory. */
export interface TrainedClassifier extends OpenedClassifier {
  /** Optimizer steps that were made. */
  readonly steps: number;
  /** Of the step whose weights are kept; 0 where nothing was evaluated, and the last are. */
  readonly bestStep: number;
  /** Why training ended; "interrupted" after a stop. */
  readonly reason: StopReason;
  /** Its model folder, by file name: what `openClassifier`, `l3masking predict`, transformers and transformers.js read. */
  files(): ModelFiles;
}

/** A pretrained model in memory. */
export interface OpenedModel {
  /**
   * Token log-likelihoods (nats) of texts, in order. Throws `checkpoint-tensor` for a model without a masked-LM head, `texts-unknown`, and
   * `interrupted` after a stop.
   */
  score(
    texts: readonly string[],
    settings?: MemoryScoreSettings,
    watch?: MemoryWatch,
  ): Promise<readonly TextScores[]>;
  /**
   * Fine-tunes a classifier on texts, with the settings of `l3masking train` under their names. The model itself stays as it is. A stop
   * keeps the best weights so far.
   *
   * Throws `input-mismatch` for texts without a label each, `data-` errors for labels and texts that cannot be trained on, `texts-unknown`,
   * `training-diverged`, `invalid-setting` and `unknown-setting`, and `interrupted` for a stop before the first step.
   */
  train(
    texts: MemoryTexts,
    settings?: MemoryTrainSettings,
    watch?: MemoryWatch,
  ): Promise<TrainedClassifier>;
}

/** Reads a model. Throws what `readModel` throws. */
export async function modelOn(
  runtime: Runtime,
  files: ModelFiles,
  folder: string,
): Promise<OpenedModel> {
  const model = await readModel(files, folder);
  return {
    async score(texts, given = {}, watch = {}) {
      const watched = watchedBy(watch);
      const settings = resolveSettings(scoreTextsSchema, { ...given, texts });
      const maxLength = checkedMaxLength(settings.maxLength, model.spec);
      const { tokenizer } = model;
      const encodings = texts.map(encodeOnce(tokenizer, maxLength));
      requireKnownWords(countEncodings(encodings, tokenizer), "the texts");
      const scores = await scoresInMemory(model, encodings, settings, runtime, watched);
      return encodings.map((encoding, text) => textScores(encoding, scores[text], tokenizer));
    },
    async train(texts, settings = {}, watch = {}) {
      const watched = watchedBy(watch);
      const trained = await trainInMemory(model, texts, settings, runtime, watched);
      const { training, parts, outcome, evalTokens } = trained;
      const reading = { ...parts, spec: training.spec };
      const read = encoderReader(training.classifier, reading, evalTokens);
      return {
        ...classifierWith(read, parts, folder, training.dispose),
        steps: outcome.steps,
        bestStep: outcome.bestStep,
        reason: outcome.reason,
        files: () => filesOf(classifierToWrite(parts)),
      };
    },
  };
}

/** Reads a classifier. Throws what `readClassifier` throws. */
export async function classifierOn(
  runtime: Runtime,
  files: ModelFiles,
  folder: string,
): Promise<OpenedClassifier> {
  const classifier = await readClassifier(files, folder);
  const { spec, labels, values } = classifier;
  const weights = weightsOf(values);
  const program = await compileClassification(runtime, spec, labels.length, weights);
  const { evalTokens } = resolveSettings(classifierSchema, { model: folder });
  const read = encoderReader(program, classifier, evalTokens);
  return classifierWith(read, classifier, folder, program.dispose);
}

function classifierWith(
  read: ReturnType<typeof encoderReader>,
  {
    labels,
    task,
    thresholds,
  }: Pick<ClassifierReading, "labels" | "task"> & Partial<Pick<OpenClassifier, "thresholds">>,
  folder: string,
  dispose: () => Promise<void>,
): OpenedClassifier {
  return {
    labels,
    async predict(texts, watch = {}) {
      const kept = { folder, labels, task, thresholds, hasTokens: true, read, dispose };
      return classifierOf(kept, watchedBy(watch)).predict(textsFor(texts, task));
    },
    dispose,
  };
}

/** The files in one piece each. */
function filesOf(model: ModelToWrite): ModelFiles {
  const files = new Map<string, Uint8Array>();
  for (const [name, pieces] of writtenFiles(model)) {
    const parts = [...pieces];
    const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    files.set(name, whole);
  }
  return files;
}

function watchedBy({ onEvent, signal }: MemoryWatch): Watched {
  return {
    emit: (event) => onEvent?.(event),
    cancelled: () => signal?.aborted ?? false,
  };
}
