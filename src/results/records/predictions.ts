/** A classifier's predictions, and predictions-test.jsonl of a run. */
import { z } from "zod";

const prediction = z.object({
  label: z.string(),
  probabilities: z.record(z.string(), z.number()),
});

/** A label and the probability of every label; these sum to 1. */
export type Prediction = z.infer<typeof prediction>;

export const testPrediction = prediction.extend({
  /** Of the test file, from 1. */
  line: z.int(),
  expected: z.string(),
  seen_in_training: z.boolean(),
});

/** A line of predictions-test.jsonl: a test row, its label and the one predicted. */
export type TestPrediction = z.infer<typeof testPrediction>;
