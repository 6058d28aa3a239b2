/** `train`: a run from files to metrics, in reading order. */
import { join } from "node:path";
import { isLinear, needsScores } from "../method/methods.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import { type Trackers, withTrackers } from "../results/trackers/trackers.js";
import { runMasks } from "../run/fine-tune/auxiliary-texts.js";
import { measureBaseline, verdictOnRun } from "../run/fine-tune/baseline.js";
import { devEvaluation } from "../run/fine-tune/dev-evaluation.js";
import { inputsMemory, inputsRecord, loadInputs } from "../run/fine-tune/inputs.js";
import { maskedTokens } from "../run/fine-tune/masked-tokens.js";
import { runExamples } from "../run/fine-tune/run-examples.js";
import { evaluateRun, runMetricsOf } from "../run/fine-tune/run-metrics.js";
import { loadWeights } from "../run/fine-tune/second-stage.js";
import { requireSharedPassFits } from "../run/fine-tune/shared-pass.js";
import { writeSplitFiles } from "../run/fine-tune/split-files.js";
import { runStages } from "../run/fine-tune/stages.js";
import { compileTraining, initialWeights } from "../run/fine-tune/training.js";
import { heldOutRows, writeWrongRows } from "../run/fine-tune/wrong-rows.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import { openJournal } from "../run/folder/journal.js";
import { type PlacedTrainSettings, withRunFolder } from "../run/folder/named-folder.js";
import { createRunFolder, startedRun, writeJson } from "../run/folder/run-folder.js";
import { requireSameRun, runDigest } from "../run/folder/run-identity.js";
import { saveClassifier, temperatureFile } from "../run/folder/saved-classifier.js";
import { beginTracking, closingScalars, runWatch } from "../run/folder/tracking.js";
import { openTrainingState, removeState, startingState } from "../run/folder/training-state.js";
import { writeTrainingTexts } from "../run/folder/training-texts.js";
import type { Host, TrainResult } from "../run/host/host.js";
import { encoderExplainer } from "../run/inference/attributed-words.js";
import { classifyEncodings } from "../run/inference/classify.js";
import { trainLinear } from "../run/linear/linear-run.js";
import type { TrainSettings } from "../run/settings/schemas.js";
import { encodeOnce } from "../run/sources/labelled-texts.js";

/**
 * Fine-tunes a classifier and writes DIR, named after the data if no folder is given: config.json, journal.jsonl, model/,
 * baseline/, metrics.json, predictions-test.jsonl, errors.csv and errors.jsonl with the held-out rows it gets wrong, masking.json unless tokens are masked at
 * random, examples.json where texts were scored; while it is not finished also state/, to go on from with --resume. The test split is read once, with the weights of the best dev evaluation.
 *
 * Batches, masks, dropout and draws from dev depend on seed and step alone, so a run that goes on does what the
 * uninterrupted one would: journal, weights and metrics are the same, but for timing. A finished run is not
 * repeated.
 *
 * Throws the errors of each part; `interrupted` after a stop on request, with the state saved; and
 * `training-diverged`, with model/ holding the best weights so far; `output-in-use` while another command works in DIR.
 */
export async function runTrain(given: TrainSettings, host: Host): Promise<TrainResult> {
  const settings = withRunFolder(given, host);
  const train = isLinear(settings.method) ? trainLinear : trainInFolder;
  return holdingFolder(settings.outputDir, "train", host, () =>
    withTrackers(settings, host, (trackers) => train(settings, host, trackers)),
  );
}

async function trainInFolder(
  given: PlacedTrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<TrainResult> {
  const { outputDir } = given;
  const modelFolder = join(outputDir, "model");
  requireSharedPassFits(given);
  const started = startedRun(outputDir, given.resume);
  const available = host.availableMemory();

  // Load, split and check.
  const inputs = await loadInputs(given, host);
  const { settings, files, model, data, unlabelled, maxLength } = inputs;
  const { spec, tokenizer } = model;
  const memory = inputsMemory(inputs, available);
  const record = { ...inputsRecord(inputs), memory: memory.record };
  if (started === undefined) createRunFolder(outputDir, record);
  else requireSameRun(outputDir, started, record);
  const cut = writeSplitFiles(outputDir, data, files);
  const shown = files.testFile ?? cut.test ?? files.validationFile;
  const result = { outputDir, ...(shown !== undefined && { labelledFile: shown }) };
  const finished = finishedMetrics(outputDir);
  if (finished !== undefined) {
    removeState(outputDir);
    host.emit({ type: "notice", level: "info", text: `the run in ${outputDir} is finished` });
    return { ...result, metrics: finished };
  }
  if (memory.warning !== undefined) host.emit(memory.warning);

  // Train the baseline to beat.
  const baseline = settings.baseline
    ? measureBaseline(data, join(outputDir, "baseline"), host)
    : undefined;

  // Score.
  const runtime = await host.runtime(settings.threads);
  const scoringStart = host.now();
  const masks = await runMasks(model, data, unlabelled, settings, runtime, host);
  if (masks !== undefined && masks.strategy !== "uniform") {
    const { model: name, mlmProbability: budget } = settings;
    const names = { dataset: files.trainFile, model: name, strategy: masks.strategy, budget };
    const summary = maskedTokens(names, data.encodings.train, masks.probabilities, tokenizer);
    writeJson(outputDir, "masking.json", summary);
  }
  const scoringSeconds = needsScores(settings.method) ? (host.now() - scoringStart) / 1000 : 0;

  // Build.
  const store = initialWeights(spec, model.values, data.labels.length, settings);
  const starting = await startingState(store, settings, host);
  const { state: start } = starting;
  beginTracking(trackers, settings, runDigest(record));
  const training = await compileTraining(spec, store, data, settings, start.meta, runtime);
  const journal = openJournal(join(outputDir, "journal.jsonl"));
  try {
    // Loop.
    const state = openTrainingState(starting, store, journal, settings, scoringSeconds, host);
    const logitsOf = (split: "dev" | "test") =>
      classifyEncodings(training.classifier, spec, data.encodings[split], settings.evalTokens);
    const dev = devEvaluation(
      {
        logits: () => logitsOf("dev"),
        labelIds: data.dev.labelIds,
        classes: data.labels.length,
        metric: settings.metricForBestModel,
        kept: settings.keep,
        keep: () =>
          saveClassifier(modelFolder, { spec, store, labels: data.labels, tokenizer, maxLength }),
      },
      state.clock,
      start,
    );
    const trained = await runStages(
      training,
      data,
      { unlabelled: unlabelled?.encodings, probabilities: masks?.probabilities },
      tokenizer,
      { modelFolder, dev, state, start },
      settings,
      runWatch("training", journal, trackers, host, state.countTokens),
    );
    const timing = state.timing();

    // Evaluate.
    const { outcome, bestWeights } = trained;
    if (outcome.bestStep !== outcome.steps) await loadWeights(modelFolder, store, bestWeights);
    const evaluated = await evaluateRun(logitsOf, data, join(outputDir, "predictions-test.jsonl"));
    const verdict = verdictOnRun(data, evaluated.test?.predicted, baseline?.test);
    const { temperature } = evaluated.confidence;
    writeJson(modelFolder, temperatureFile, { temperature });
    writeTrainingTexts(modelFolder, [...data.train.texts, ...data.dev.texts]);

    // Record.
    const { classifier: program, parts } = training;
    const kept = { program, spec, classes: parts.classes, weights: store.weight };
    const encode = encodeOnce(tokenizer, maxLength);
    const explained = { ...kept, labels: data.labels, tokenizer, encode };
    const explain = encoderExplainer(explained, runtime, host);
    await writeWrongRows(outputDir, heldOutRows(data, files), evaluated.heldOut, explain);
    if (masks?.scores !== undefined) {
      const scored = { scores: masks.scores, probabilities: masks.probabilities };
      const examples = await runExamples(data, scored, kept, settings, tokenizer, runtime);
      writeJson(outputDir, "examples.json", examples);
    }
    const metrics = runMetricsOf(inputs, trained, evaluated, {
      baseline: baseline?.metrics ?? null,
      verdict: verdict ?? null,
      timing,
      final_task_weights: training.meta?.taskWeights() ?? null,
      ...(masks?.estimatorReport && { estimator_report: masks.estimatorReport }),
    });
    writeJson(outputDir, "metrics.json", metrics);
    removeState(outputDir);
    trackers.measure(outcome.bestStep, closingScalars(metrics));
    return { ...result, metrics };
  } finally {
    journal.close();
    await training.dispose();
  }
}
