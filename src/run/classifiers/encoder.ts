/** A fine-tuned encoder in memory. */

import { compileClassification } from "../../method/program/inference.js";
import { encodeOnce } from "../../text/encode-once.js";
import { keepingOfLongTexts, type LongTextPart } from "../../text/long-texts.js";
import { trainedReading, trainedTemperature } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import { classifyEncodings } from "../inference/classify.js";
import type { ClassifierSettings } from "../settings/schemas.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import {
  checkedMaxLength,
  classifierLabels,
  longestRow,
  weightsOf,
} from "../sources/model-facts.js";
import { countEncodings } from "../sources/text-counts.js";
import { classifierOf, type OpenClassifier, type ReadTexts } from "./open-classifier.js";

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
 * Loads a classifier with its tokenizer. `asked` replaces the longest text that it was trained with, `longTexts` what it keeps of longer ones. Throws
 * `checkpoint-tensor` if the folder holds no classification head, `checkpoint-config` if it gives texts several labels or
 * numbers, and what loading throws.
 */
export async function loadClassifier(
  name: string,
  asked: number | undefined,
  host: Host,
  longTexts?: LongTextPart,
): Promise<LoadedClassifier> {
  const model = await loadModel(name, host, "classifier");
  const { spec, folder } = model;
  const labels = classifierLabels(model);
  const usual = Math.min(USUAL_MAX_LENGTH, longestRow(spec));
  const trained = trainedReading(folder);
  const maxLength = checkedMaxLength(asked ?? trained.maxLength ?? usual, spec);
  const tokenizer = keepingOfLongTexts(model.tokenizer, longTexts ?? trained.longTexts);
  return { ...model, tokenizer, labels, maxLength };
}

/**
 * Opens a fine-tuned encoder. Throws what `loadClassifier` throws. A stop on request throws `interrupted` between batches.
 */
export async function openEncoder(
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { spec, values, tokenizer, folder, labels, maxLength } = await loadClassifier(
    settings.model,
    settings.maxLength,
    host,
    settings.longTexts,
  );
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const runtime = await host.runtime(settings);
  const program = await compileClassification(
    runtime,
    spec,
    labels.length,
    { fixed: weightsOf(values) },
    settings.precision,
  );

  const read = (texts: readonly string[]): ReadTexts => {
    const encodings = texts.map(encodeOnce(tokenizer, maxLength));
    return {
      counts: countEncodings(encodings, tokenizer),
      async logits(onBatch) {
        const found = await classifyEncodings(
          program,
          spec,
          encodings,
          settings.evalTokens,
          onBatch,
        );
        return found.map((logit) => logit / temperature);
      },
    };
  };
  return classifierOf({ folder, labels, hasTokens: true, read, dispose: program.dispose }, host);
}
