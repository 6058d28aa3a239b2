import type { SplitMetrics } from "../records/measures.js";
import { classificationMetrics, meanLoss, predictedLabels } from "./metrics.js";
import { orderOf } from "./order-measures.js";

/**
 * The measures of labels and the mean loss (nats) of logits [N, C] against N label ids; those of ordered labels too, where a scale says what
 * numbers they stand for.
 */
export function splitMetrics(
  logits: Float32Array,
  expected: Int32Array,
  classes: number,
  scale?: readonly number[],
): SplitMetrics {
  const predicted = predictedLabels(logits, classes);
  const { measures } = classificationMetrics(expected, predicted, classes);
  const order = orderOf(expected, predicted, scale);
  return { ...measures, loss: meanLoss(logits, expected, classes), ...(order && { order }) };
}
