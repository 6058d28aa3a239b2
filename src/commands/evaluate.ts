/** `evaluate`: metrics of a classifier on labelled texts. */

import { L3MaskingError } from "../base/errors.js";
import { nearestName } from "../base/nearest.js";
import { isEmptyText } from "../data/formats/record.js";
import { readRecords } from "../data/read.js";
import { confidenceOf } from "../results/metrics/confidence.js";
import { classificationMetrics, predictedLabels } from "../results/metrics/metrics.js";
import type { Confidence, LabelMetrics, SplitMetrics } from "../results/records/measures.js";
import { openClassifier } from "../run/classifiers/kinds.js";
import type { Host } from "../run/host/host.js";
import type { EvaluateSettings } from "../run/settings/schemas.js";

/** Measures of a classifier on labelled texts; fractions from 0 to 1, the loss in nats. */
export interface EvaluateResult extends SplitMetrics, Confidence {
  readonly rows: number;
  readonly per_label: Readonly<Record<string, LabelMetrics>>;
  readonly excluded: Readonly<Record<string, number>>;
}

/**
 * Metrics on the rows of `input`; empty texts are left out and counted. Throws `data-label` for a label
 * that the classifier does not have.
 */
export async function runEvaluate(settings: EvaluateSettings, host: Host): Promise<EvaluateResult> {
  const { input, textColumn, labelColumn } = settings;
  const { records } = await readRecords(input, { textColumn, labelColumn, labels: "required" });
  const rows = records.filter(({ text }) => !isEmptyText(text));
  const classifier = await openClassifier(settings, host);
  try {
    const { labels } = classifier;
    const expected = Int32Array.from(rows, ({ label, line }) => {
      const id = labels.indexOf(label ?? "");
      if (id >= 0) return id;
      throw unknownLabel(label ?? "", line, input, labels);
    });
    const texts = rows.map(({ text }) => text);
    const logits = await classifier.logits(texts, "evaluating");
    const predicted = predictedLabels(logits, labels.length);
    const { measures, perLabel } = classificationMetrics(expected, predicted, labels.length);
    return {
      rows: rows.length,
      ...measures,
      ...confidenceOf(logits, expected, labels.length),
      per_label: Object.fromEntries(labels.map((label, id) => [label, perLabel[id]])),
      excluded: { empty_texts: records.length - rows.length },
    };
  } finally {
    await classifier.dispose();
  }
}

function unknownLabel(label: string, line: number, file: string, labels: readonly string[]) {
  const nearest = nearestName(label, labels);
  return new L3MaskingError(
    "data-label",
    `${file} line ${line}: expected one of the classifier's labels (${labels.join(", ")}), got "${label}"`,
    {
      hint:
        nearest === undefined
          ? "Remove the row, or train a classifier with this label."
          : `If "${nearest}" is meant, correct the label.`,
    },
  );
}
