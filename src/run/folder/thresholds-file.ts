/** The file beside a classifier that says from which probability on each label is given, where a text can have several. */
import { z } from "zod";
import type { Task } from "../../data/task.js";
import { sigmoid } from "../../results/metrics/thresholds.js";
import { parsedSmall } from "./training-arguments.js";

/** Holds the probability from which on each label is given, where a text can have several; fitted on dev. */
export const thresholdsFile = "thresholds.json";
const thresholdsSchema = z.object({ thresholds: z.record(z.string(), z.number().gt(0).lt(1)) });

/** Content of `thresholdsFile`, of thresholds of logits. */
export function thresholdsJson(labels: readonly string[], thresholds: readonly number[]) {
  return {
    thresholds: Object.fromEntries(labels.map((label, id) => [label, sigmoid(thresholds[id])])),
  };
}

/**
 * From which logit, divided by a temperature, each label of a classifier is given, by the file whose text `read` gives; undefined where each text has one
 * label. Without the file, as in folders of other programs, from probability 0.5. Throws `checkpoint-config` for a damaged file.
 */
export function thresholdsOf(
  path: string,
  read: (() => string) | undefined,
  labels: readonly string[],
  { severalLabels }: Pick<Task, "severalLabels">,
  temperature = 1,
): readonly number[] | undefined {
  if (severalLabels === undefined) return undefined;
  if (read === undefined) return labels.map(() => 0);
  const hint =
    "Delete the file to give labels from probability 0.5 on, or train the classifier again.";
  const { thresholds } = parsedSmall(path, read, thresholdsSchema, "thresholds", hint);
  return labels.map((label) => {
    const p = thresholds[label] ?? 0.5;
    return Math.log(p / (1 - p)) / temperature;
  });
}
