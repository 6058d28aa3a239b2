/** A classifier's predictions, and predictions-test.jsonl of a run. */
import { z } from "zod";

const prediction = z.object({
  label: z.string(),
  probabilities: z.record(z.string(), z.number()),
});

/** A label and the probability of every label; these sum to 1. */
export type Prediction = z.infer<typeof prediction>;

/** A prediction that may be left open. */
export interface Answer extends Pick<Prediction, "probabilities"> {
  /** Null where no label is probable enough. */
  readonly label: string | null;
}

/** The prediction without its label where the probability of that is below `bound`. */
export function answerOf(prediction: Prediction, bound: number | undefined): Answer {
  const { label, probabilities } = prediction;
  const isOpen = bound !== undefined && probabilities[label] < bound;
  return isOpen ? { label: null, probabilities } : prediction;
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
