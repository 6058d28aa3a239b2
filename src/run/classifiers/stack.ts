/**
 * A stack of TF-IDF with a fine-tuned encoder. Its folder: config.json (the weight of the encoder, labels), temperature.json, and the two
 * parts, each a classifier of its own, in linear/ and encoder/.
 */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { labelSpace, type Task } from "../../data/task.js";
import { labelEntries } from "../../model/checkpoint/config.js";
import { readJsonFile } from "../../model/checkpoint/folder.js";
import type { TfidfClassifier } from "../../model/linear/tfidf-classifier.js";
import { writeFolder } from "../../platform/files/durable-folder.js";
import { exists } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { FOLDER_FORMAT, requireKnownFormat } from "../../results/records/format.js";
import {
  temperatureFile,
  trainedTemperature,
  trainedThresholds,
} from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import type { ClassifierSettings } from "../settings/schemas.js";
import { openEncoder } from "./encoder.js";
import { linearReading } from "./linear.js";
import { loadLinear, saveLinear } from "./linear-folder.js";
import { classifierOf, type OpenClassifier, type ReadTexts } from "./open-classifier.js";
import { stackedLogits } from "./stacked-logits.js";

/** What `model_type` in config.json says of these folders. */
export const STACK_TYPE = "l3masking-stack";

const LINEAR = "linear";
/** The folder of its encoder, within its own. */
export const ENCODER = "encoder";

const schema = z.object({
  model_type: z.literal(STACK_TYPE),
  format: z.int().positive(),
  encoder_weight: z.number().min(0).max(1),
});

export interface SavedStack {
  readonly linear: TfidfClassifier;
  /** Saves the encoder in a folder. */
  readonly saveEncoder: (folder: string) => Promise<unknown>;
  readonly encoderWeight: number;
  /** Label names by id. */
  readonly labels: readonly string[];
  readonly task: Task;
}

/** Writes the folder, in place of one that is there, with temperature 1. Throws what writing its parts throws. */
export async function saveStack(
  folder: string,
  { linear, saveEncoder, encoderWeight, labels, task }: SavedStack,
): Promise<void> {
  const config = {
    model_type: STACK_TYPE,
    format: FOLDER_FORMAT,
    encoder_weight: encoderWeight,
    ...labelEntries(labels, task.severalLabels !== undefined),
  };
  const files = [
    { name: "config.json", pieces: [jsonBytes(config)] },
    { name: temperatureFile, pieces: [jsonBytes({ temperature: 1 })] },
  ];
  writeFolder(folder, files, { replace: true });
  saveLinear(join(folder, LINEAR), { classifier: linear, labels, temperature: 1, task });
  await saveEncoder(join(folder, ENCODER));
}

/** A stack but for its encoder. */
export interface StackParts {
  /** Share of the encoder. */
  readonly encoderWeight: number;
  /** The folder of the encoder. */
  readonly encoder: string;
  readonly linear: TfidfClassifier;
}

/** Reads the stack in a folder. Throws `checkpoint-missing` without its encoder, `checkpoint-config`, and what `loadLinear` throws. */
export async function loadStackParts(folder: string): Promise<StackParts> {
  const weight = encoderWeight(join(folder, "config.json"));
  const encoder = join(folder, ENCODER);
  // A name without a folder would be looked for on the hub.
  if (!exists(join(encoder, "config.json"))) {
    throw new L3MaskingError(
      "checkpoint-missing",
      `expected the encoder in ${encoder}, found none`,
      { hint: "Copy the whole folder again, its subfolders too, or train the classifier again." },
    );
  }
  const { classifier: linear } = await loadLinear(join(folder, LINEAR));
  return { encoderWeight: weight, encoder, linear };
}

/** Opens the stack in a folder. Throws what `loadStackParts` and opening its encoder throw. */
export async function openStack(
  folder: string,
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  const { encoderWeight: weight, encoder: model, linear } = await loadStackParts(folder);
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const encoder = await openEncoder({ ...settings, model, fittedTemperature: false }, host);
  const { labels, task } = encoder;
  const space = labelSpace(labels, task);
  const thresholds = trainedThresholds(folder, labels, task, temperature);
  const read = (texts: readonly string[]): ReadTexts => {
    const [tokens, ngrams] = [encoder.read(texts), linearReading(linear, texts, 1)];
    return {
      counts: tokens.counts,
      async logits(onBatch) {
        const found = await tokens.logits(onBatch);
        const ofWords = await ngrams.logits(() => undefined);
        return stackedLogits(weight, found, ofWords, space).map((z) => z / temperature);
      },
    };
  };
  return classifierOf(
    { folder, labels, task, thresholds, hasTokens: true, read, dispose: encoder.dispose },
    host,
  );
}

function encoderWeight(path: string): number {
  const parsed = schema.safeParse(readJsonFile(path, "checkpoint-config"));
  if (parsed.success) {
    requireKnownFormat(parsed.data.format, path);
    return parsed.data.encoder_weight;
  }
  const { path: field, message } = parsed.error.issues[0];
  throw new L3MaskingError(
    "checkpoint-config",
    `expected the config of a stack (model_type, format, encoder_weight), got ${field.join(".")}: ${message} in ${path}`,
    { hint: "Copy the whole folder again, or train the classifier again." },
  );
}

function jsonBytes(content: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, undefined, 2)}\n`);
}
