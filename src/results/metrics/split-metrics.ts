import type { SplitMetrics } from "../records/measures.js";
import { classificationMetrics, meanLoss, predictedLabels } from "./metrics.js";

/** The measures of labels and the mean loss (nats) of logits [N, C] against N label ids. */
export function splitMetrics(
  logits: Float32Array,
  expected: Int32Array,
  classes: number,
): SplitMetrics {
  const { measures } = classificationMetrics(expected, predictedLabels(logits, classes), classes);
  return { ...measures, loss: meanLoss(logits, expected, classes) };
}
