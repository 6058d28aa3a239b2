/** A training run from files to metrics, in reading order. */
import { join } from "node:path";
import { loadCheckpoint } from "../checkpoint/load.js";
import { saveCheckpoint } from "../checkpoint/save.js";
import type { TrainSettings } from "../config.js";
import { L3MaskingError } from "../errors.js";
import { createStrategy } from "../masking/strategy.js";
import type { MaskProbabilities } from "../masking/tokens.js";
import { compileClassification } from "../program/inference.js";
import { compileClassificationTraining, compileMaskedTokenTraining } from "../program/training.js";
import { classificationMetrics, meanLoss, predictedLabels } from "../report/metrics.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Tokenizer } from "../text/encoding.js";
import { createDropoutMasks } from "../train/dropout-masks.js";
import { openJournal } from "../train/journal.js";
import { learningRateFactor } from "../train/schedule.js";
import { equalTaskWeights } from "../train/task-weights.js";
import { train } from "../train/trainer.js";
import { classifyEncodings, predictionsOf } from "./classify.js";
import type {
  EstimatorReport,
  Host,
  NoticeEvent,
  RunMetrics,
  SplitMetrics,
  TrainResult,
} from "./host.js";
import { type EncodedDataset, labelledFiles, loadLabelledTexts } from "./labelled-texts.js";
import { createRunFolder, requireFreeFolder, writeJson, writeJsonLines } from "./run-folder.js";
import { stepsPerEpoch, taskBatches } from "./task-batches.js";
import { createTrainable, optimizerGroups, storedValues } from "./trainable.js";
import { trainingArguments } from "./training-arguments.js";
import { type EncodedUnlabelled, loadUnlabelledTexts } from "./unlabelled-texts.js";
import {
  checkedMaxLength,
  hasMlmHead,
  type LoadedModel,
  loadModel,
  requireMlmHead,
  scoreEncodings,
} from "./vanilla.js";

/**
 * Fine-tunes a classifier and writes DIR: config.json, journal.jsonl, model/, metrics.json,
 * predictions-test.jsonl. The test split is read once, with the weights of the best dev evaluation.
 *
 * Throws the errors of each part; `interrupted` after a stop on request and `training-diverged`, with model/
 * holding the best weights so far.
 */
export async function runTrain(settings: TrainSettings, host: Host): Promise<TrainResult> {
  const { outputDir, method, seed } = settings;
  const hasAuxiliary = method !== "stl";
  requireFreeFolder(outputDir);
  const files = await labelledFiles(settings, host);
  const model = await loadModel(settings.model, host);
  const { spec, tokenizer } = model;
  const maxLength = checkedMaxLength(settings.maxLength, spec);
  const data = await loadLabelledTexts(files, { ...settings, maxLength }, tokenizer, host);
  if (method === "l3") requireMlmHead(model);
  if (method === "rtm" && !hasMlmHead(model)) host.emit(untrainedHead(settings.model));
  const unlabelled = await unlabelledTexts(settings, data, tokenizer, host);
  createRunFolder(outputDir, runRecord(settings, model, data, unlabelled));

  const runtime = await host.runtime(settings.threads);
  const scoringStart = host.now();
  const masks = hasAuxiliary
    ? await maskProbabilities(model, data, unlabelled, settings, runtime, host)
    : undefined;
  const scoringSeconds = method === "l3" ? (host.now() - scoringStart) / 1000 : 0;

  const classes = data.labels.length;
  const parts = { mlmHead: hasAuxiliary, classes };
  const store = createTrainable(spec, parts, model.values, seed);
  const rates = { dropout: spec.hiddenDropout, attentionDropout: spec.attentionDropout };
  const dropout = createDropoutMasks(seed, rates);
  const arrays = {
    weights: store.weight,
    gradients: store.gradient,
    keepMask: dropout.keepMask,
  };
  const main = await compileClassificationTraining(runtime, spec, classes, rates, arrays);
  const auxiliary = hasAuxiliary
    ? await compileMaskedTokenTraining(runtime, spec, rates, arrays)
    : undefined;
  const classifier = await compileClassification(runtime, spec, classes, store.weight);
  const journal = openJournal(join(outputDir, "journal.jsonl"));

  try {
    const logitsOf = (split: "dev" | "test") =>
      classifyEncodings(classifier, spec, data.encodings[split], settings.evalTokens);
    const modelFolder = join(outputDir, "model");
    const perEpoch = stepsPerEpoch(data.train.texts.length, settings);
    const totalSteps = settings.maxSteps ?? settings.numTrainEpochs * perEpoch;
    const evalEvery = settings.evalSteps ?? perEpoch;
    const schedule = {
      kind: settings.lrSchedulerType,
      warmupSteps: Math.ceil(settings.warmupRatio * totalSteps),
      totalSteps,
    };
    let bestDev: SplitMetrics | undefined;
    let lastDev: SplitMetrics | undefined;
    // Evaluating and saving are not training.
    let asideSeconds = 0;
    const aside = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      const start = host.now();
      const result = await work();
      asideSeconds += (host.now() - start) / 1000;
      return result;
    };

    const trainingStart = host.now();
    const outcome = await train(
      {
        store,
        main,
        dropout,
        ...(auxiliary && { auxiliary }),
      },
      {
        doneSteps: 0,
        totalSteps,
        gradientAccumulationSteps: settings.gradientAccumulationSteps,
        taskWeights: equalTaskWeights({ main: true, auxiliary: hasAuxiliary }),
        batches: taskBatches(
          {
            encodings: data.encodings.train,
            labelIds: data.train.labelIds,
            ...(unlabelled && { unlabelled: unlabelled.encodings }),
            ...(masks && { probabilities: masks.probabilities }),
          },
          settings,
          settings,
          spec,
          tokenizer,
        ),
        groups: (step) => optimizerGroups(settings, parts, learningRateFactor(step - 1, schedule)),
        evaluation: {
          isDueAfter: (step) => step % evalEvery === 0,
          async evaluate() {
            const logits = await aside(() => logitsOf("dev"));
            lastDev = splitMetrics(logits, data.dev.labelIds, classes);
            const { accuracy, macro_f1: macroF1, loss } = lastDev;
            const metric = settings.metricForBestModel === "accuracy" ? accuracy : macroF1;
            return { event: { split: "dev", loss, accuracy, macroF1 }, metric };
          },
          async keepBest() {
            bestDev = lastDev;
            await aside(() =>
              saveCheckpoint(modelFolder, {
                spec,
                values: storedValues(store),
                kind: "sequence-classification",
                labels: data.labels,
                tokenizerFiles: new Map([...tokenizer.files(), trainingArguments(maxLength)]),
                replace: true,
              }),
            );
          },
          patience: settings.patience,
        },
      },
      {
        emit(event) {
          journal.write(event);
          host.emit(event);
        },
        progress: (done, total, detail) =>
          host.emit({ type: "progress", task: "training", done, total, unit: "steps", detail }),
        cancelled: host.cancelled,
      },
    );
    const trainingSeconds = (host.now() - trainingStart) / 1000 - asideSeconds;
    if (outcome.reason === "interrupted" || bestDev === undefined) {
      throw new L3MaskingError("interrupted", `training was stopped after step ${outcome.steps}`, {
        hint:
          bestDev === undefined
            ? "No evaluation had taken place, so no model was kept."
            : `The best model so far (step ${outcome.bestStep}) is in ${modelFolder}.`,
      });
    }

    if (outcome.bestStep !== outcome.steps) {
      const best = await loadCheckpoint(modelFolder);
      for (const [name, value] of best.values) store.weight(name).set(value);
    }
    const test = data.test && (await testMetrics(await logitsOf("test"), data, outputDir));
    const metrics: RunMetrics = {
      method,
      seed,
      model: settings.model,
      task_weights: settings.taskWeights,
      best_step: outcome.bestStep,
      dev: bestDev,
      test: test?.all ?? null,
      test_unseen: test?.unseen ?? null,
      timing: {
        scoring_seconds: scoringSeconds,
        training_seconds: trainingSeconds,
        tokens_per_second: outcome.tokens / trainingSeconds,
      },
      excluded: excludedRows(data, unlabelled),
      ...(masks?.estimatorReport && { estimator_report: masks.estimatorReport }),
    };
    writeJson(outputDir, "metrics.json", metrics);
    const shown = files.testFile ?? files.validationFile;
    return { outputDir, metrics, ...(shown !== undefined && { labelledFile: shown }) };
  } finally {
    journal.close();
    for (const program of [main, auxiliary, classifier]) await program?.dispose();
  }
}

function untrainedHead(model: string): NoticeEvent {
  const text = `${model} has no masked-LM head: the auxiliary task starts with an untrained one`;
  return { type: "notice", level: "warning", text };
}

/** Further texts for the auxiliary task, if there are any and there is one. */
async function unlabelledTexts(
  settings: TrainSettings,
  data: EncodedDataset,
  tokenizer: Tokenizer,
  host: Host,
): Promise<EncodedUnlabelled | undefined> {
  const { unlabeledFile: paths, textColumn, maxLength } = settings;
  if (paths === undefined) return undefined;
  if (settings.method === "stl") {
    const text = "--unlabeled-file is not read: --method stl has no auxiliary task";
    host.emit({ type: "notice", level: "warning", text });
    return undefined;
  }
  return loadUnlabelledTexts({ paths, textColumn }, data, maxLength, tokenizer, host);
}

interface TextMasks {
  /** m_i of every training text, then of every unlabelled one. */
  readonly probabilities: readonly MaskProbabilities[];
  readonly estimatorReport?: EstimatorReport | undefined;
}

/** Uniform for RTM, from the vanilla model's scores for L3Masking. */
async function maskProbabilities(
  model: LoadedModel,
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
  settings: TrainSettings,
  runtime: Runtime,
  host: Host,
): Promise<TextMasks> {
  const strategy = createStrategy(settings.method === "l3" ? "l3" : "uniform", {
    budget: settings.mlmProbability,
    calibration: settings.calibration,
    exponent: settings.gamma,
  });
  const encodings = [...data.encodings.train, ...(unlabelled?.encodings ?? [])];
  const scored = strategy.needsScores
    ? await scoreEncodings(model, encodings, settings, runtime, host)
    : undefined;
  return {
    probabilities: encodings.map((encoding, text) =>
      strategy.probabilities(encoding, scored?.scores[text]),
    ),
    estimatorReport: scored?.estimatorReport,
  };
}

function splitMetrics(logits: Float32Array, expected: Int32Array, classes: number): SplitMetrics {
  const { accuracy, macroF1 } = classificationMetrics(
    expected,
    predictedLabels(logits, classes),
    classes,
  );
  return { accuracy, macro_f1: macroF1, loss: meanLoss(logits, expected, classes) };
}

/** Metrics of all test rows and of those not seen in training; writes the predictions. */
async function testMetrics(logits: Float32Array, data: EncodedDataset, outputDir: string) {
  const { labels, seenInTraining } = data;
  const split = data.test;
  if (split === undefined) return undefined;
  const predicted = predictedLabels(logits, labels.length);
  const predictions = predictionsOf(logits, labels);
  writeJsonLines(
    join(outputDir, "predictions-test.jsonl"),
    predictions.map((prediction, row) => ({
      line: split.records[row].line,
      expected: labels[split.labelIds[row]],
      ...prediction,
      seen_in_training: seenInTraining[row] === 1,
    })),
  );
  const { perLabel } = classificationMetrics(split.labelIds, predicted, labels.length);
  const unseenRows = Array.from(seenInTraining.keys()).filter((row) => seenInTraining[row] === 0);
  const unseen =
    unseenRows.length === 0
      ? undefined
      : classificationMetrics(
          unseenRows.map((row) => split.labelIds[row]),
          unseenRows.map((row) => predicted[row]),
          labels.length,
        );
  return {
    all: {
      ...splitMetrics(logits, split.labelIds, labels.length),
      per_label: Object.fromEntries(labels.map((label, id) => [label, perLabel[id]])),
    },
    unseen: {
      rows: unseenRows.length,
      accuracy: unseen?.accuracy ?? null,
      macro_f1: unseen?.macroF1 ?? null,
    },
  };
}

/** config.json of the run: every setting resolved, and what the run was made from. */
function runRecord(
  settings: TrainSettings,
  model: LoadedModel,
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
) {
  return {
    settings,
    checkpoint_digest: model.digest,
    tokenizer_digest: model.tokenizer.digest,
    data_digest: data.digest,
    ...(unlabelled && { unlabelled_digest: unlabelled.digest }),
    labels: data.labels,
    rows: {
      train: data.train.texts.length,
      dev: data.dev.texts.length,
      test: data.test?.texts.length ?? 0,
      ...(unlabelled && { unlabelled: unlabelled.texts.length }),
    },
  };
}

function excludedRows(
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
): Record<string, number> {
  const emptyTexts = {
    ...data.excluded.emptyTexts,
    ...(unlabelled && { unlabelled: unlabelled.emptyTexts }),
  };
  return Object.fromEntries(
    Object.entries(emptyTexts).map(([split, count]) => [`empty_texts_${split}`, count]),
  );
}
