/** Reads config.json of a training run: how it was made. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { exists } from "../../platform/files/files.js";
import { basename, dirname, join, resolve } from "../../platform/paths.js";
import { type TrainingRecord, trainingRecord } from "../../results/records/run-record.js";
import { readRunRecord } from "./run-folder.js";

export interface RecordedRun {
  readonly folder: string;
  readonly record: TrainingRecord;
}

/** The run that a classifier's folder is the `model` of; undefined for other folders. */
export function runOfClassifier(classifier: string): RecordedRun | undefined {
  const path = resolve(classifier);
  const folder = dirname(path);
  if (basename(path) !== "model" || !exists(join(folder, "config.json"))) return undefined;
  // Another program's config.json may lie there too.
  const parsed = trainingRecord.safeParse(readRunRecord(folder));
  return parsed.success ? { folder, record: parsed.data } : undefined;
}

/**
 * The record of a training run. Throws `checkpoint-missing` for a folder without one, and `data-format` for the folder of
 * another command.
 */
export function readTrainingRecord(folder: string): TrainingRecord {
  const parsed = trainingRecord.safeParse(readRunRecord(folder));
  if (parsed.success) return parsed.data;
  throw new L3MaskingError(
    "data-format",
    `${join(folder, "config.json")} is not a file that a training run writes: ${z.prettifyError(parsed.error)}`,
    { hint: "Name the --output-dir of train or compare; other commands have no report." },
  );
}
