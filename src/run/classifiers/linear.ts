/** A linear classifier in memory. */

import { L3MaskingError } from "../../base/errors.js";
import { type TfidfClassifier, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { trainedTemperature, trainedThresholds } from "../folder/saved-classifier.js";
import type { Host } from "../host/host.js";
import { type ClassifierSettings, toFlag } from "../settings/schemas.js";
import { summedCounts } from "../sources/text-counts.js";
import { loadLinear } from "./linear-folder.js";
import { classifierOf, type OpenClassifier, type ReadTexts } from "./open-classifier.js";

/** Texts between two looks at whether to stop. */
const BATCH_TEXTS = 256;

/** Opens the linear classifier in a folder. Throws what `loadLinear` throws, and `invalid-setting` for settings of encoders. */
export async function openLinear(
  folder: string,
  settings: ClassifierSettings,
  host: Host,
): Promise<OpenClassifier> {
  requireNoEncoderSettings(folder, settings);
  if (settings.precision === "int8") throw noEncoder(folder, "--precision int8");
  const { classifier, labels, task } = await loadLinear(folder);
  const temperature = settings.fittedTemperature ? trainedTemperature(folder) : 1;
  const thresholds = trainedThresholds(folder, labels, task, temperature);
  const read = (texts: readonly string[]) => linearReading(classifier, texts, temperature);
  const dispose = async () => undefined;
  return classifierOf({ folder, labels, task, thresholds, hasTokens: false, read, dispose }, host);
}

/** How a linear classifier reads texts. */
export function linearReading(
  classifier: TfidfClassifier,
  texts: readonly string[],
  temperature: number,
): ReadTexts {
  return {
    // It reads whole texts, and has no tokens to be unknown.
    counts: { ...summedCounts([]), texts: texts.length },
    logits: async (onBatch) =>
      batchLogits(classifier, texts, onBatch).map((logit) => logit / temperature),
  };
}

function batchLogits(
  classifier: TfidfClassifier,
  texts: readonly string[],
  onBatch: (done: number) => void,
): Float32Array {
  const { labels } = classifier.linear;
  const logits = new Float32Array(texts.length * labels);
  for (let start = 0; start < texts.length; start += BATCH_TEXTS) {
    const batch = texts.slice(start, start + BATCH_TEXTS);
    logits.set(tfidfLogits(classifier, batch), start * labels);
    onBatch(start + batch.length);
  }
  return logits;
}

/** Settings that only an encoder has a use for; none of them has a default. */
export const ofEncoders = [
  "maxLength",
  "vanillaModel",
  "estimator",
  "mlmProbability",
  "calibration",
  "gamma",
  "selection",
  "maskReplaceProb",
  "randomReplaceProb",
];

/** Throws `invalid-setting` for settings that were given, though only an encoder has a use for them. */
export function requireNoEncoderSettings(folder: string, settings: object): void {
  const given = givenFlags(settings, ofEncoders);
  if (given.length > 0) throw noEncoder(folder, given.join(", "));
}

/** The flags of those of `names` that were given. */
export function givenFlags(settings: object, names: readonly string[]): readonly string[] {
  return Object.entries(settings)
    .filter(([name, value]) => value !== undefined && names.includes(name))
    .map(([name]) => `--${toFlag(name)}`);
}

function noEncoder(folder: string, flags: string): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    `expected no ${flags} for ${folder}, a linear classifier: it has no tokens, and reads whole texts`,
    { hint: `Leave ${flags} out.` },
  );
}
