/**
 * The measures of probabilities, one record each: of the kept weights on dev and test, as they are and at the temperature
 * that fits dev (`confidence` in metrics.json), and of `evaluate`.
 */
import { percent } from "../../base/figures.js";
import type { MeasureFacts } from "./label-measures.js";
import { meanLoss, predictedLabels, softmax } from "./metrics.js";

/** A measure of probabilities. */
export interface ProbabilityMeasure extends MeasureFacts {
  /** For people, without a unit. */
  format(value: number): string;
  /** Of softmax(logits), logits [N, C] row-major, against N label ids of C labels. */
  value(logits: Float32Array, expected: ArrayLike<number>, labels: number): number;
}

export const probabilityMeasures = [
  {
    name: "ece",
    title: "expected calibration error",
    better: "lower",
    meaning:
      "If a classifier says 80 %, is it right in 80 of 100 cases? How many points it is off, on average over the texts.",
    format: percent,
    value: calibrationError,
  },
  {
    name: "loss",
    title: "loss",
    better: "lower",
    meaning:
      "What training makes smaller: how surprised the model is by the right answer, in nats (units of the natural logarithm).",
    format: (nats: number) => nats.toFixed(3),
    value: meanLoss,
  },
] as const satisfies readonly ProbabilityMeasure[];

/** Name of a measure of probabilities. */
export type ProbabilityMeasureName = (typeof probabilityMeasures)[number]["name"];

/** `read` of each measure of probabilities, by name. */
export function ofProbabilityMeasures<Value>(
  read: (name: ProbabilityMeasureName, measure: ProbabilityMeasure) => Value,
): Record<ProbabilityMeasureName, Value> {
  const entries = probabilityMeasures.map((measure) => [measure.name, read(measure.name, measure)]);
  // The names of the list are the names of its measures.
  return Object.fromEntries(entries) as Record<ProbabilityMeasureName, Value>;
}

/** Bins of equal width over the probabilities 0 to 1. */
const BINS = 15;

/**
 * Expected calibration error, in [0, 1]:
 *   sum over bins of (examples in it / N) * |share predicted right - mean probability of the predicted label|,
 * an example lying in bin k of 15 if that probability is above (k - 1) / 15 and at most k / 15.
 *
 * Reference: Guo et al. 2017, "On Calibration of Modern Neural Networks". The number of bins is theirs.
 */
function calibrationError(
  logits: Float32Array,
  expected: ArrayLike<number>,
  labels: number,
): number {
  const predicted = predictedLabels(logits, labels);
  const surplus = new Float64Array(BINS);
  for (const [i, label] of predicted.entries()) {
    const probability = softmax(logits.subarray(i * labels, (i + 1) * labels))[label];
    const bin = Math.max(0, Math.ceil(probability * BINS) - 1);
    surplus[bin] += Number(expected[i] === label) - probability;
  }
  return surplus.reduce((sum, ofBin) => sum + Math.abs(ofBin), 0) / predicted.length;
}
