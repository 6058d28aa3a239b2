/** Texts explained by a linear classifier: words, and what each adds to the label's score. */

import type { Task } from "../../data/task.js";
import { type WordAttributions, wordAttributions } from "../../model/linear/attribution.js";
import type { TfidfClassifier } from "../../model/linear/tfidf-classifier.js";
import { tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { explainedLabel } from "../../results/records/predictions.js";
import type { ExplainedText } from "../../results/records/token-masks.js";
import { trainedThresholds } from "../folder/saved-classifier.js";
import type { ExplainTexts } from "../inference/attributed-words.js";
import { predictionsOf } from "../inference/classify.js";
import type { ExplainSettings } from "../settings/schemas.js";
import { requireNoEncoderSettings } from "./linear.js";
import { loadLinear } from "./linear-folder.js";

/**
 * Explains texts, which are asked for once its task is known. There is no vanilla model and no masking, so surprisals and mask probabilities are null and there are no masks.
 * `check` is given the labels before any work. Throws what `loadLinear` and `check` throw, and `invalid-setting` for settings of
 * encoders.
 */
export async function explainLinear(
  settings: ExplainSettings,
  textsOf: (task: Task) => Promise<readonly string[]>,
  check: (labels: readonly string[]) => void,
): Promise<readonly ExplainedText[]> {
  requireNoEncoderSettings(settings.model, settings);
  const { classifier, labels, task } = await loadLinear(settings.model);
  check(labels);
  const texts = await textsOf(task);
  const thresholds = trainedThresholds(settings.model, labels, task);
  const predictions = predictionsOf(tfidfLogits(classifier, texts), labels, thresholds);
  return texts.map((text, index) => {
    const prediction = predictions[index];
    const label = settings.label ?? explainedLabel(prediction);
    return {
      text,
      ...explainedWords(wordAttributions(classifier, text, labels.indexOf(label))),
      ...prediction,
      explained_label: label,
    };
  });
}

/** Words with their attributions; nothing else is known of them. */
export function explainedWords({ pieces, attributions }: WordAttributions) {
  return {
    truncated: 0,
    tokens: pieces.map((piece) => piece.trimStart()),
    pieces,
    word_ids: pieces.map((_, word) => word),
    surprisal: pieces.map(() => null),
    mask_probability: pieces.map(() => null),
    masks: [],
    attribution: Array.from(attributions),
  };
}

/** Explains texts by their words, each with what it adds to the score of the label asked for. */
export function linearExplainer(
  classifier: TfidfClassifier,
  labels: readonly string[],
): ExplainTexts {
  return async (texts, asked) =>
    texts.map((text, index) => {
      const label = labels.indexOf(asked[index]);
      const { pieces, attributions } = wordAttributions(classifier, text, label);
      return {
        pieces,
        attribution: Array.from(attributions, (value) => Number(value.toPrecision(4))),
      };
    });
}
