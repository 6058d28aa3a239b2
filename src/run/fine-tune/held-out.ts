/** The texts of a run that its folds held out: what the candidates answered to them, and which candidate is best. */

import { capitalized, counted } from "../../base/figures.js";
import { doubtfulLabels } from "../../data/check/doubtful-labels.js";
import type { Dataset } from "../../data/dataset.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { isLinear } from "../../method/methods.js";
import { join } from "../../platform/paths.js";
import { writeJsonLines } from "../folder/run-folder.js";
import type { Host } from "../host/host.js";
import { predictionsOf } from "../inference/classify.js";
import { wantsBaseline } from "./baseline.js";
import { answersOn, type Choice, chooseCandidate, type HeldOutAnswers, titleOf } from "./choice.js";
import { embedAnswers, encoderAnswers, tfidfAnswers } from "./cross-validation.js";
import type { EmbeddedRun } from "./embedding.js";
import type { MeasuredRows } from "./run-metrics.js";
import { candidatesOf } from "./stack.js";
import type { TextMasks } from "./text-masks.js";
import { isLeftOut, type PlannedInputs } from "./work-plan.js";

export interface HeldOutByFolds {
  readonly choice: Choice;
  /** Indices of the training texts that what is kept answered, ascending. */
  readonly rows: readonly number[];
  readonly measured: MeasuredRows;
  /** By TF-IDF on the same rows; absent without a baseline. */
  readonly baseline: Float32Array | undefined;
  /** Rows whose label is probably wrong, by what is kept. */
  readonly doubtfulLabels: number;
  /** All that TF-IDF answered. */
  readonly tfidf: MeasuredRows | undefined;
}

/** Undefined where no folds are held out. Throws `interrupted` after a stop on request, with the finished folds kept. */
export async function heldOutByFolds(
  inputs: PlannedInputs,
  masks: TextMasks | undefined,
  embedded: EmbeddedRun | undefined,
  runtime: Runtime,
  host: Host,
): Promise<HeldOutByFolds | undefined> {
  const { folds, settings, data, plan } = inputs;
  if (folds === undefined) return undefined;
  const { method } = settings;
  const tfidf = wantsBaseline(settings) ? await tfidfAnswers(inputs, folds, host) : undefined;
  const embed = embedded && (await embedAnswers(inputs, embedded.train, folds, host));
  const encoder =
    isLinear(method) || isLeftOut(plan, "stl")
      ? undefined
      : await encoderAnswers(inputs, masks, folds, plan.encoderFolds, runtime, host);
  const { labelIds } = data.train;
  const labels = data.labels.length;
  const candidates = candidatesOf(method, { tfidf, embed, encoder }, labelIds, labels);
  const { metricForBestModel: metric, seed } = settings;
  const rule = { metric, seed, folds: folds.count, leftOut: plan.leftOut };
  const choice = await chooseCandidate(candidates, { labelIds, labels }, rule);
  const { rows, logits } = choice.chosen;
  const measured = (answers: HeldOutAnswers) => measuredRows(answers, labelIds);
  if (choice.record.choice !== null) {
    const text = `${titleOf(choice.chosen.method)} is kept, and trained on all ${counted(data.train.texts.length, "text")} now`;
    host.emit({ type: "notice", level: "info", text: capitalized(text) });
  }
  const chosen = measured({ ...choice.chosen, logits });
  return {
    choice,
    rows,
    measured: chosen,
    doubtfulLabels: doubtfulLabels(logits, chosen.labelIds, labels).rows.length,
    baseline: tfidf && answersOn(rows, tfidf, labels),
    tfidf: tfidf && measured(tfidf),
  };
}

/** What a candidate answered, with the labels of the rows. */
export function measuredRows(
  { rows, logits }: HeldOutAnswers,
  labelIds: ArrayLike<number>,
): MeasuredRows {
  return { labelIds: Int32Array.from(rows, (row) => labelIds[row]), logits };
}

/** Writes predictions-held-out.jsonl: each held-out training row, its label and the one predicted without it. */
export function writeHeldOutPredictions(
  outputDir: string,
  { rows, measured }: Pick<HeldOutByFolds, "rows" | "measured">,
  { labels, train }: Pick<Dataset, "labels" | "train">,
): void {
  const predictions = predictionsOf(measured.logits, labels);
  writeJsonLines(
    join(outputDir, "predictions-held-out.jsonl"),
    rows.map((row, index) => ({
      line: train.records[row].line,
      expected: labels[train.labelIds[row]],
      ...predictions[index],
    })),
  );
}
