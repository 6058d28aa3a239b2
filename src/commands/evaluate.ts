/** `evaluate`: metrics of a classifier on labelled texts. */

import { L3MaskingError } from "../base/errors.js";
import { listed } from "../base/figures.js";
import { nearestName } from "../base/nearest.js";
import { isEmptyText, type TextRecord } from "../data/formats/record.js";
import { type LabelSpace, labelsIn } from "../data/label-sets.js";
import { labelScale } from "../data/labels.js";
import { type RecordFile, readRecords } from "../data/read.js";
import { labelSpace, severalLabelsOf, textFields } from "../data/task.js";
import { writeDurably } from "../platform/files/durable.js";
import { confidenceOf } from "../results/metrics/confidence.js";
import type { OfLabelMeasures } from "../results/metrics/label-measures.js";
import { classificationMetrics, predictedLabels } from "../results/metrics/metrics.js";
import { type TaskFigures, taskFiguresOf } from "../results/metrics/task-measures.js";
import type { Confidence, LabelMetrics, SplitMetrics } from "../results/records/measures.js";
import type { Prediction } from "../results/records/predictions.js";
import { openClassifier } from "../run/classifiers/kinds.js";
import { requireWritable } from "../run/folder/run-folder.js";
import { trainingTexts } from "../run/folder/training-texts.js";
import type { Host } from "../run/host/host.js";
import { predictionsOf } from "../run/inference/classify.js";
import { columnsFor, requireColumns } from "../run/inference/columns.js";
import { outputFormat, predictionWriter } from "../run/inference/prediction-rows.js";
import type { EvaluateSettings } from "../run/settings/schemas.js";

/** Measures of a classifier on labelled texts; fractions from 0 to 1, the loss in nats. */
export interface EvaluateResult extends SplitMetrics, Confidence {
  readonly rows: number;
  readonly per_label: Readonly<Record<string, LabelMetrics>>;
  readonly excluded: Readonly<Record<string, number>>;
  /** Rows whose text was used to train the classifier; null where its folder does not say. */
  readonly trained_on: number | null;
  /** Of the rows that were not; null where all were, or none, or it is not known. */
  readonly unseen: ({ readonly rows: number } & OfLabelMeasures<number> & TaskFigures) | null;
  /** Labels of the classifier that no row has; each counts as 0 in the means over labels. */
  readonly labels_without_rows: readonly string[];
  /** The file of predictions; absent where none was asked for. */
  readonly output?: string;
}

/**
 * Metrics on the rows of `input`; empty texts are left out and counted. Writes the rows with their predictions where `output` names a
 * file. Throws `data-label` for labels that the classifier does not have, `data-column` for a file without labels, and
 * `invalid-setting` for an output that cannot be written.
 */
export async function runEvaluate(settings: EvaluateSettings, host: Host): Promise<EvaluateResult> {
  const { input, output, textColumn, labelColumn, labelSeparator } = settings;
  const format = outputFormat(output);
  if (output !== undefined) requireWritable(output);
  const withoutLabels =
    "evaluate compares predictions with labels; to label texts that have none, use l3masking predict.";
  const columns = { textColumn, labelColumn, labelSeparator };
  const options = { ...columns, labels: "required", withoutLabels } as const;
  const classifier = await openClassifier(settings, host);
  try {
    const { labels, task, thresholds } = classifier;
    const space = labelSpace(labels, task);
    const labelLayout = task.severalLabels ?? "one";
    const file = await readRecords(input, columnsFor({ ...options, labelLayout }, task));
    requireColumns(file, task, input);
    const rows = file.records.filter(({ text }) => !isEmptyText(text));
    const expected = expectedIds(rows, labels, space, input);
    const texts = rows.map(({ text }) => text);
    const isKnown = trainingTexts(classifier.folder);
    const seen = isKnown && Uint8Array.from(texts, (text) => +isKnown(text));
    const logits = await classifier.logits(texts, "evaluating");
    const predicted = predictedLabels(logits, space, thresholds);
    const { measures, perLabel } = classificationMetrics(expected, predicted, space);
    const scale =
      typeof space === "number" ? labelScale(labels, settings.orderedLabels) : undefined;
    const figures = taskFiguresOf(expected, predicted, { space, task: { scale } });
    if (output !== undefined) {
      const predictions = predictionsOf(logits, labels, thresholds);
      const several = severalLabelsOf(classifier);
      writeDurably(output, outputLines(rows, predictions, seen, file, format, several));
    }
    return {
      rows: rows.length,
      ...measures,
      ...figures,
      ...confidenceOf(logits, expected, space),
      per_label: Object.fromEntries(labels.map((label, id) => [label, perLabel[id]])),
      excluded: { empty_texts: file.records.length - rows.length },
      trained_on: seen === undefined ? null : seen.reduce((sum, one) => sum + one, 0),
      unseen: seen === undefined ? null : unseenMetrics(seen, expected, predicted, space),
      labels_without_rows: labels.filter((_, id) => perLabel[id].support === 0),
      ...(output !== undefined && { output }),
    };
  } finally {
    await classifier.dispose();
  }
}

/** The ids of the rows' labels. Throws `data-label` naming every label that the classifier does not have. */
function expectedIds(
  rows: readonly TextRecord[],
  labels: readonly string[],
  space: LabelSpace,
  file: string,
): Int32Array {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const several = typeof space !== "number";
  const unknown = new Map<string, { readonly line: number; readonly rows: number }>();
  const expected = Int32Array.from(rows, ({ label = "", line }) => {
    const odd = (several ? labelsIn(label) : [label]).filter((one) => !ids.has(one));
    if (odd.length === 0) return several ? space.idOf(label) : (ids.get(label) ?? -1);
    for (const one of odd) {
      const first = unknown.get(one);
      unknown.set(one, { line: first?.line ?? line, rows: (first?.rows ?? 0) + 1 });
    }
    return -1;
  });
  if (unknown.size === 0) return expected;
  const [[label, { line }], ...others] = unknown;
  const more =
    others.length === 0
      ? ""
      : `, and further on ${listed(others.map(([name, { rows: times }]) => `"${name}" (${times} ${times === 1 ? "row" : "rows"})`))}`;
  throw new L3MaskingError(
    "data-label",
    `${file} line ${line}: expected one of the classifier's labels (${labels.join(", ")}), got "${label}"${more}`,
    { hint: unknownHint([...unknown.keys()], labels) },
  );
}

function unknownHint(unknown: readonly string[], labels: readonly string[]): string {
  if (unknown.every((label) => /^\d+$/.test(label) && Number(label) < labels.length)) {
    const names = labels.map((label, id) => `${id} ${label}`).join(", ");
    return `If these are the numbers of classes, write their names; the classifier's order is ${names}.`;
  }
  const meant = unknown.flatMap((label) => {
    const nearest = nearestName(label, labels);
    return nearest === undefined ? [] : [`"${nearest}" for "${label}"`];
  });
  if (meant.length > 0) return `If it is meant to be ${listed(meant)}, correct the labels.`;
  return unknown.length === 1
    ? "Remove its rows, or train a classifier with this label."
    : "Remove their rows, or train a classifier with these labels.";
}

/** Undefined where no row is left, or all are. */
function unseenMetrics(
  seen: Uint8Array,
  expected: Int32Array,
  predicted: Int32Array,
  space: LabelSpace,
): EvaluateResult["unseen"] {
  const rows = Array.from(seen.keys()).filter((row) => seen[row] === 0);
  if (rows.length === 0 || rows.length === seen.length) return null;
  const of = (ids: Int32Array) => rows.map((row) => ids[row]);
  const { measures } = classificationMetrics(of(expected), of(predicted), space);
  const figures = taskFiguresOf(of(expected), of(predicted), { space, task: {} });
  return { rows: rows.length, ...measures, ...figures };
}

/** The rows with their other columns, then text, label, the prediction, and whether the text was trained on. */
function* outputLines(
  rows: readonly TextRecord[],
  predictions: readonly Prediction[],
  seen: Uint8Array | undefined,
  { textColumns, labelColumn = "label" }: RecordFile,
  format: ReturnType<typeof outputFormat>,
  several: readonly string[] | undefined,
): Generator<string> {
  const others = new Set(rows.flatMap(({ columns }) => Object.keys(columns)));
  const told = seen === undefined ? [] : ["trained_on"];
  // A column of the file goes before ours of the same name.
  const columns = [...new Set(["line", ...others, ...textColumns, labelColumn, ...told])];
  const { header, line } = predictionWriter(format, { columns, regular: true }, true, several);
  yield header;
  for (const [index, { columns: values, text, label, line: place }] of rows.entries()) {
    const row = {
      line: place,
      ...(seen !== undefined && { trained_on: seen[index] === 1 }),
      ...values,
      ...textFields(text, { textColumns }),
      [labelColumn]: label,
    };
    yield line({ columns: row, line: place, text }, predictions[index]);
  }
}
