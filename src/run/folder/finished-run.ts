/** Reads the folder of a finished run: metrics, curves and predictions, all validated. */
import { L3MaskingError } from "../../base/errors.js";
import type { EvaluationEvent, StepEvent } from "../../method/train/events.js";
import { findText, readText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { parseJournal } from "../../results/records/journal.js";
import { parseRecord, parseRecordLines } from "../../results/records/parse.js";
import {
  type HeldOutPrediction,
  heldOutPrediction,
  type TestPrediction,
  testPrediction,
} from "../../results/records/predictions.js";
import { type RunMetrics, runMetrics } from "../../results/records/run-metrics.js";

const writer = "a run";
const hint = "The file was edited or is incomplete: delete the folder of this run and train again.";

/**
 * metrics.json of a run, the last file it writes; undefined while the run is not finished. Throws
 * `data-format` for a damaged one.
 */
export function finishedMetrics(folder: string): RunMetrics | undefined {
  const path = join(folder, "metrics.json");
  const text = findText(path);
  return text === undefined ? undefined : parseRecord(runMetrics, text, { path, writer, hint });
}

export interface FinishedJournal {
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvaluationEvent[];
  /** Steps done, and why there are no more. */
  readonly stop: { readonly step: number; readonly reason: "steps" | "patience" | "request" };
}

/** journal.jsonl of a finished run. Throws `data-format` for a damaged or unfinished one. */
export function finishedJournal(folder: string): FinishedJournal {
  const path = join(folder, "journal.jsonl");
  const events = parseJournal(readText(path), path);
  const stop = events.findLast((event) => event.type === "stop");
  if (stop === undefined || stop.reason === "interrupted" || stop.reason === "diverged") {
    const end = stop?.reason ?? "none";
    throw new L3MaskingError(
      "data-format",
      `expected the journal of a finished run in ${path}, got stop reason ${end}`,
      {
        hint: "Delete the folder of this run; the next command trains it again.",
      },
    );
  }
  return {
    steps: events.filter((event) => event.type === "step"),
    evaluations: events.filter((event) => event.type === "evaluation"),
    stop: { step: stop.step, reason: stop.reason },
  };
}

/** predictions-test.jsonl of a finished run, in the order of the test rows; none without a test split. */
export function finishedPredictions(folder: string): readonly TestPrediction[] {
  const path = join(folder, "predictions-test.jsonl");
  return parseRecordLines(testPrediction, findText(path) ?? "", { path, writer, hint });
}

/** predictions-held-out.jsonl of a finished run, in the order of the rows; none where no folds were held out. */
export function heldOutPredictions(folder: string): readonly HeldOutPrediction[] {
  const path = join(folder, "predictions-held-out.jsonl");
  return parseRecordLines(heldOutPrediction, findText(path) ?? "", { path, writer, hint });
}
