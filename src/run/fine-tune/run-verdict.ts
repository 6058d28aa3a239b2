/** The verdict on a run's classifier: on the test rows, or on the texts that folds held out. */
import { predictedLabels } from "../../results/metrics/metrics.js";
import { judge, judgeBaseline } from "../../results/verdict/verdict.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import type { RunBaseline } from "./baseline.js";
import { type HeldOutAnswers, titleOf } from "./choice.js";
import type { HeldOutByFolds } from "./held-out.js";

/** Logits of labelled rows, by candidate. */
interface JudgedRows {
  readonly labelIds: Int32Array;
  /** Of all rows. */
  readonly chosen: Float32Array;
  readonly baseline: Float32Array | undefined;
  /** The best candidate beside a baseline that was chosen, on some of the rows. */
  readonly rival?: HeldOutAnswers | undefined;
}

/** The test rows whose text is not in train. */
function unseenRows({ seenInTraining }: EncodedDataset): number[] {
  return Array.from(seenInTraining.keys()).filter((row) => seenInTraining[row] === 0);
}

/**
 * How the chosen classifier compares with the baseline on `rows`; undefined where there are none, or no baseline. Where the baseline is
 * what was chosen, its rival is held against it.
 */
function runVerdict(
  { labels, train }: EncodedDataset,
  method: string,
  rows: readonly number[],
  { labelIds, chosen, baseline, rival }: JudgedRows,
): string | undefined {
  if (rows.length === 0 || baseline === undefined) return undefined;
  const counts = new Int32Array(labels.length);
  for (const id of train.labelIds) counts[id] += 1;
  const id = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const commonest = { id, label: labels[id] };
  const idsOf = (logits: Float32Array) => {
    const predicted = predictedLabels(logits, labels.length);
    return rows.map((row) => predicted[row]);
  };
  const expected = rows.map((row) => labelIds[row]);
  if (method !== "tfidf") {
    return judge({ expected, predicted: idsOf(chosen), baseline: idsOf(baseline), commonest }).text;
  }
  return judgeBaseline({
    expected,
    baseline: idsOf(baseline),
    commonest,
    rival: rival && rivalAnswers(rival, rows, labels.length),
  });
}

function rivalAnswers(
  { method, rows: known, logits }: HeldOutAnswers,
  rows: readonly number[],
  labels: number,
) {
  const places = new Map(known.map((row, place) => [row, place]));
  const predicted = predictedLabels(logits, labels);
  const answered = rows.flatMap((row, index) => {
    const place = places.get(row);
    return place === undefined ? [] : [{ index, label: predicted[place] }];
  });
  return { title: titleOf(method), answered };
}

/** The verdict on the unseen test rows; without a test split on the texts that folds held out; undefined without either. */
export function verdictOnRun(
  data: EncodedDataset,
  method: string,
  test: Float32Array | undefined,
  baseline: RunBaseline | undefined,
  held: HeldOutByFolds | undefined,
): string | undefined {
  if (data.test !== undefined && test !== undefined) {
    const answers = { labelIds: data.test.labelIds, chosen: test, baseline: baseline?.test };
    return runVerdict(data, method, unseenRows(data), answers);
  }
  if (held === undefined) return undefined;
  const { rows, measured, choice } = held;
  const places = new Map(rows.map((row, place) => [row, place]));
  const rival = choice.others.map((one) => ({
    ...one,
    rows: one.rows.map((row) => places.get(row) ?? -1),
  }));
  return runVerdict(data, method, [...rows.keys()], {
    labelIds: measured.labelIds,
    chosen: measured.logits,
    baseline: held.baseline,
    rival: rival.at(0),
  });
}
