/** A trained classifier in memory. */

import type { ClassifierSettings } from "../../config.js";
import { L3MaskingError } from "../../errors.js";
import { classificationHeadParameters } from "../../model/parameters.js";
import { compileClassification } from "../../program/inference.js";
import { trainedMaxLength, trainedTemperature } from "../fine-tune/training-arguments.js";
import type { Host, Prediction } from "../host.js";
import { encodeOnce } from "../inputs/labelled-texts.js";
import { alteredNotice } from "../inputs/text-counts.js";
import {
  checkedMaxLength,
  type LoadedModel,
  loadModel,
  longestRow,
  weightsOf,
} from "../inputs/vanilla.js";
import { classifyEncodings, predictionsOf } from "./classify.js";

export interface OpenClassifier {
  /** Label names by id. */
  readonly labels: readonly string[];
  /** Logits [N, C] of N texts, row-major, divided by the temperature where that is asked for. */
  logits(texts: readonly string[], task: "predicting" | "evaluating"): Promise<Float32Array>;
  predict(texts: readonly string[]): Promise<Prediction[]>;
  dispose(): Promise<void>;
}

/** Longest text for classifiers that do not say what they were trained with. */
const USUAL_MAX_LENGTH = 512;

/** A trained classifier as its folder has it. */
export interface LoadedClassifier extends LoadedModel {
  /** Label names by id. */
  readonly labels: readonly string[];
  /** Longest text it was trained with, special tokens included. */
  readonly maxLength: number;
}

/**
 * Loads a classifier with its tokenizer. `asked` replaces the longest text that it was trained with. Throws
 * `checkpoint-tensor` if the folder holds no classification head, and what loading throws.
 */
export async function loadClassifier(
  name: string,
  asked: number | undefined,
  host: Host,
): Promise<LoadedClassifier> {
  const model = await loadModel(name, host, "classifier");
  const { spec, values, folder } = model;
  const { labels } = spec;
  const hasHead = (classes: number) =>
    classificationHeadParameters(spec, classes).every((parameter) => values.has(parameter.name));
  if (labels === undefined || !hasHead(labels.length)) {
    throw new L3MaskingError("checkpoint-tensor", `expected a text classifier in ${folder}`, {
      hint: "Give the model folder of a run, such as runs/first/model.",
    });
  }
  const usual = Math.min(USUAL_MAX_LENGTH, longestRow(spec));
  const maxLength = checkedMaxLength(asked ?? trainedMaxLength(folder) ?? usual, spec);
  return { ...model, labels, maxLength };
}

/**
 * Opens a classifier. Throws what `loadClassifier` throws. A stop on request throws `interrupted` between batches.
 */
export async function openClassifier(
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { spec, values, tokenizer, folder, labels, maxLength } = await loadClassifier(
    settings.model,
    settings.maxLength,
    host,
  );
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const runtime = await host.runtime(settings.threads);
  const program = await compileClassification(
    runtime,
    spec,
    labels.length,
    weightsOf(values),
    settings.precision,
  );

  const logits: OpenClassifier["logits"] = async (texts, task) => {
    const encodings = texts.map(encodeOnce(tokenizer, maxLength));
    const total = texts.length;
    const notice = alteredNotice(encodings, tokenizer);
    if (notice !== undefined) host.emit(notice);
    const found = await classifyEncodings(program, spec, encodings, settings.evalTokens, (done) => {
      host.emit({ type: "progress", task, done, total, unit: "texts" });
      if (host.cancelled() && done < total) throw interrupted(done, total);
    });
    return found.map((logit) => logit / temperature);
  };
  return {
    labels,
    logits,
    predict: async (texts) => predictionsOf(await logits(texts, "predicting"), labels),
    dispose: () => program.dispose(),
  };
}

function interrupted(done: number, total: number): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped after ${done} of ${total} texts`, {
    hint: "Nothing was written; start again.",
  });
}
