/** A run that trains a linear classifier: from files to metrics, without steps and without an encoder to train. */
import { L3MaskingError } from "../../base/errors.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { join } from "../../platform/paths.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import { linearExplainer } from "../classifiers/linear-explanation.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import { evaluateRun, excludedRows, splitMetrics } from "../fine-tune/run-metrics.js";
import { heldOutRows, writeWrongRows } from "../fine-tune/wrong-rows.js";
import { finishedMetrics } from "../folder/finished-run.js";
import type { PlacedTrainSettings } from "../folder/named-folder.js";
import { createRunFolder, startedRun, writeJson } from "../folder/run-folder.js";
import { requireSameRun, runDigest } from "../folder/run-identity.js";
import { closingScalars } from "../folder/tracking.js";
import { writeTrainingTexts } from "../folder/training-texts.js";
import type { Host, TrainResult } from "../host/host.js";
import { labelledFiles, loadPlainTexts } from "../sources/labelled-texts.js";
import { ONLY_STEP, writeLinearJournal } from "./linear-journal.js";

/**
 * Trains TF-IDF with logistic regression and writes what a run of any method writes; its journal has one evaluation. A run that was stopped
 * begins anew with --resume, as it takes seconds. There is no baseline beside it: it is the baseline.
 *
 * Throws the errors of each part, and `interrupted` after a stop on request.
 */
export async function trainLinear(
  settings: PlacedTrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<TrainResult> {
  const { outputDir } = settings;
  const started = startedRun(outputDir, settings.resume);
  const files = await labelledFiles(settings, host);
  const data = await loadPlainTexts(files, settings, host);
  const { labels, train, dev, test } = data;
  const rows = {
    train: train.texts.length,
    dev: dev.texts.length,
    test: test?.texts.length ?? 0,
  };
  const record = { settings, data_digest: data.digest, labels, rows };
  if (started === undefined) createRunFolder(outputDir, record);
  else requireSameRun(outputDir, started, record);
  const shown = files.testFile ?? files.validationFile;
  const result = { outputDir, ...(shown !== undefined && { labelledFile: shown }) };
  const finished = finishedMetrics(outputDir);
  if (finished !== undefined) {
    host.emit({ type: "notice", level: "info", text: `the run in ${outputDir} is finished` });
    return { ...result, metrics: finished };
  }

  const start = host.now();
  const classifier = fitTfidf(train.texts, train.labelIds, labels.length, () => {
    if (host.cancelled()) throw stopped();
  });
  const seconds = (host.now() - start) / 1000;

  const devLogits = tfidfLogits(classifier, dev.texts);
  const devMetrics = splitMetrics(devLogits, dev.labelIds, labels.length);
  const logitsOf = async (split: "dev" | "test") =>
    split === "dev" ? devLogits : tfidfLogits(classifier, test?.texts ?? []);
  const evaluated = await evaluateRun(
    () => logitsOf("test"),
    { labelIds: dev.labelIds, logits: devLogits },
    data,
    join(outputDir, "predictions-test.jsonl"),
  );
  const { temperature } = evaluated.confidence;
  const modelFolder = join(outputDir, "model");
  saveLinear(modelFolder, { classifier, labels, temperature });
  writeTrainingTexts(modelFolder, [...train.texts, ...dev.texts]);
  writeLinearJournal(settings, devMetrics, runDigest(record), trackers, host);
  const explain = linearExplainer(classifier, labels);
  await writeWrongRows(outputDir, heldOutRows(data, files), evaluated.heldOut, explain);
  const metrics: RunMetrics = {
    method: "tfidf",
    seed: settings.seed,
    model: settings.model,
    task_weights: settings.taskWeights,
    final_task_weights: null,
    best_step: ONLY_STEP,
    dev: devMetrics,
    test: evaluated.test?.all ?? null,
    test_unseen: evaluated.test?.unseen ?? null,
    baseline: null,
    verdict: null,
    timing: { scoring_seconds: 0, training_seconds: seconds, tokens_per_second: 0, parts: 1 },
    confidence: evaluated.confidence,
    second_stage: null,
    excluded: excludedRows(data, undefined),
    text_counts: {},
  };
  writeJson(outputDir, "metrics.json", metrics);
  trackers.measure(ONLY_STEP, closingScalars(metrics));
  return { ...result, metrics };
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while the classifier was trained", {
    hint: "Resume with the same command and --resume.",
  });
}
