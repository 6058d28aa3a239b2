/** A few training texts as the vanilla model and the trained classifier see them; examples.json of a run with L3Masking. */

import type { Runtime } from "../../engine/runtime/runtime.js";
import type { TokenScores } from "../../method/likelihood/estimators.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { ClassificationProgram } from "../../method/program/inference.js";
import { explainedLabel } from "../../results/records/predictions.js";
import type { RunExample } from "../../results/records/token-masks.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { writeJson } from "../folder/run-folder.js";
import { type ClassifierParts, textAttributions } from "../inference/attributions.js";
import { classifyEncodings, predictionsOf } from "../inference/classify.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import type { RunInputs } from "./inputs.js";
import type { MaskingOptions } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import { tokenMasks } from "./token-masks.js";

/** Texts of a run that its report shows. */
const EXAMPLES = 4;

/** How many masks of each: those of the first rounds. */
const EXAMPLE_MASKS = 3;

/** The classifier with the weights that the run keeps. */
export interface KeptClassifier extends ClassifierParts {
  readonly program: ClassificationProgram;
}

/** The masks of the training texts, in their order. */
export interface ScoredMasks {
  readonly scores: readonly TokenScores[];
  readonly probabilities: readonly MaskProbabilities[];
}

/** Writes examples.json where the texts of a run were scored. */
export async function writeExamples(
  { settings, data, masked, model }: RunInputs,
  masks: TextMasks | undefined,
  classifier: KeptClassifier,
  thresholds: readonly number[] | undefined,
  runtime: Runtime,
): Promise<void> {
  if (masks?.scores === undefined) return;
  const { scores, probabilities } = masks;
  const scored = { scores, probabilities };
  const examples = await runExamples(
    { ...data, masked },
    thresholds,
    scored,
    classifier,
    settings,
    model.tokenizer,
    runtime,
  );
  writeJson(settings.outputDir, "examples.json", examples);
}

/**
 * The examples of a run: surprisals, mask probabilities and the masks of the first rounds; the predicted label, and the
 * attribution of each token to its logit, with respect to what the first layer reads.
 */
async function runExamples(
  {
    train,
    labels,
    task,
    masked: encodings,
  }: Pick<EncodedDataset, "train" | "labels" | "task"> & Pick<RunInputs, "masked">,
  thresholds: readonly number[] | undefined,
  { scores, probabilities }: ScoredMasks,
  classifier: KeptClassifier,
  settings: MaskingOptions & { readonly seed: number; readonly evalTokens: number },
  tokenizer: Tokenizer,
  runtime: Runtime,
): Promise<readonly RunExample[]> {
  const chosen = exampleTexts(encodings);
  if (chosen.length === 0) return [];
  const read = chosen.map((text) => encodings[text]);
  const { program, spec } = classifier;
  const predictions = predictionsOf(
    await classifyEncodings(program, spec, read, settings.evalTokens),
    labels,
    task.severalLabels && (thresholds ?? []),
  );
  const explained = predictions.map(explainedLabel);
  const labelIds = Int32Array.from(explained, (label) => labels.indexOf(label));
  const attributions = await textAttributions(classifier, read, labelIds, "embeddings", runtime);
  const draws = { ...settings, samples: EXAMPLE_MASKS };
  return chosen.map((text, index) => ({
    ...tokenMasks(read[index], text, scores[text], probabilities[text], draws, tokenizer),
    ...predictions[index],
    expected_label: train.records[text].label ?? "",
    explained_label: explained[index],
    attribution: Array.from(attributions[index]),
  }));
}

/** Picks a few training texts, evenly spread; texts without words are skipped. */
export function exampleTexts(encodings: readonly Encoding[]): number[] {
  const withWords = Array.from(encodings.keys()).filter((text) =>
    encodings[text].wordIds.some((word) => word !== NO_WORD),
  );
  const count = Math.min(EXAMPLES, withWords.length);
  return Array.from(
    { length: count },
    (_, example) => withWords[Math.floor((example * withWords.length) / count)],
  );
}
