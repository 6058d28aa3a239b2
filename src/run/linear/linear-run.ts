/** A run that trains a linear classifier: from files to metrics, without steps and without an encoder to train. */
import { L3MaskingError } from "../../base/errors.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { join } from "../../platform/paths.js";
import { splitMetrics } from "../../results/metrics/split-metrics.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import { linearExplainer } from "../classifiers/linear-explanation.js";
import { saveLinear } from "../classifiers/linear-folder.js";
import { chooseCandidate } from "../fine-tune/choice.js";
import { type LabelledRun, tfidfAnswers } from "../fine-tune/cross-validation.js";
import { foldCount, runFolds } from "../fine-tune/folds.js";
import { writeHeldOutPredictions } from "../fine-tune/held-out.js";
import { learningCurve } from "../fine-tune/learning-curve.js";
import { evaluateRun, excludedRows, measuredRows } from "../fine-tune/run-metrics.js";
import { heldOutRows, writeWrongRows } from "../fine-tune/wrong-rows.js";
import { finishedMetrics } from "../folder/finished-run.js";
import type { PlacedTrainSettings } from "../folder/named-folder.js";
import { createRunFolder, startedRun, writeJson } from "../folder/run-folder.js";
import { requireSameRun, runDigest } from "../folder/run-identity.js";
import { closingScalars } from "../folder/tracking.js";
import { removeState } from "../folder/training-state.js";
import { writeTrainingTexts } from "../folder/training-texts.js";
import type { Host, TrainResult } from "../host/host.js";
import { machineRecord } from "../host/machine.js";
import { labelledFiles, loadPlainTexts } from "../sources/labelled-texts.js";
import { ONLY_STEP, writeLinearJournal } from "./linear-journal.js";

/**
 * Trains TF-IDF with logistic regression and writes what a run of any method writes; its journal has one evaluation. Small data of one file are
 * held out in turn. A run that was stopped
 * begins anew with --resume, as it takes seconds. There is no baseline beside it: it is the baseline.
 *
 * Throws the errors of each part, and `interrupted` after a stop on request.
 */
export async function trainLinear(
  given: PlacedTrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<TrainResult> {
  const { outputDir } = given;
  const started = startedRun(outputDir, given.resume);
  const files = await labelledFiles(given, host);
  let folds = 0;
  const crossValidates = (rows: number) => {
    folds = foldCount(given, files, rows);
    return folds > 0;
  };
  const data = await loadPlainTexts(files, { ...given, crossValidates }, host);
  const settings = { ...given, folds };
  const { labels, space, train, dev, test } = data;
  const rows = {
    train: train.texts.length,
    dev: dev.texts.length,
    test: test?.texts.length ?? 0,
  };
  const record = { settings, data_digest: data.digest, labels, rows };
  if (started === undefined) createRunFolder(outputDir, record);
  else requireSameRun(outputDir, started, record);
  const shown = files.testFile ?? files.validationFile;
  const { trainFile } = files;
  const { textColumn, labelColumn, labelSeparator } = given;
  const labelledFile = shown !== undefined && { labelledFile: shown };
  const named = { textColumn, labelColumn, labelSeparator };
  const result = { outputDir, trainFile, ...named, ...labelledFile };
  const finished = finishedMetrics(outputDir);
  if (finished !== undefined) {
    removeState(outputDir);
    host.emit({ type: "notice", level: "info", text: `the run in ${outputDir} is finished` });
    return { ...result, metrics: finished };
  }

  const held = folds > 0 ? await heldOut({ settings, data }, folds, host) : undefined;
  const curve = await learningCurve({ settings, data, folds: held?.folds }, undefined, host);
  const start = host.now();
  const classifier = fitTfidf(train.texts, train.labelIds, space, () => {
    if (host.cancelled()) throw stopped();
  });
  const seconds = (host.now() - start) / 1000;

  const measured = held?.measured ?? {
    labelIds: dev.labelIds,
    logits: tfidfLogits(classifier, dev.texts),
  };
  const devMetrics = splitMetrics(measured.logits, measured.labelIds, data);
  const evaluated = await evaluateRun(
    async () => tfidfLogits(classifier, test?.texts ?? []),
    measured,
    data,
    join(outputDir, "predictions-test.jsonl"),
  );
  if (held !== undefined) writeHeldOutPredictions(outputDir, held, data);
  const { temperature } = evaluated.confidence;
  const { thresholds, labelCurves: curves } = evaluated;
  const modelFolder = join(outputDir, "model");
  saveLinear(modelFolder, { classifier, labels, temperature, thresholds, task: data.task });
  writeTrainingTexts(modelFolder, [...train.texts, ...dev.texts]);
  writeLinearJournal(settings, devMetrics, runDigest(record), trackers);
  const explain = linearExplainer(classifier, labels);
  const rowsSeen = heldOutRows(data, files, held?.rows);
  await writeWrongRows(outputDir, rowsSeen, evaluated.heldOut, explain);
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
    ...(held && { held_out: held.record }),
    ...(curve && { learning_curve: curve }),
    timing: { scoring_seconds: 0, training_seconds: seconds, tokens_per_second: 0, parts: 1 },
    machine: machineRecord(undefined),
    confidence: evaluated.confidence,
    ...(curves && { label_curves: curves }),
    second_stage: null,
    excluded: excludedRows(data, undefined),
    text_counts: {},
  };
  writeJson(outputDir, "metrics.json", metrics);
  removeState(outputDir);
  trackers.measure(ONLY_STEP, closingScalars(metrics));
  return { ...result, metrics };
}

/** What it answers to each text when it is trained on the other folds. Throws `interrupted` after a stop on request. */
async function heldOut(
  run: LabelledRun & { readonly settings: PlacedTrainSettings },
  count: number,
  host: Host,
) {
  const { settings, data } = run;
  const folds = runFolds(data, count, settings.splitSeed);
  const answers = await tfidfAnswers(run, folds, host);
  const { labelIds } = data.train;
  const known = { labelIds, space: data.space };
  const { metricForBestModel: metric, seed } = settings;
  const { record } = await chooseCandidate([answers], known, { metric, seed, folds: folds.count });
  return { folds, rows: answers.rows, measured: measuredRows(answers, labelIds), record };
}

function stopped(): L3MaskingError {
  return new L3MaskingError("interrupted", "stopped while the classifier was trained", {
    hint: "Resume with the same command and --resume.",
  });
}
