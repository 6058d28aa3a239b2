/** The texts of a run that its folds held out: what the candidates answered to them, and which candidate is best. */

import { capitalized, counted } from "../../base/figures.js";
import { doubtfulDecisions, doubtfulLabels } from "../../data/check/doubtful-labels.js";
import type { Dataset } from "../../data/dataset.js";
import type { Folds } from "../../data/folds.js";
import type { LabelSpace } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { isLinear, type Method } from "../../method/methods.js";
import { join } from "../../platform/paths.js";
import { writeJsonLines } from "../folder/run-folder.js";
import type { Host } from "../host/host.js";
import { wantsBaseline } from "./baseline.js";
import { answersOn, type Choice, chooseCandidate, type HeldOutAnswers, titleOf } from "./choice.js";
import { embedAnswers, encoderAnswers, tfidfAnswers } from "./cross-validation.js";
import type { EmbeddedRun } from "./embedding.js";
import { givenUpAtEnd, missingCandidates, unlessEnded } from "./ending.js";
import type { RunInputs } from "./inputs.js";
import { heldOutPredictions, type MeasuredRows, measuredRows } from "./run-metrics.js";
import { type AnsweredBy, candidatesOf } from "./stack.js";
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
}

/** What TF-IDF answers in all folds, where they are held out and it is wanted. Throws `interrupted` after a stop on request. */
export async function baselineByFolds(
  inputs: RunInputs,
  host: Host,
): Promise<HeldOutAnswers | undefined> {
  const { folds, settings } = inputs;
  return folds && wantsBaseline(settings) ? tfidfAnswers(inputs, folds, host) : undefined;
}

/** What the other candidates answer; of `auto` those that are done when it is asked to end. Throws `interrupted` after a stop on request, with the finished folds kept. */
export async function othersByFolds(
  inputs: PlannedInputs,
  folds: Folds,
  masks: TextMasks | undefined,
  embedded: EmbeddedRun | undefined,
  runtime: Runtime,
  host: Host,
): Promise<Omit<AnsweredBy, "tfidf">> {
  const { settings, plan } = inputs;
  const { method } = settings;
  const until = givenUpAtEnd(host);
  const embed =
    embedded &&
    (await unlessEnded(method, host, () => embedAnswers(inputs, embedded.train, folds, until)));
  const encoder =
    isLinear(method) || isLeftOut(plan, "stl")
      ? undefined
      : await unlessEnded(method, host, () =>
          encoderAnswers(inputs, masks, folds, plan.encoderFolds, runtime, until),
        );
  return { embed, encoder };
}

/** Which candidate is best, by what all of them answered. */
export async function chosenByFolds(
  { settings, data, plan }: PlannedInputs,
  folds: Folds,
  answered: AnsweredBy,
  host: Host,
): Promise<HeldOutByFolds> {
  const { method, metricForBestModel: metric, seed } = settings;
  const { tfidf } = answered;
  const { labelIds } = data.train;
  const { space } = data;
  const labels = data.labels.length;
  const candidates = candidatesOf(method, answered, labelIds, space);
  const leftOut = missingCandidates(method, answered, plan.leftOut);
  const rule = { metric, seed, folds: folds.count, leftOut };
  const choice = await chooseCandidate(candidates, { labelIds, space }, rule);
  const { rows, logits } = choice.chosen;
  if (choice.record.choice !== null) {
    const text = `${titleOf(choice.chosen.method)} is kept, and trained on all ${counted(data.train.texts.length, "text")} now`;
    host.emit({ type: "notice", level: "info", text: capitalized(text) });
  }
  const chosen = measuredRows({ ...choice.chosen, logits }, labelIds);
  return {
    choice,
    rows,
    measured: chosen,
    doubtfulLabels: doubtfulCount(choice.chosen.method, logits, chosen.labelIds, space),
    baseline: tfidf && answersOn(rows, tfidf, labels),
  };
}

/** Rows with a doubtful label. */
function doubtfulCount(
  method: Method,
  logits: Float32Array,
  given: Int32Array,
  space: LabelSpace,
): number {
  if (typeof space === "number") return doubtfulLabels(logits, given, space).rows.length;
  const weighing = isLinear(method) ? "balanced" : "plain";
  const { rows } = doubtfulDecisions(logits, given, space, weighing);
  return new Set(rows.map(({ row }) => Math.floor(row / space.labels.length))).size;
}

/** Writes predictions-held-out.jsonl: each held-out training row, its label and the one predicted without it. */
export function writeHeldOutPredictions(
  outputDir: string,
  { rows, measured }: Pick<HeldOutByFolds, "rows" | "measured">,
  data: Pick<Dataset, "labels" | "space" | "train">,
): void {
  const { train } = data;
  const predictions = heldOutPredictions(measured, data);
  writeJsonLines(
    join(outputDir, "predictions-held-out.jsonl"),
    rows.map((row, index) => ({
      line: train.records[row].line,
      expected: train.records[row].label,
      ...predictions[index],
    })),
  );
}
