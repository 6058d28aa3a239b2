/**
 * How far a classifier's probabilities can be trusted: whether of the texts that get a label with 80 % about 80 %
 * have it, and the temperature that brings the two together.
 *
 * Legend: N examples, C labels; logits [N, C] row-major.
 *
 * Reference: Guo et al. 2017, "On Calibration of Modern Neural Networks".
 */

import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import type { Confidence, RunConfidence } from "../records/measures.js";
import { asOneLabel, meanLoss } from "./metrics.js";
import { ofProbabilityMeasures } from "./probability-measures.js";

/** Where the temperature is looked for: a few dev rows that are all right would have it at 0, which nobody believes. */
const LEAST = 0.1;
const MOST = 10;

/** Halvings of that range's logarithm: to about 1e-12 of the temperature. */
const HALVINGS = 45;

/**
 * The temperature T that minimises the mean cross-entropy of softmax(logits / T), between 0.1 and 10; at one of these
 * where more would be better still, as for examples that are all predicted right.
 *
 * The cross-entropy is convex in b = 1 / T; its derivative, the mean of (sum_c p_c z_c) - z_expected, is looked at for its
 * change of sign. Errors: those of `meanLoss`.
 */
export function fittedTemperature(
  given: Float32Array,
  ids: ArrayLike<number>,
  space: LabelSpace,
  halvings = HALVINGS,
): number {
  // Checks what is given.
  meanLoss(given, ids, space);
  const { logits, expected, labels } = asOneLabel(given, ids, space);
  let [low, high] = [Math.log(LEAST), Math.log(MOST)];
  for (let halving = 0; halving < halvings; halving++) {
    const middle = (low + high) / 2;
    // Too confident: the temperature has to rise.
    if (slope(logits, expected, labels, Math.exp(-middle)) > 0) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Parts that a temperature is tried on, each fitted on the others. */
const PARTS = 5;
/** To a millionth: what is measured with such a temperature has no more digits. */
const TRIED_HALVINGS = 22;

/**
 * The measures of softmax(logits / T) where each example is divided by a temperature that was fitted without it: on the examples of the
 * other parts, example i being in part i mod 5 (of fewer examples each is a part). Undefined for a single example. Errors: those of
 * `meanLoss`.
 */
export function crossFittedConfidence(
  logits: Float32Array,
  expected: ArrayLike<number>,
  space: LabelSpace,
): Confidence | undefined {
  const count = expected.length;
  const labels = labelCount(space);
  const parts = Math.min(PARTS, count);
  if (parts < 2) return undefined;
  const scaled = new Float32Array(logits.length);
  for (let part = 0; part < parts; part++) {
    const others = Array.from({ length: count }, (_, i) => i).filter((i) => i % parts !== part);
    const fittedOn = new Float32Array(others.length * labels);
    for (const [place, i] of others.entries()) {
      fittedOn.set(logits.subarray(i * labels, (i + 1) * labels), place * labels);
    }
    const ids = others.map((i) => expected[i]);
    const temperature = fittedTemperature(fittedOn, ids, space, TRIED_HALVINGS);
    for (let i = part; i < count; i += parts) {
      for (let c = i * labels; c < (i + 1) * labels; c++) scaled[c] = logits[c] / temperature;
    }
  }
  return confidenceOf(scaled, expected, space);
}

/**
 * Is the fitted temperature worth using? Where temperatures that are fitted on a part of the rows make loss and calibration error of the
 * other rows smaller.
 */
export function temperatureHelps({ dev, cross_fitted: tried }: RunConfidence): boolean {
  return tried !== undefined && tried.loss < dev.plain.loss && tried.ece <= dev.plain.ece;
}

/** d(mean cross-entropy) / db at b = 1 / temperature. */
function slope(
  logits: Float32Array,
  expected: ArrayLike<number>,
  labels: number,
  inverse: number,
): number {
  let sum = 0;
  // Plain loops: this is done for every logit at every halving, up to a hundred million times.
  for (let i = 0; i < expected.length; i++) {
    const start = i * labels;
    let largest = logits[start];
    for (let c = 1; c < labels; c++) largest = Math.max(largest, logits[start + c]);
    let total = 0;
    let weighted = 0;
    for (let c = 0; c < labels; c++) {
      const logit = logits[start + c];
      const exponential = Math.exp((logit - largest) * inverse);
      total += exponential;
      weighted += exponential * logit;
    }
    sum += weighted / total - logits[start + expected[i]];
  }
  return sum / expected.length;
}

/**
 * The measures of softmax(logits / temperature). Errors: those of `meanLoss`.
 */
export function confidenceOf(
  given: Float32Array,
  ids: ArrayLike<number>,
  space: LabelSpace,
  temperature = 1,
): Confidence {
  const { logits, expected, labels } = asOneLabel(given, ids, space);
  const scaled = logits.map((logit) => logit / temperature);
  return ofProbabilityMeasures((_, measure) => measure.value(scaled, expected, labels));
}
