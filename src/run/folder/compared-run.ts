/** Reads a finished run's folder for results.json: metrics by row set, curves, and predictions for the tests. */

import { type LabelSpace, labelSets } from "../../data/label-sets.js";
import { labelIds, labelScale } from "../../data/labels.js";
import type { StepEvent } from "../../method/train/events.js";
import { ofLabelMeasures } from "../../results/metrics/label-measures.js";
import { classificationMetrics } from "../../results/metrics/metrics.js";
import {
  type MeasuredTask,
  type TaskFigures,
  taskFiguresOf,
} from "../../results/metrics/task-measures.js";
import type {
  ComparedRun,
  RowSetMetrics,
  RunKey,
  TrainingPoint,
} from "../../results/records/comparison.js";
import type { MachineRecord } from "../../results/records/machine-record.js";
import type { TaskValues } from "../../results/records/measures.js";
import type { HeldOutPrediction, TestPrediction } from "../../results/records/predictions.js";
import { finishedJournal, finishedMetrics, finishedPredictions } from "./finished-run.js";

/** Most points of a training curve: fewer than of a dev curve, as each is a mean that quiets the noise of steps. */
const CURVE_POINTS = 50;

/** Test rows as label ids. */
export interface RunPredictions {
  readonly expected: Int32Array; // [N]
  readonly predicted: Int32Array; // [N]
  readonly seenInTraining: Uint8Array; // [N]
  /** What the ids stand for. */
  readonly space: LabelSpace;
}

export interface RunReading {
  readonly run: ComparedRun;
  readonly predictions: RunPredictions;
  /** Where it was finished; absent in runs of versions that did not record it. */
  readonly machine: MachineRecord | undefined;
}

/**
 * Reads a finished run. `labels` are the data set's in id order; `place` is what the comparison knows about the run.
 *
 * Throws `data-format` for files that are damaged or hold other labels.
 */
export function readComparedRun(
  path: string,
  place: RunKey & Pick<ComparedRun, "folder" | "digest">,
  labels: readonly string[],
): RunReading | undefined {
  const metrics = finishedMetrics(path);
  if (metrics === undefined) return undefined;
  const journal = finishedJournal(path);
  // The run decided whether its labels have an order, and whether texts have several.
  const space = metrics.dev.label_sets === undefined ? labels.length : labelSets(labels);
  const predictions = asIds(finishedPredictions(path), labels, space);
  const all = Array.from(predictions.expected.keys());
  const leakFree = all.filter((row) => predictions.seenInTraining[row] === 0);
  const scale = metrics.dev.order && labelScale(labels, true);
  const measured = { space, task: { scale } };
  const { scoring_seconds, training_seconds, tokens_per_second } = metrics.timing;
  const run: ComparedRun = {
    ...place,
    best_step: metrics.best_step,
    steps: journal.stop.step,
    stop_reason: journal.stop.reason,
    dev: metrics.dev,
    test: rowSetMetrics(predictions, all, labels, measured),
    leak_free: rowSetMetrics(predictions, leakFree, labels, measured),
    dev_curve: journal.evaluations.map(({ step, loss, measures, best }) => ({
      ...ofLabelMeasures((name) => measures[name]),
      step,
      loss,
      best,
    })),
    training_curve: thinned(journal.steps),
    timing: { scoring_seconds, training_seconds, tokens_per_second },
    excluded: metrics.excluded,
    text_counts: metrics.text_counts,
  };
  return { run, predictions, machine: metrics.machine };
}

/** Label names as ids; -1 for a name that the data set lacks, which the metrics reject. */
function asIds(
  rows: readonly TestPrediction[],
  labels: readonly string[],
  space: LabelSpace,
): RunPredictions {
  const ids = labelIds(labels);
  const idOf = typeof space === "number" ? (label: string) => ids.get(label) ?? -1 : space.idOf;
  return {
    space,
    expected: Int32Array.from(rows, ({ expected }) => idOf(expected)),
    predicted: Int32Array.from(rows, ({ label }) => idOf(label)),
    seenInTraining: Uint8Array.from(rows, ({ seen_in_training: seen }) => +seen),
  };
}

/** Metrics of rows that folds held out; null without any. Throws as `readComparedRun`. */
export function heldOutMetrics(
  rows: readonly HeldOutPrediction[],
  labels: readonly string[],
  { label_sets: sets }: TaskFigures,
): RowSetMetrics | null {
  const space = sets === undefined ? labels.length : labelSets(labels);
  const ids = asIds(
    rows.map((row) => ({ ...row, seen_in_training: false })),
    labels,
    space,
  );
  return rowSetMetrics(ids, Array.from(rows.keys()), labels, { space, task: {} });
}

function rowSetMetrics(
  { expected, predicted }: RunPredictions,
  rows: readonly number[],
  labels: readonly string[],
  measured: MeasuredTask,
): RowSetMetrics | null {
  if (rows.length === 0) return null;
  const [of, answered] = [expected, predicted].map((ids) => rows.map((row) => ids[row]));
  const { measures, perLabel, confusion } = classificationMetrics(of, answered, measured.space);
  return {
    rows: rows.length,
    ...measures,
    ...taskFiguresOf(of, answered, measured),
    per_label: Object.fromEntries(labels.map((label, id) => [label, perLabel[id]])),
    confusion: confusion.map((row) => Array.from(row)),
  };
}

/** Means over equally many neighbouring steps; the last point may have fewer. */
export function thinned(steps: readonly StepEvent[]): TrainingPoint[] {
  const size = Math.max(1, Math.ceil(steps.length / CURVE_POINTS));
  return Array.from({ length: Math.ceil(steps.length / size) }, (_, point) => {
    const portion = steps.slice(point * size, (point + 1) * size);
    const meanOf = (read: (step: StepEvent) => number | null) => {
      const values = portion.map(read).filter((value) => value !== null);
      if (values.length === 0) return null;
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const values = (of: (step: StepEvent) => TaskValues | null): TaskValues | null => {
      const main = meanOf((step) => of(step)?.main ?? null);
      const auxiliary = meanOf((step) => of(step)?.auxiliary ?? null);
      return main === null || auxiliary === null ? null : { main, auxiliary };
    };
    return {
      step: portion[portion.length - 1].step,
      main_loss: meanOf(({ main_loss }) => main_loss),
      auxiliary_loss: meanOf(({ auxiliary_loss }) => auxiliary_loss),
      learning_rate: meanOf(({ learning_rate }) => learning_rate) ?? 0,
      task_weights: values(({ task_weights }) => task_weights) ?? { main: 0, auxiliary: 0 },
      cosines: values(({ cosines }) => cosines),
    };
  });
}
