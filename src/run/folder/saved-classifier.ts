/** The folder of a saved classifier: its checkpoint, the settings that prediction shares with training, and the temperature fitted on dev. */
import { z } from "zod";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { saveCheckpoint } from "../../model/checkpoint/save.js";
import type { ModelSpec } from "../../model/spec.js";
import { exists, readText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { Tokenizer } from "../../text/encoding.js";
import {
  parsedSmall,
  type TrainedReading,
  trainedReadingOf,
  trainingArguments,
  trainingArgumentsFile,
} from "./training-arguments.js";

/** A classifier in training. */
export interface SavedParts {
  readonly spec: ModelSpec;
  readonly store: ParameterStore;
  /** In id order. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
}

/**
 * Saves the current weights in place of the previous ones and returns the digest of the file; with `checksums` for a run that is not
 * finished and may go on from them. Throws what `saveCheckpoint` throws.
 */
export function saveClassifier(
  folder: string,
  { spec, store, labels, tokenizer, maxLength }: SavedParts,
  { checksums }: { readonly checksums: boolean },
): Promise<string> {
  return saveCheckpoint(folder, {
    spec,
    values: new Map(store.parameters.map(({ name }) => [name, store.weight(name)])),
    kind: "sequence-classification",
    labels,
    tokenizerFiles: new Map([
      ...tokenizer.files(maxLength),
      trainingArguments(maxLength, tokenizer),
    ]),
    replace: true,
    checksums,
  });
}

/** How the classifier in a folder read texts in training. Throws what `trainedReadingOf` throws. */
export function trainedReading(folder: string): TrainedReading {
  const path = join(folder, trainingArgumentsFile);
  return trainedReadingOf(path, exists(path) ? () => readText(path) : undefined);
}

/** Holds the temperature for which softmax(logits / temperature) fits the dev split best. */
export const temperatureFile = "temperature.json";
const temperatureSchema = z.object({ temperature: z.number().positive() });

/** The temperature that was fitted when a classifier was trained. Throws `checkpoint-config` where there is none. */
export function trainedTemperature(folder: string): number {
  const path = join(folder, temperatureFile);
  const hint = "Train the classifier with this version, or omit --fitted-temperature.";
  return parsedSmall(path, () => readText(path), temperatureSchema, "temperature", hint)
    .temperature;
}
