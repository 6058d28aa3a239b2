/** What a split's logits are worth. */
import type { SplitMetrics } from "../records/measures.js";
import { classificationMetrics, meanLoss } from "./metrics.js";
import { type MeasuredTask, taskFiguresOf } from "./task-measures.js";
import { heldOutAnswers } from "./thresholds.js";

/**
 * The measures of labels and the mean loss (nats) of logits [N, C] against N ids of answers, and those that the task adds. `predicted` are the
 * answers; where absent, as `heldOutAnswers` gives them.
 */
export function splitMetrics(
  logits: Float32Array,
  expected: Int32Array,
  task: MeasuredTask,
  predicted = heldOutAnswers(logits, expected, task.space),
): SplitMetrics {
  const { measures } = classificationMetrics(expected, predicted, task.space);
  return {
    ...measures,
    loss: meanLoss(logits, expected, task.space),
    ...taskFiguresOf(expected, predicted, task),
  };
}
