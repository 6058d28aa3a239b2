/** The folder of a saved classifier: its checkpoint, the settings that prediction shares with training, and the temperature fitted on dev. */
import { z } from "zod";
import type { Task } from "../../data/task.js";
import { saveCheckpoint } from "../../model/checkpoint/save.js";
import { exists, readText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { writeJson } from "./run-folder.js";
import { thresholdsFile, thresholdsJson, thresholdsOf } from "./thresholds-file.js";
import {
  parsedSmall,
  type TrainedReading,
  trainedReadingOf,
  trainingArgumentsFile,
} from "./training-arguments.js";
import { classifierToWrite, type SavedParts } from "./written-classifier.js";

/**
 * Saves the current weights in place of the previous ones and returns the digest of the file; with `checksums` for a run that is not
 * finished and may go on from them. Throws what `saveCheckpoint` throws.
 */
export function saveClassifier(
  folder: string,
  parts: SavedParts,
  { checksums }: { readonly checksums: boolean },
): Promise<string> {
  return saveCheckpoint(folder, { ...classifierToWrite(parts), replace: true, checksums });
}

/** How the classifier in a folder read texts in training. Throws what `trainedReadingOf` throws. */
export function trainedReading(folder: string): TrainedReading {
  const path = join(folder, trainingArgumentsFile);
  return trainedReadingOf(path, exists(path) ? () => readText(path) : undefined);
}

/** Holds the temperature for which softmax(logits / temperature) fits the dev split best. */
export const temperatureFile = "temperature.json";
const temperatureSchema = z.object({ temperature: z.number().positive() });

/** Writes the thresholds beside a classifier, where a text can have several labels. */
export function writeThresholds(
  folder: string,
  labels: readonly string[],
  thresholds: readonly number[] | undefined,
): void {
  if (thresholds === undefined) return;
  writeJson(folder, thresholdsFile, thresholdsJson(labels, thresholds));
}

/**
 * From which logit, divided by a temperature, each label of a classifier is given; undefined where each text has one label. Without the file, as in folders of other
 * programs, from probability 0.5. Throws `checkpoint-config` for a damaged file.
 */
export function trainedThresholds(
  folder: string,
  labels: readonly string[],
  { severalLabels }: Pick<Task, "severalLabels">,
  temperature = 1,
): readonly number[] | undefined {
  const path = join(folder, thresholdsFile);
  const read = exists(path) ? () => readText(path) : undefined;
  return thresholdsOf(path, read, labels, { severalLabels }, temperature);
}

/** The temperature that was fitted when a classifier was trained. Throws `checkpoint-config` where there is none. */
export function trainedTemperature(folder: string): number {
  const path = join(folder, temperatureFile);
  const hint = "Train the classifier with this version, or omit --fitted-temperature.";
  return parsedSmall(path, () => readText(path), temperatureSchema, "temperature", hint)
    .temperature;
}
