/** `train`: a run from files to metrics, in reading order. */
import { AUTO, isLinear, needsScores, readsEmbeddings } from "../method/methods.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import { join } from "../platform/paths.js";
import { type Trackers, withTrackers } from "../results/trackers/trackers.js";
import { runMasks } from "../run/fine-tune/auxiliary-texts.js";
import { embeddedRun, trainEmbed } from "../run/fine-tune/embedding.js";
import { givenUpAtEnd, unlessEnded } from "../run/fine-tune/ending.js";
import {
  baselineByFolds,
  chosenByFolds,
  othersByFolds,
  writeHeldOutPredictions,
} from "../run/fine-tune/held-out.js";
import { inputsMemory, inputsRecord, loadInputs } from "../run/fine-tune/inputs.js";
import {
  choiceOnDev,
  keptClassifier,
  trainBaseline,
  wantedEncoder,
} from "../run/fine-tune/kept-classifier.js";
import { learningCurve } from "../run/fine-tune/learning-curve.js";
import { writeMaskedTokens } from "../run/fine-tune/masked-tokens.js";
import { writeExamples } from "../run/fine-tune/run-examples.js";
import { evaluateRun, runMetricsOf } from "../run/fine-tune/run-metrics.js";
import { measuredBeside, verdictOnRun } from "../run/fine-tune/run-verdict.js";
import { requireSharedPassFits } from "../run/fine-tune/shared-pass.js";
import { writeSplitFiles } from "../run/fine-tune/split-files.js";
import type { AnsweredBy } from "../run/fine-tune/stack.js";
import { planWork } from "../run/fine-tune/work-plan.js";
import { heldOutRows, writeWrongRows } from "../run/fine-tune/wrong-rows.js";
import { requireIntactRun } from "../run/folder/best-weights.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import { type PlacedTrainSettings, withRunFolder } from "../run/folder/named-folder.js";
import { createRunFolder, startedRun, writeJson } from "../run/folder/run-folder.js";
import { requireSameRun, runDigest } from "../run/folder/run-identity.js";
import { temperatureFile, writeThresholds } from "../run/folder/saved-classifier.js";
import { closingScalars } from "../run/folder/tracking.js";
import { removeState } from "../run/folder/training-state.js";
import { writeTrainingTexts } from "../run/folder/training-texts.js";
import type { Host, TrainResult } from "../run/host/host.js";
import { machineRecord } from "../run/host/machine.js";
import { trainLinear } from "../run/linear/linear-run.js";
import type { TrainSettings } from "../run/settings/schemas.js";

/**
 * Fine-tunes a classifier and writes DIR, named after the data if no folder is given: config.json, journal.jsonl, model/,
 * baseline/, metrics.json, predictions-test.jsonl, errors.csv and errors.jsonl with the held-out rows it gets wrong, masking.json unless tokens are masked at
 * random, examples.json where texts were scored; while it is not finished also state/, to go on from with --resume. The test split is read once, with the weights of the best dev evaluation.
 *
 * Batches, masks, dropout and draws from dev depend on seed and step alone, so a run that goes on does what the
 * uninterrupted one would: journal, weights and metrics are the same, but for timing. A finished run is not
 * repeated. Asked to end, it keeps the best weights so far, or of `auto`'s candidates the best of those that are measured, and its result says so.
 *
 * Throws the errors of each part; `interrupted` after a stop on request, with the state saved; and
 * `training-diverged`, with model/ holding the best weights so far; `output-in-use` while another command works in DIR.
 */
export async function runTrain(given: TrainSettings, host: Host): Promise<TrainResult> {
  const settings = withRunFolder(given, host);
  const { method } = settings;
  const train = isLinear(method) && !readsEmbeddings(method) ? trainLinear : trainInFolder;
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
  const loaded = await loadInputs(given, host);
  const { settings, files, data } = loaded;
  const memory = inputsMemory(loaded, available);
  const record = { ...inputsRecord(loaded), ...(memory && { memory: memory.record }) };
  if (started === undefined) createRunFolder(outputDir, record);
  else {
    requireSameRun(outputDir, started, record);
    requireIntactRun(outputDir, host);
  }
  const cut = writeSplitFiles(outputDir, data, files);
  const shown = files.testFile ?? cut.test ?? files.validationFile;
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
  if (memory?.warning !== undefined) host.emit(memory.warning);

  // Train the baseline to beat: it takes seconds, so it comes first.
  const tfidf = await baselineByFolds(loaded, host);
  const baseline = trainBaseline(loaded, tfidf, host);

  // Before the first step there is nothing to end with, but for the other candidates of auto.
  const { method } = settings;
  const until = givenUpAtEnd(host);

  // Score.
  const runtime = await host.runtime(settings);
  const scoringStart = host.now();
  const masks = await runMasks(loaded, runtime, until);
  if (masks !== undefined && masks.strategy !== "uniform") writeMaskedTokens(loaded, masks, host);
  const scoringSeconds = needsScores(settings.method) ? (host.now() - scoringStart) / 1000 : 0;

  // Tell how long it takes, and fit it to the time.
  const inputs = await planWork(
    loaded,
    masks,
    scoringSeconds,
    runtime,
    method === AUTO ? host : until,
  );

  // Hold out.
  const embedded = await unlessEnded(method, host, () => embeddedRun(inputs, runtime, until));
  const { folds } = inputs;
  const others = folds && (await othersByFolds(inputs, folds, masks, embedded, runtime, host));
  const choose = async (answered: AnsweredBy) =>
    folds && chosenByFolds(inputs, folds, answered, host);
  let held = others && (await choose({ tfidf, ...others }));
  const curve = await learningCurve(inputs, embedded, host);

  // Train what is asked for, or what the folds showed to be best; with a dev split all candidates, as it decides afterwards.
  const place = { trackers, digest: runDigest(record), scoringSeconds };
  const wanted = () => held?.choice.chosen.method ?? method;
  // What folds measured is a whole training: auto gives up one that is asked to end, and takes the next best.
  const asked = method === AUTO && folds !== undefined ? until : host;
  const training = () => wantedEncoder(inputs, wanted(), masks, place, runtime, asked);
  const encoder = await unlessEnded(method, host, training);
  if (others !== undefined && encoder === undefined && !isLinear(wanted())) {
    held = await choose({ tfidf, embed: others.embed, encoder: undefined });
  }
  try {
    const embed = trainEmbed(inputs, embedded, wanted(), host);

    // Choose and save.
    const trained = { baseline, embed, encoder };
    const choice = held?.choice ?? (await choiceOnDev(inputs, trained));
    const kept = await keptClassifier(inputs, choice, trained, held, place);

    // Evaluate.
    const dev = held?.measured ?? {
      labelIds: data.dev.labelIds,
      logits: await kept.logitsOf("dev"),
    };
    const evaluated = await evaluateRun(
      kept.logitsOf,
      dev,
      data,
      join(outputDir, "predictions-test.jsonl"),
    );
    if (held !== undefined) writeHeldOutPredictions(outputDir, held, data);
    const { temperature } = evaluated.confidence;
    writeJson(modelFolder, temperatureFile, { temperature });
    writeThresholds(modelFolder, data.labels, evaluated.thresholds);
    writeTrainingTexts(modelFolder, [...data.train.texts, ...data.dev.texts]);

    // Record.
    const rows = heldOutRows(data, files, held?.rows);
    await writeWrongRows(outputDir, rows, evaluated.heldOut, kept.explain);
    if (encoder !== undefined) {
      const { thresholds } = evaluated;
      await writeExamples(inputs, masks, encoder.classifier, thresholds, runtime);
    }
    const beside = measuredBeside(inputs, encoder, curve);
    const metrics = runMetricsOf(inputs, kept, evaluated, {
      baseline: baseline?.metrics ?? null,
      verdict:
        verdictOnRun(
          data,
          kept.method,
          evaluated.test?.predicted,
          baseline,
          held,
          beside,
          encoder?.trained.outcome,
        ) ?? null,
      ...(choice && { held_out: choice.record }),
      ...(curve && { learning_curve: curve }),
      ...(held && { doubtful_labels: held.doubtfulLabels }),
      ...(masks?.estimatorReport && { estimator_report: masks.estimatorReport }),
      machine: machineRecord(runtime),
    });
    writeJson(outputDir, "metrics.json", metrics);
    removeState(outputDir);
    trackers.measure(metrics.best_step, closingScalars(metrics));
    return { ...result, metrics };
  } finally {
    await encoder?.dispose();
  }
}
