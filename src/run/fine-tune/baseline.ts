/** The baseline of a run, trained in seconds on the same rows and measured on the same splits. */

import { L3MaskingError } from "../../base/errors.js";
import { counted, percent } from "../../base/figures.js";
import type { Dataset } from "../../data/dataset.js";
import type { LabelSpace } from "../../data/label-sets.js";
import { AUTO, isStacked, type Method } from "../../method/methods.js";
import {
  fitTfidf,
  type TfidfClassifier,
  tfidfLogits,
} from "../../model/linear/tfidf-classifier.js";
import { fittedTemperature } from "../../results/metrics/confidence.js";
import { labelMeasures } from "../../results/metrics/label-measures.js";
import { classificationMetrics, predictedLabels } from "../../results/metrics/metrics.js";
import { taskFiguresOf, taskTexts, titleBeside } from "../../results/metrics/task-measures.js";
import { fittedThresholds, heldOutAnswers } from "../../results/metrics/thresholds.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import { writeTrainingTexts } from "../folder/training-texts.js";
import type { Host, MeasuredEvent } from "../host/host.js";
import type { RunInputs } from "./inputs.js";
import type { MeasuredRows } from "./run-metrics.js";

/** Is TF-IDF trained beside the method, as its baseline or as a part of it? */
export function wantsBaseline({ baseline, method }: RunInputs["settings"]): boolean {
  return baseline || method === AUTO || isStacked(method);
}

export interface RunBaseline {
  readonly metrics: NonNullable<RunMetrics["baseline"]>;
  readonly classifier: TfidfClassifier;
  /** The texts that stand for dev. */
  readonly dev: MeasuredRows;
  /** Ids of the answers to the texts that stand for dev, and to the test rows, undefined without a test split. */
  readonly answers: { readonly dev: Int32Array; readonly test: Int32Array | undefined };
}

/** Tells the host what a candidate answered to texts it was not trained on. */
export function tellMeasured(
  host: Pick<Host, "emit">,
  method: Method,
  on: MeasuredEvent["on"],
  { labelIds, logits }: MeasuredRows,
  space: LabelSpace,
): void {
  const predicted = heldOutAnswers(logits, labelIds, space);
  const { measures } = classificationMetrics(labelIds, predicted, space);
  host.emit({ type: "measured", method, on, texts: labelIds.length, measures });
}

/**
 * Trains TF-IDF with logistic regression on train, saves it in `folder` and measures it on dev and test; `heldOut` stands for dev where
 * there is none. Throws `interrupted` after a stop on request, and what `saveLinear` throws.
 */
export function measureBaseline(
  data: Dataset,
  heldOut: MeasuredRows | undefined,
  folder: string,
  host: Host,
): RunBaseline {
  const { train, test, labels, space } = data;
  const start = host.now();
  const classifier = fitTfidf(train.texts, train.labelIds, space, () => {
    if (host.cancelled()) throw stopped();
  });
  const dev = heldOut ?? {
    labelIds: data.dev.labelIds,
    logits: tfidfLogits(classifier, data.dev.texts),
  };
  const temperature = fittedTemperature(dev.logits, dev.labelIds, space);
  const thresholds = fittedThresholds(dev.logits, dev.labelIds, space);
  saveLinear(folder, { classifier, labels, temperature, thresholds, task: data.task });
  writeTrainingTexts(folder, [...train.texts, ...data.dev.texts]);
  const measure = (labelIds: Int32Array, predicted: Int32Array) => ({
    ...classificationMetrics(labelIds, predicted, space).measures,
    ...taskFiguresOf(labelIds, predicted, data),
  });
  const answers = {
    dev: heldOutAnswers(dev.logits, dev.labelIds, space),
    test: test && predictedLabels(tfidfLogits(classifier, test.texts), space, thresholds),
  };
  const devMeasures = measure(dev.labelIds, answers.dev);
  const seconds = ((host.now() - start) / 1000).toFixed(1);
  const figures = [
    ...labelMeasures.map(
      (one) => `${titleBeside(one, devMeasures)} ${percent(devMeasures[one.name])}`,
    ),
    ...taskTexts(devMeasures),
  ];
  const measured = heldOut ? counted(dev.labelIds.length, "held-out text") : "dev";
  const text = `baseline to beat: TF-IDF, trained in ${seconds} s: ${figures.join(", ")} on ${measured}`;
  host.emit({ type: "notice", level: "info", text });
  tellMeasured(host, "tfidf", heldOut ? "held-out" : "dev", dev, space);
  return {
    metrics: {
      method: "tfidf",
      dev: devMeasures,
      test: test && answers.test ? measure(test.labelIds, answers.test) : null,
    },
    classifier,
    dev,
    answers,
  };
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "training of the baseline was stopped", {
    hint: "Resume with the same command and --resume.",
  });
}
