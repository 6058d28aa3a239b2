/** The baseline of a run, trained in seconds on the same rows and measured on the same splits, and the verdict against it. */

import { L3MaskingError } from "../../base/errors.js";
import { percent } from "../../base/figures.js";
import type { Dataset, DatasetSplit } from "../../data/dataset.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { fittedTemperature } from "../../results/metrics/confidence.js";
import { labelMeasures } from "../../results/metrics/label-measures.js";
import { classificationMetrics, predictedLabels } from "../../results/metrics/metrics.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { judge } from "../../results/verdict/verdict.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import { writeTrainingTexts } from "../folder/training-texts.js";
import type { Host } from "../host/host.js";

export interface RunBaseline {
  readonly metrics: NonNullable<RunMetrics["baseline"]>;
  /** Label ids it predicts for the test rows; undefined without a test split. */
  readonly test: Int32Array | undefined;
}

/**
 * Trains TF-IDF with logistic regression on train, saves it in `folder` and measures it on dev and test. Throws `interrupted` after a
 * stop on request, and what `saveLinear` throws.
 */
export function measureBaseline(data: Dataset, folder: string, host: Host): RunBaseline {
  const { train, dev, test, labels } = data;
  const start = host.now();
  const baseline = fitTfidf(train.texts, train.labelIds, labels.length, () => {
    if (host.cancelled()) throw stopped();
  });
  const devLogits = tfidfLogits(baseline, dev.texts);
  const temperature = fittedTemperature(devLogits, dev.labelIds, labels.length);
  saveLinear(folder, { classifier: baseline, labels, temperature });
  writeTrainingTexts(folder, [...train.texts, ...dev.texts]);
  const measure = ({ labelIds }: DatasetSplit, predicted: Int32Array) =>
    classificationMetrics(labelIds, predicted, labels.length).measures;
  const devMeasures = measure(dev, predictedLabels(devLogits, labels.length));
  const seconds = ((host.now() - start) / 1000).toFixed(1);
  const figures = labelMeasures.map(({ name, title }) => `${title} ${percent(devMeasures[name])}`);
  const text = `baseline to beat: TF-IDF with logistic regression, trained in ${seconds} s: on dev, ${figures.join(", ")}`;
  host.emit({ type: "notice", level: "info", text });
  const predicted = test && predictedLabels(tfidfLogits(baseline, test.texts), labels.length);
  return {
    metrics: {
      method: "tfidf",
      dev: devMeasures,
      test: test && predicted ? measure(test, predicted) : null,
    },
    test: predicted,
  };
}

/**
 * How the run's classifier compares with the baseline, on the test rows whose text is not in train; undefined where there are none.
 * `predicted` holds the label ids it predicts for all test rows.
 */
export function verdictOnRun(
  { labels, train, test, seenInTraining }: Dataset,
  predicted: Int32Array | undefined,
  baseline: Int32Array | undefined,
): string | undefined {
  if (test === undefined || predicted === undefined || baseline === undefined) return undefined;
  const rows = Array.from(seenInTraining.keys()).filter((row) => seenInTraining[row] === 0);
  if (rows.length === 0) return undefined;
  const counts = new Int32Array(labels.length);
  for (const id of train.labelIds) counts[id] += 1;
  const id = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const of = (ids: Int32Array) => rows.map((row) => ids[row]);
  return judge({
    expected: of(test.labelIds),
    predicted: of(predicted),
    baseline: of(baseline),
    commonest: { id, label: labels[id] },
  }).text;
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "training of the baseline was stopped", {
    hint: "Resume with the same command and --resume.",
  });
}
