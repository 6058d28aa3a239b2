/** What an explanation needs of the classifier, its run and its vanilla model. */

import { L3MaskingError } from "../../base/errors.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { maskingOf } from "../../method/methods.js";
import { compileClassification } from "../../method/program/inference.js";
import type { Prediction } from "../../results/records/predictions.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Encoding } from "../../text/encoding.js";
import type { LoadedClassifier } from "../classifiers/encoder.js";
import { trainedThresholds } from "../folder/saved-classifier.js";
import { readMaskingSummary } from "../folder/trained-run.js";
import type { RecordedRun } from "../folder/training-record.js";
import { type ExplainSettings, trainSchema } from "../settings/schemas.js";
import type { LoadedModel } from "../sources/model.js";
import { checkedMaxLength, weightsOf } from "../sources/model-facts.js";
import { classifyEncodings, predictionsOf } from "./classify.js";

/** Tokens of a batch of predictions. */
const BATCH_TOKENS = 2048;

/** The texts as the vanilla model, which was made to read them so, does: by ids of its own, but as the same tokens. */
export function vanillaEncodings(
  texts: readonly string[],
  encodings: readonly Encoding[],
  vanilla: LoadedModel,
  { tokenizer, maxLength, folder }: LoadedClassifier,
): readonly Encoding[] {
  checkedMaxLength(maxLength, vanilla.spec);
  const own = texts.map(encodeOnce(vanilla.tokenizer, maxLength));
  own.forEach(({ ids, wordIds }, text) => {
    const expected = encodings[text];
    const same =
      ids.length === expected.ids.length &&
      ids.every(
        (id, token) =>
          vanilla.tokenizer.token(id) === tokenizer.token(expected.ids[token]) &&
          wordIds[token] === expected.wordIds[token],
      );
    if (same) return;
    throw new L3MaskingError(
      "invalid-setting",
      `expected a vanilla model that tokenizes texts like the classifier in ${folder}; ${vanilla.folder} tokenizes text ${text + 1} differently`,
      { hint: "Pass the model that the classifier was trained from as --vanilla-model." },
    );
  });
  return own;
}

/** The strategy of the classifier's run where it needs scores, else L3Masking: surprisals are what is shown. */
export function explainedStrategy(run: RecordedRun | undefined): string {
  const ofRun = run && maskingOf(run.record.settings.method);
  return ofRun?.needs === "scores" ? ofRun.name : "l3";
}

/** What decides mask probabilities and masks; a run's other settings are passed over. */
const maskingOfRunSchema = trainSchema
  .pick({
    estimator: true,
    mlmProbability: true,
    calibration: true,
    gamma: true,
    selection: true,
    maskReplaceProb: true,
    randomReplaceProb: true,
  })
  .strip();

/** What was given, else what the run had, else the defaults. Throws `data-format` for a damaged record of the run. */
export function maskingSettings(settings: ExplainSettings, run: RecordedRun | undefined) {
  const known = Object.entries(settings).filter(([, value]) => value !== undefined);
  const parsed = maskingOfRunSchema.safeParse({
    ...run?.record.settings,
    ...(run?.record.settings.movedShare !== undefined && { gamma: gammaOf(run) }),
    ...Object.fromEntries(known),
  });
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw new L3MaskingError(
    "data-format",
    `config.json of the run in ${run?.folder}: setting ${path.join(".")}: ${message}`,
    { hint: "Pass the masking setting on the command line, or correct the file." },
  );
}

/** The exponent that the run chose for the share of the budget that it was to move. */
function gammaOf({ folder }: RecordedRun): number | undefined {
  return readMaskingSummary(folder)?.gamma;
}

/** Predictions of texts, batch by batch. */
export async function predictionsFor(
  classifier: LoadedClassifier,
  encodings: readonly Encoding[],
  runtime: Runtime,
  onBatch: (done: number) => void,
): Promise<readonly Prediction[]> {
  const logits = await logitsFor(classifier, encodings, runtime, onBatch);
  const { folder, labels, task } = classifier;
  return predictionsOf(logits, labels, trainedThresholds(folder, labels, task));
}

/** Logits [N, C] of texts, batch by batch. */
export async function logitsFor(
  { spec, values, labels }: LoadedClassifier,
  encodings: readonly Encoding[],
  runtime: Runtime,
  onBatch: (done: number) => void,
): Promise<Float32Array> {
  const program = await compileClassification(runtime, spec, labels.length, {
    fixed: weightsOf(values),
  });
  try {
    return await classifyEncodings(program, spec, encodings, BATCH_TOKENS, onBatch);
  } finally {
    await program.dispose();
  }
}
