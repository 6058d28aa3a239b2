/**
 * From which logit on a label is given, where a text can have several: fitted on texts that the classifier was not trained on.
 *
 * A label's threshold is the one with which its F1 on these texts is highest, between two logits; of equally good ones the highest. A label that fewer than 10 of
 * them have takes the one with which micro-F1 over all labels is highest, as its own would fit chance.
 *
 * Reference: Yang 2001, "A Study of Thresholding Strategies for Text Categorization" (score-based local optimization); Fan & Lin 2007, "A
 * Study on Threshold Selection for Multi-label Classification", for what to do with rare labels.
 */
import { type LabelSets, type LabelSpace, labelCount, membership } from "../../data/label-sets.js";
import { predictedLabels } from "./metrics.js";

/** With fewer texts a label has no threshold of its own. */
const LEAST_POSITIVES = 10;

/** Logits beyond this are as good as certain. */
const LARGEST = 12;

/**
 * The thresholds [C] of logits [N, C], row-major, against N ids of sets; undefined where each text has one label. Errors: those of
 * `predictedLabels`.
 */
export function fittedThresholds(
  logits: Float32Array,
  expected: ArrayLike<number>,
  space: LabelSpace,
): readonly number[] | undefined {
  if (typeof space === "number") return undefined;
  const count = space.labels.length;
  const having = membership(expected, space); // [N][C]
  const all = Array.from(having.keys());
  const common = bestThreshold(all, logits, having) ?? 0;
  return space.labels.map((_, label) => {
    const own = all.filter((decision) => decision % count === label);
    const positives = own.filter((decision) => having[decision] === 1).length;
    if (positives < LEAST_POSITIVES) return common;
    return bestThreshold(own, logits, having) ?? common;
  });
}

/** The threshold with the highest F1 of some decisions; undefined where none of them is positive. */
function bestThreshold(
  decisions: readonly number[],
  logits: Float32Array,
  having: ArrayLike<number>,
): number | undefined {
  const descending = decisions.toSorted((a, b) => logits[b] - logits[a]);
  const positives = decisions.filter((decision) => having[decision] === 1).length;
  let hits = 0;
  let best = 0;
  let threshold: number | undefined;
  descending.forEach((decision, index) => {
    if (having[decision] === 1) hits += 1;
    const logit = logits[decision];
    const next = index + 1 < descending.length ? logits[descending[index + 1]] : logit - 1;
    // Equal logits are above or below it together.
    if (next === logit) return;
    const f1 = (2 * hits) / (index + 1 + positives);
    if (f1 <= best) return;
    best = f1;
    threshold = Math.max(-LARGEST, Math.min(LARGEST, (logit + next) / 2));
  });
  return threshold;
}

/** Parts of the texts: each is answered with thresholds that were fitted on the others. */
const PARTS = 5;

/**
 * Answers [N] to texts that the classifier was not trained on and that thresholds are fitted on: each with thresholds that were fitted without it, on the other parts,
 * text i being in part i mod 5. Where each text has one label, that with the largest logit.
 */
export function heldOutAnswers(
  logits: Float32Array,
  expected: ArrayLike<number>,
  space: LabelSpace,
): Int32Array {
  if (typeof space === "number") return predictedLabels(logits, space);
  const rows = Array.from(expected, (_, row) => row);
  const answers = new Int32Array(rows.length);
  for (let part = 0; part < PARTS; part++) {
    const others = rows.filter((row) => row % PARTS !== part);
    const own = rows.filter((row) => row % PARTS === part);
    const thresholds = fittedThresholds(
      rowsOf(logits, others, space),
      others.map((row) => expected[row]),
      space,
    );
    const found = predictedLabels(rowsOf(logits, own, space), space, thresholds);
    own.forEach((row, index) => {
      answers[row] = found[index];
    });
  }
  return answers;
}

function rowsOf(logits: Float32Array, rows: readonly number[], sets: LabelSets): Float32Array {
  const labels = labelCount(sets);
  const some = new Float32Array(rows.length * labels);
  rows.forEach((row, index) => {
    some.set(logits.subarray(row * labels, (row + 1) * labels), index * labels);
  });
  return some;
}

/** 1 / (1 + exp(-z)), the probability of a label that has a logit of its own. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
