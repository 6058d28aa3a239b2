/** The verdict on a run's classifier: on the test rows, or on the texts that folds held out. */

import type { LabelSpace } from "../../data/label-sets.js";
import { isLinear } from "../../method/methods.js";
import { journalEvent } from "../../method/train/events.js";
import type { TrainingOutcome } from "../../method/train/trainer.js";
import { findText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { labelMeasureOf } from "../../results/metrics/label-measures.js";
import { type OrderValues, orderOf, orderTexts } from "../../results/metrics/order-measures.js";
import { heldOutAnswers } from "../../results/metrics/thresholds.js";
import { parseRecordLines } from "../../results/records/parse.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { adviceText, type MeasuredLabel, type MeasuredRun } from "../../results/verdict/advice.js";
import { judgeSets } from "../../results/verdict/set-verdict.js";
import { judge, judgeBaseline } from "../../results/verdict/verdict.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import type { RunBaseline } from "./baseline.js";
import { type HeldOutAnswers, titleOf } from "./choice.js";
import { endedText } from "./ending.js";
import type { HeldOutByFolds } from "./held-out.js";
import type { RunInputs } from "./inputs.js";
import type { KeptEncoder } from "./kept-encoder.js";

/** Answers to labelled rows, as ids. */
interface JudgedRows {
  readonly labelIds: Int32Array;
  /** Of all rows. */
  readonly chosen: Int32Array;
  readonly baseline: Int32Array | undefined;
  /** The best candidate beside a baseline that was chosen, on some of the rows. */
  readonly rival?: HeldOutAnswers | undefined;
}

/** What was measured beside the answers, of which some may say what would help. */
export type MeasuredBeside = Pick<MeasuredRun, "devCurve" | "metric" | "doubling">;

/**
 * From the journal of a run in which an encoder was trained, and from a learning curve: that of the candidate that is nearest to what was kept,
 * the last one. Throws `data-format` for a damaged journal.
 */
export function measuredBeside(
  { settings }: Pick<RunInputs, "settings">,
  encoder: KeptEncoder | undefined,
  curve: RunMetrics["learning_curve"] | undefined,
): MeasuredBeside {
  const { outputDir, metricForBestModel: metric } = settings;
  const path = join(outputDir, "journal.jsonl");
  const text = encoder === undefined ? undefined : findText(path);
  const hint = "Start the run anew.";
  const events =
    text === undefined
      ? []
      : parseRecordLines(journalEvent, text, { path, writer: "a training run", hint });
  const last = curve?.doubling.at(-1);
  return {
    metric: labelMeasureOf(metric).title,
    devCurve: events.flatMap((event) =>
      event.type === "evaluation" && event.stage === 1 ? [event.measures[metric]] : [],
    ),
    doubling: last && { gain: last.gain, standardError: last.standard_error },
  };
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
  data: EncodedDataset,
  method: string,
  rows: readonly number[],
  { labelIds, chosen, baseline, rival }: JudgedRows,
  beside: MeasuredBeside,
): string | undefined {
  if (rows.length === 0 || baseline === undefined) return undefined;
  const { labels, train, space } = data;
  const membersOf = typeof space === "number" ? (of: number) => [of] : space.members;
  const counts = new Int32Array(labels.length);
  for (const answer of train.labelIds) for (const of of membersOf(answer)) counts[of] += 1;
  const id = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const commonest = { id, label: labels[id] };
  const idsOf = (answers: Int32Array) => rows.map((row) => answers[row]);
  const expected = idsOf(labelIds);
  const predicted = idsOf(chosen);
  const isBaseline = method === "tfidf";
  const answered = isBaseline && rival ? rivalAnswers(rival, rows, labelIds, space) : undefined;
  const ofBaseline = idsOf(baseline);
  const verdict =
    typeof space !== "number"
      ? judgeSets({
          ...{ sets: space, expected, predicted, commonest, rival: answered },
          baseline: isBaseline ? undefined : ofBaseline,
        })
      : isBaseline
        ? judgeBaseline({ expected, baseline: predicted, commonest, rival: answered })
        : judge({ expected, predicted, baseline: ofBaseline, commonest });
  const orders = [predicted, ofBaseline].map((ids) => orderOf(expected, ids, data.task.scale));
  const [order, orderOfBaseline] = isBaseline ? orders.slice(0, 1) : orders;
  const text = [
    typeof verdict === "string" ? verdict : verdict.text,
    ...(order === undefined ? [] : [orderText(order, orderOfBaseline)]),
  ].join(" ");
  if (typeof verdict !== "string" && verdict.standing === "better") return text;
  const has = expected.map((answer) => new Set(membersOf(answer)));
  const given = predicted.map((answer) => new Set(membersOf(answer)));
  const measured = labels.map(
    (label, of): MeasuredLabel => ({
      label,
      rows: has.filter((known) => known.has(of)).length,
      found: has.filter((known, row) => known.has(of) && given[row].has(of)).length,
      texts: counts[of],
    }),
  );
  const advice = adviceText({ ...beside, labels: measured });
  return advice === undefined ? text : `${text} ${advice}`;
}

/** How far off the answers to ordered labels are, next to the baseline's, where that is another classifier. */
function orderText(order: OrderValues, baseline: OrderValues | undefined): string {
  const text = `By the order of the labels: ${orderTexts(order).join(", ")}`;
  return baseline === undefined
    ? `${text}.`
    : `${text}; TF-IDF: ${orderTexts(baseline).join(", ")}.`;
}

function rivalAnswers(
  { method, rows: known, logits }: HeldOutAnswers,
  rows: readonly number[],
  labelIds: Int32Array,
  space: LabelSpace,
) {
  const places = new Map(known.map((row, place) => [row, place]));
  const expected = known.map((row) => labelIds[row]);
  const predicted = heldOutAnswers(logits, expected, space);
  const answered = rows.flatMap((row, index) => {
    const place = places.get(row);
    return place === undefined ? [] : [{ index, label: predicted[place] }];
  });
  return { title: titleOf(method), answered };
}

/**
 * The verdict on the unseen test rows; without a test split on the texts that folds held out; undefined without either. `outcome` is that of an
 * encoder's training: where that was ended on request, the verdict says so, and none is given on figures of other trainings.
 */
export function verdictOnRun(
  data: EncodedDataset,
  method: string,
  test: Int32Array | undefined,
  baseline: RunBaseline | undefined,
  held: HeldOutByFolds | undefined,
  beside: MeasuredBeside,
  outcome?: TrainingOutcome,
): string | undefined {
  const ended = endedText(outcome);
  if (ended === undefined) return judged(data, method, test, baseline, held, beside);
  if (test === undefined && held !== undefined && !isLinear(method)) {
    return `${ended} How good the classifier is that was kept is not known: the figures on held-out texts are of trainings to the last step.`;
  }
  const verdict = judged(data, method, test, baseline, held, beside);
  return verdict === undefined ? ended : `${ended} ${verdict}`;
}

function judged(
  data: EncodedDataset,
  method: string,
  test: Int32Array | undefined,
  baseline: RunBaseline | undefined,
  held: HeldOutByFolds | undefined,
  beside: MeasuredBeside,
): string | undefined {
  if (data.test !== undefined && test !== undefined) {
    const answers = {
      labelIds: data.test.labelIds,
      chosen: test,
      baseline: baseline?.answers.test,
    };
    return runVerdict(data, method, unseenRows(data), answers, beside);
  }
  if (held === undefined) return undefined;
  const { rows, measured, choice } = held;
  const places = new Map(rows.map((row, place) => [row, place]));
  const rival = choice.others.map((one) => ({
    ...one,
    rows: one.rows.map((row) => places.get(row) ?? -1),
  }));
  const answers = {
    labelIds: measured.labelIds,
    chosen: heldOutAnswers(measured.logits, measured.labelIds, data.space),
    baseline: held.baseline && heldOutAnswers(held.baseline, measured.labelIds, data.space),
    rival: rival.at(0),
  };
  return runVerdict(data, method, [...rows.keys()], answers, beside);
}
