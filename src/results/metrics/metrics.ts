/**
 * Classification metrics.
 *
 * Legend: N examples, C labels of the training set (ids 0 .. C-1).
 *
 * Reference: Sokolova & Lapalme 2009, "A Systematic Analysis of Performance Measures for Classification Tasks".
 */

import { L3MaskingError } from "../../base/errors.js";
import { type LabelSpace, labelCount, membership, questionLogits } from "../../data/label-sets.js";
import type { LabelMetrics } from "../records/measures.js";
import { type LabelCounts, type OfLabelMeasures, ofLabelMeasures } from "./label-measures.js";

/** Expected label of an example whose label the training set does not have: never predicted right. */
const UNSEEN_LABEL = -1;

/** Measures of N examples with C labels. */
export interface ClassificationMetrics {
  /** accuracy, macro_f1 */
  readonly measures: OfLabelMeasures<number>;
  readonly perLabel: readonly LabelMetrics[]; // [C]
  /** Examples by expected label (row) and predicted label (column); unseen labels are left out. None where examples can have several. */
  readonly confusion: readonly Int32Array[]; // [C][C]
  /** N */
  readonly examples: number;
}

/**
 * The measures of labels over those of the training set, and F1 of each. A label that is neither expected nor predicted
 * counts with F1 = 0 in the mean. An example of an unseen label counts as an error and as a false positive.
 *
 * Errors: `data-empty` for no examples; `input-mismatch` for lists of unequal length or ids out of range.
 */
export function classificationMetrics(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: LabelSpace,
): ClassificationMetrics {
  if (typeof labels === "number") return ofOneLabel(expected, predicted, labels);
  checkExamples(expected.length, predicted.length);
  const [support, guesses, hits] = [0, 0, 0].map(() => new Int32Array(labels.labels.length));
  let right = 0;
  for (let i = 0; i < expected.length; i++) {
    const having = new Set(expected[i] === UNSEEN_LABEL ? [] : labels.members(expected[i]));
    for (const label of having) support[label] += 1;
    for (const label of labels.members(predicted[i])) {
      guesses[label] += 1;
      if (having.has(label)) hits[label] += 1;
    }
    if (expected[i] === predicted[i]) right += 1;
  }
  return metricsOf({ examples: expected.length, support, predicted: guesses, hits, right }, []);
}

function ofOneLabel(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: number,
): ClassificationMetrics {
  checkLabels(expected, predicted, labels);
  const confusion = Array.from({ length: labels }, () => new Int32Array(labels));
  const predictions = new Int32Array(labels);
  for (let i = 0; i < expected.length; i++) {
    predictions[predicted[i]] += 1;
    if (expected[i] !== UNSEEN_LABEL) confusion[expected[i]][predicted[i]] += 1;
  }
  const hits = confusion.map((row, label) => row[label]);
  const counts: LabelCounts = {
    examples: expected.length,
    support: confusion.map((row) => row.reduce((sum, count) => sum + count, 0)),
    predicted: predictions,
    hits,
    right: hits.reduce((sum, count) => sum + count, 0),
  };
  return metricsOf(counts, confusion);
}

function metricsOf(
  counts: LabelCounts,
  confusion: ClassificationMetrics["confusion"],
): ClassificationMetrics {
  const { examples, support, predicted, hits } = counts;
  const perLabel = Array.from(
    support,
    (rows, label): LabelMetrics => ({
      precision: ratio(hits[label], predicted[label]),
      recall: ratio(hits[label], rows),
      f1: ratio(2 * hits[label], predicted[label] + rows),
      support: rows,
    }),
  );
  const measures = ofLabelMeasures((_, measure) => measure.value(counts));
  return { measures, perLabel, confusion, examples };
}

/**
 * The label with the largest logit of each example, the smallest id among equals; logits [N, C] row-major. Where examples can have several labels, the
 * ids of the sets of labels whose logit is at least the label's threshold, 0 where none are given.
 *
 * Errors: `input-mismatch` if the logits do not fill rows of C; `training-diverged` for a logit that is not finite.
 */
export function predictedLabels(
  logits: Float32Array,
  space: LabelSpace,
  thresholds?: readonly number[],
): Int32Array {
  const labels = labelCount(space);
  const examples = rowCount(logits, labels);
  if (typeof space !== "number") {
    return Int32Array.from({ length: examples }, (_, i) =>
      space.idOfMembers(
        space.labels.flatMap((_, label) =>
          logits[i * labels + label] >= (thresholds?.[label] ?? 0) ? [label] : [],
        ),
      ),
    );
  }
  return Int32Array.from({ length: examples }, (_, i) => {
    const row = logits.subarray(i * labels, (i + 1) * labels);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b)));
  });
}

/**
 * Mean cross-entropy in nats over N examples:  -1/N sum_i log softmax(logits_i)[expected_i],
 * computed in float64; logits [N, C] row-major. Where examples can have several labels, the binary cross-entropy of each label, its mean over
 * examples and labels.
 *
 * Errors: `data-empty` for no examples; `input-mismatch` for lengths or ids that do not fit (an unseen
 * label has no logit); `training-diverged` for a logit that is not finite.
 */
export function meanLoss(
  logits: Float32Array,
  expected: ArrayLike<number>,
  space: LabelSpace,
): number {
  const { logits: asked, expected: answers, labels } = asOneLabel(logits, expected, space);
  return meanCrossEntropy(asked, answers, labels);
}

/**
 * The examples themselves where each has one label. Where they can have several, each decision whether an example has a label as an example of its own, with
 * two labels: what is computed of probabilities is then the same.
 */
export function asOneLabel(
  logits: Float32Array,
  expected: ArrayLike<number>,
  space: LabelSpace,
): {
  readonly logits: Float32Array;
  readonly expected: ArrayLike<number>;
  readonly labels: number;
} {
  if (typeof space === "number") return { logits, expected, labels: space };
  checkExamples(expected.length, rowCount(logits, space.labels.length));
  return { logits: questionLogits(logits), expected: membership(expected, space), labels: 2 };
}

function meanCrossEntropy(
  logits: Float32Array,
  expected: ArrayLike<number>,
  labels: number,
): number {
  const examples = rowCount(logits, labels);
  checkExamples(expected.length, examples);
  let sum = 0;
  for (let i = 0; i < examples; i++) {
    checkLabel(expected[i], i, 0, labels);
    const row = logits.subarray(i * labels, (i + 1) * labels);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const normalizer = row.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    sum += Math.log(normalizer) + largest - row[expected[i]];
  }
  return sum / examples;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function rowCount(logits: Float32Array, labels: number): number {
  const examples = logits.length / labels;
  if (!(Number.isInteger(labels) && labels >= 1 && Number.isInteger(examples))) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected logits of ${labels} labels per example, got ${logits.length} values`,
      { hint: "Pass the number of labels the classification head was built with." },
    );
  }
  const broken = logits.findIndex((logit) => !Number.isFinite(logit));
  if (broken >= 0) {
    throw new L3MaskingError(
      "training-diverged",
      `expected finite logits, got ${logits[broken]} for example ${Math.floor(broken / labels)}`,
      { hint: "Lower the learning rate, or check the checkpoint." },
    );
  }
  return examples;
}

function checkLabels(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: number,
): void {
  checkExamples(expected.length, predicted.length);
  for (let i = 0; i < expected.length; i++) {
    checkLabel(expected[i], i, UNSEEN_LABEL, labels);
    checkLabel(predicted[i], i, 0, labels);
  }
}

function checkExamples(expected: number, predicted: number): void {
  if (expected !== predicted) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected one prediction per example (${expected}), got ${predicted}`,
      { hint: "Evaluate predictions against the examples they were made for." },
    );
  }
  if (expected === 0) {
    throw new L3MaskingError("data-empty", "expected at least one example to evaluate, got none", {
      hint: "Give a split with labelled texts.",
    });
  }
}

function checkLabel(label: number, example: number, least: number, labels: number): void {
  if (Number.isInteger(label) && label >= least && label < labels) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected a label id from ${least} to ${labels - 1}, got ${label} for example ${example}`,
    { hint: "Map label names to ids with the training set's label list." },
  );
}

/** exp(b z) / sum exp(b z), in float64. */
export function softmax(row: Float32Array, inverse = 1): Float64Array {
  const largest = row.reduce((a, b) => Math.max(a, b));
  const exponentials = Float64Array.from(row, (logit) => Math.exp((logit - largest) * inverse));
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((value) => value / total);
}
