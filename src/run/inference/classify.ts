/** A classifier at work: logits of encodings, batch by batch, in the order of the texts. */
import { joinedLabels, labelSets } from "../../data/label-sets.js";
import { evaluationBatches, inExampleOrder } from "../../method/batch/order.js";
import { type PackedBatch, packOptions, packTexts } from "../../method/batch/pack.js";
import type { ClassificationProgram } from "../../method/program/inference.js";
import type { ModelSpec } from "../../model/spec.js";
import { predictedLabels, softmax } from "../../results/metrics/metrics.js";
import { sigmoid } from "../../results/metrics/thresholds.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { Encoding } from "../../text/encoding.js";
import { allWindows, averagedWindows } from "./windows.js";

/**
 * Logits [N, C] of N encodings, row-major; those of a text in windows are averaged. `evalTokens` bounds the tokens of a batch; `onBatch` is
 * told how many texts are done.
 */
export async function classifyEncodings(
  program: ClassificationProgram,
  spec: ModelSpec,
  encodings: readonly Encoding[],
  evalTokens: number,
  onBatch?: (done: number) => void,
): Promise<Float32Array> {
  const { windows, counts } = allWindows(encodings);
  const told = (done: number) => onBatch?.(Math.floor((done / windows.length) * counts.length));
  const logits = await rowsOfEncodings(program.logits, spec, windows, evalTokens, told);
  const classes = logits.length / Math.max(1, windows.length);
  return averagedWindows(logits, counts, classes, spec.severalLabels);
}

/** What `forward` gives of each text, in their order. */
export async function rowsOfEncodings(
  forward: (batch: PackedBatch) => Promise<Float32Array>,
  spec: ModelSpec,
  encodings: readonly Encoding[],
  evalTokens: number,
  onBatch: (done: number) => void = () => undefined,
): Promise<Float32Array> {
  const portions = evaluationBatches(
    encodings.map(({ ids }) => ids.length),
    evalTokens,
  );
  const rows: Float32Array[][] = [];
  let done = 0;
  for (const portion of portions) {
    const texts = Array.from(portion, (index) => encodings[index].ids);
    const batch = packTexts(texts, packOptions(spec));
    const found = await forward(batch);
    const width = found.length / portion.length;
    rows.push(Array.from(portion, (_, text) => found.subarray(text * width, (text + 1) * width)));
    done += portion.length;
    onBatch(done);
  }
  const ordered = inExampleOrder(portions, rows);
  const width = ordered[0]?.length ?? 0;
  const all = new Float32Array(ordered.length * width);
  ordered.forEach((row, index) => {
    all.set(row, index * width);
  });
  return all;
}

/**
 * Softmax of each row of logits [N, C] as a prediction with named labels. Where a text can have several, sigmoids, and the labels whose logits
 * reach their `thresholds` [C]. Throws `training-diverged` for a logit that is not finite.
 */
export function predictionsOf(
  logits: Float32Array,
  labels: readonly string[],
  thresholds?: readonly number[],
): Prediction[] {
  const classes = labels.length;
  if (thresholds !== undefined) {
    const sets = labelSets(labels);
    return Array.from(predictedLabels(logits, sets, thresholds), (id, index) => {
      const given = sets.members(id).map((label) => labels[label]);
      const row = logits.subarray(index * classes, (index + 1) * classes);
      return {
        label: joinedLabels(given),
        labels: given,
        probabilities: Object.fromEntries(labels.map((label, of) => [label, sigmoid(row[of])])),
      };
    });
  }
  return Array.from(predictedLabels(logits, classes), (best, index) => {
    const probabilities = softmax(logits.subarray(index * classes, (index + 1) * classes));
    return {
      label: labels[best],
      probabilities: Object.fromEntries(labels.map((label, id) => [label, probabilities[id]])),
    };
  });
}
