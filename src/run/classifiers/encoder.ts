/** A fine-tuned encoder in memory. */

import { compileClassification } from "../../method/program/inference.js";
import type { ParameterValues } from "../../model/parameters.js";
import type { LongTextPart } from "../../text/long-texts.js";
import {
  trainedReading,
  trainedTemperature,
  trainedThresholds,
} from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import type { ClassifierSettings } from "../settings/schemas.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import { type ClassifierReading, classifierReading, weightsOf } from "../sources/model-facts.js";
import { encoderReader } from "./encoder-reader.js";
import { classifierOf, type OpenClassifier } from "./open-classifier.js";

/** A trained classifier as its folder has it. */
export type LoadedClassifier = LoadedModel &
  ClassifierReading & { readonly values: ParameterValues };

/**
 * Loads a classifier with its tokenizer. `asked` replaces the longest text that it was trained with, `longTexts` what it keeps of longer ones. Throws
 * `checkpoint-tensor` if the folder holds no classification head, `checkpoint-config` if it answers with
 * numbers, and what loading throws.
 */
export async function loadClassifier(
  name: string,
  asked: number | undefined,
  host: Host,
  longTexts?: LongTextPart,
): Promise<LoadedClassifier> {
  const model = await loadModel(name, host, "classifier");
  const reading = classifierReading(model, trainedReading(model.folder), {
    maxLength: asked,
    ...(longTexts && { longTexts }),
  });
  return { ...model, ...reading, values: await model.weights() };
}

/**
 * Opens a fine-tuned encoder. Throws what `loadClassifier` throws. A stop on request throws `interrupted` between batches.
 */
export async function openEncoder(
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { spec, values, tokenizer, folder, labels, task, maxLength } = await loadClassifier(
    settings.model,
    settings.maxLength,
    host,
    settings.longTexts,
  );
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const thresholds = trainedThresholds(folder, labels, task, temperature);
  const runtime = await host.runtime(settings);
  const program = await compileClassification(
    runtime,
    spec,
    labels.length,
    { fixed: weightsOf(values) },
    settings.precision,
  );

  const reading = { spec, tokenizer, maxLength };
  const read = encoderReader(program, reading, settings.evalTokens, temperature);
  return classifierOf(
    { folder, labels, task, thresholds, hasTokens: true, read, dispose: program.dispose },
    host,
  );
}
