/** A classifier's predictions, and predictions-test.jsonl of a run. */
import { z } from "zod";
import { list } from "./measures.js";

const prediction = z.object({
  /** Of several the labels as one string, such as `a; b`. */
  label: z.string(),
  /** Where a text can have several labels: those it is given. */
  labels: list(z.string()).exactOptional(),
  probabilities: z.record(z.string(), z.number()),
});

/** A label and the probability of every label; these sum to 1, but where a text can have several. */
export type Prediction = z.infer<typeof prediction>;

/** A prediction that may be left open. */
export interface Answer extends Pick<Prediction, "probabilities"> {
  /** Null where no label is probable enough. */
  readonly label: string | null;
  /** Where a text can have several labels; null with `label`. */
  readonly labels?: readonly string[] | null;
}

/**
 * The probability of what is predicted: that of the label, or, where a text can have several, that each of them is right to be given or not, as if they did not depend
 * on each other.
 */
export function probabilityOf({ label, labels, probabilities }: Prediction): number {
  if (labels === undefined) return probabilities[label];
  const given = new Set(labels);
  return Object.entries(probabilities).reduce(
    (product, [name, p]) => product * (given.has(name) ? p : 1 - p),
    1,
  );
}

/** The label that a text is explained by where none is asked for: the predicted one, or of several the most probable, given or not. */
export function explainedLabel({ label, labels, probabilities }: Prediction): string {
  if (labels === undefined) return label;
  return Object.entries(probabilities).reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

/** The prediction without its label where the probability of that is below `bound`. */
export function answerOf(prediction: Prediction, bound: number | undefined): Answer {
  const { labels, probabilities } = prediction;
  const isOpen = bound !== undefined && probabilityOf(prediction) < bound;
  if (!isOpen) return prediction;
  return { label: null, ...(labels && { labels: null }), probabilities };
}

export const heldOutPrediction = prediction.extend({
  /** Of the file, from 1. */
  line: z.int(),
  expected: z.string(),
});

/** A line of predictions-held-out.jsonl: a row of train, its label and the one predicted by a model that did not see it. */
export type HeldOutPrediction = z.infer<typeof heldOutPrediction>;

export const testPrediction = heldOutPrediction.extend({ seen_in_training: z.boolean() });

/** A line of predictions-test.jsonl: a test row, its label and the one predicted. */
export type TestPrediction = z.infer<typeof testPrediction>;
