/** A fine-tuned encoder in memory. */

import { L3MaskingError } from "../../base/errors.js";
import { compileClassification } from "../../method/program/inference.js";
import { keepingOfLongTexts, type LongTextPart } from "../../text/long-texts.js";
import { trainedReading, trainedTemperature } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import { classifyEncodings } from "../inference/classify.js";
import type { ClassifierSettings } from "../settings/schemas.js";
import { encodeOnce } from "../sources/labelled-texts.js";
import {
  checkedMaxLength,
  type LoadedModel,
  loadModel,
  longestRow,
  weightsOf,
} from "../sources/model.js";
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
  const { spec, values, folder } = model;
  const { labels } = spec;
  const hasHead = (classes: number) =>
    spec.family
      .classificationHeadParameters(spec, classes)
      .every((parameter) => values.has(parameter.name));
  if (labels === undefined || !hasHead(labels.length)) {
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected a text classifier in ${folder}, found a model without a classification head or labels`,
      {
        hint: "Pass the model folder of a run, such as runs/first/model.",
      },
    );
  }
  if (labels.length === 1) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected a classifier with a logit for each of at least two labels, got a single logit, ${JSON.stringify(labels[0])}, in ${folder}/config.json`,
      {
        hint: "A single logit is a regression, or the answer to a yes-or-no question through a sigmoid; train a classifier with two labels.",
      },
    );
  }
  if (spec.otherProblem !== undefined) {
    throw new L3MaskingError(
      "checkpoint-config",
      `expected a classifier that gives each text one label, got problem_type "${spec.otherProblem}" in ${folder}/config.json`,
      {
        hint: "Train a classifier on rows with one label each; this one's labels do not exclude each other.",
      },
    );
  }
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
  const runtime = await host.runtime(settings.threads);
  const program = await compileClassification(
    runtime,
    spec,
    labels.length,
    weightsOf(values),
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
