/** A classifier that stays in memory from call to call. */
import { z } from "zod";
import { L3MaskingError } from "../base/errors.js";
import { textsFor } from "../data/task.js";
import type { Prediction } from "../results/records/predictions.js";
import { openClassifier } from "../run/classifiers/kinds.js";
import type { OpenClassifier } from "../run/classifiers/open-classifier.js";
import type { Host } from "../run/host/host.js";
import type { ClassifierSettings } from "../run/settings/schemas.js";

/** Of this thread. */
let opened: OpenClassifier | undefined;

/** Loads a classifier for the `classify` calls that follow, in place of the one before; gives its labels. */
export async function runOpenClassifier(
  settings: ClassifierSettings,
  host: Host,
): Promise<readonly string[]> {
  const classifier = await openClassifier(settings, host);
  if (opened === undefined) host.atEnd(async () => opened?.dispose());
  await opened?.dispose();
  opened = classifier;
  return classifier.labels;
}

export const classifySchema = z.strictObject({
  texts: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
});

/** Predictions of the classifier that was opened, in the order of the texts. Throws `data-pair` where it reads pairs and gets none, or the reverse. */
export async function runClassify({
  texts,
}: z.output<typeof classifySchema>): Promise<readonly Prediction[]> {
  if (opened === undefined) {
    throw new L3MaskingError("worker-failed", "expected an open classifier, found none");
  }
  return opened.predict(textsFor(texts, opened.task));
}
