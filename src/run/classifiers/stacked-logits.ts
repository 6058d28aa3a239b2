/**
 * Two classifiers as one: the weighted mean of the log-probabilities that they give each label (a logarithmic opinion pool).
 *
 *     z = w log p_encoder + (1 - w) log p_linear
 *
 * Reference: Wolpert 1992, "Stacked Generalization"; with a single weight, chosen on held-out texts.
 */
import type { LabelSpace } from "../../data/label-sets.js";

/**
 * z of logits [N, C] of each of the two, row-major; w is the share of the encoder, 0 to 1. Where a text can have several labels, each label is a
 * pool of its own: of P(1) = sigmoid(z) and P(0) it has the weighted mean of both logits.
 */
export function stackedLogits(
  w: number,
  encoder: Float32Array,
  linear: Float32Array,
  space: LabelSpace,
): Float32Array {
  const [a, b] =
    typeof space === "number"
      ? [encoder, linear].map((logits) => logProbabilities(logits, space))
      : [encoder, linear];
  return a.map((value, index) => w * value + (1 - w) * b[index]);
}

/** log softmax of each row of logits [N, C]. */
function logProbabilities(logits: Float32Array, labels: number): Float32Array {
  const found = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += labels) {
    const row = logits.subarray(start, start + labels);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    const normalizer = largest + Math.log(total);
    found.set(
      row.map((logit) => logit - normalizer),
      start,
    );
  }
  return found;
}
