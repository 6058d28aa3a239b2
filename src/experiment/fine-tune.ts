/** A training run from files to metrics, in reading order. */
import { join } from "node:path";
import { saveCheckpoint } from "../checkpoint/save.js";
import type { TrainSettings } from "../config.js";
import { L3MaskingError } from "../errors.js";
import { createStrategy } from "../masking/strategy.js";
import type { MaskProbabilities } from "../masking/tokens.js";
import { compileClassification } from "../program/inference.js";
import { compileClassificationTraining, compileMaskedTokenTraining } from "../program/training.js";
import type { Runtime } from "../runtime/runtime.js";
import type { Tokenizer } from "../text/encoding.js";
import { createDropoutMasks } from "../train/dropout-masks.js";
import { openJournal } from "../train/journal.js";
import { learningRateFactor } from "../train/schedule.js";
import { metaSlots, taskGradients } from "../train/task-gradients.js";
import { equalTaskWeights } from "../train/task-weights.js";
import { type TrainingWatch, train } from "../train/trainer.js";
import { classifyEncodings } from "./classify.js";
import { devEvaluation } from "./dev-evaluation.js";
import type { EstimatorReport, Host, NoticeEvent, RunMetrics, TrainResult } from "./host.js";
import { type EncodedDataset, labelledFiles, loadLabelledTexts } from "./labelled-texts.js";
import { devTexts, learnTaskWeights } from "./learned-weights.js";
import { createRunFolder, requireFreeFolder, writeJson } from "./run-folder.js";
import { excludedRows, testMetrics } from "./run-metrics.js";
import { loadWeights, runSecondStage } from "./second-stage.js";
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
  const learnsWeights = settings.taskWeights === "meta" && hasAuxiliary;
  requireFreeFolder(outputDir);
  const files = await labelledFiles(settings, host);
  const model = await loadModel(settings.model, host);
  const { spec, tokenizer } = model;
  const maxLength = checkedMaxLength(settings.maxLength, spec);
  const data = await loadLabelledTexts(files, { ...settings, maxLength }, tokenizer, host);
  if (method === "l3") requireMlmHead(model);
  if (method === "rtm" && !hasMlmHead(model)) host.emit(untrainedHead(settings.model));
  if (settings.taskWeights === "meta" && !learnsWeights) host.emit(oneTask);
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
  const slots = learnsWeights ? metaSlots : [];
  const store = createTrainable(spec, parts, model.values, seed, slots);
  const rates = { dropout: spec.hiddenDropout, attentionDropout: spec.attentionDropout };
  const dropout = createDropoutMasks(seed, rates);
  const arrays = {
    weights: store.weight,
    gradients: learnsWeights ? taskGradients(store) : store.gradient,
    keepMask: dropout.keepMask,
  };
  const main = await compileClassificationTraining(runtime, spec, classes, rates, arrays);
  const auxiliary = hasAuxiliary
    ? await compileMaskedTokenTraining(runtime, spec, rates, arrays)
    : undefined;
  const meta = learnsWeights
    ? await learnTaskWeights(
        runtime,
        { spec, classes, store, main, dropout },
        devTexts({ encodings: data.encodings.dev, labelIds: data.dev.labelIds }, settings, spec),
        settings,
      )
    : undefined;
  const classifier = await compileClassification(runtime, spec, classes, store.weight);
  const journal = openJournal(join(outputDir, "journal.jsonl"));

  try {
    const logitsOf = (split: "dev" | "test") =>
      classifyEncodings(classifier, spec, data.encodings[split], settings.evalTokens);
    const modelFolder = join(outputDir, "model");
    const predictionsPath = join(outputDir, "predictions-test.jsonl");
    const perEpoch = stepsPerEpoch(data.train.texts.length, settings);
    const totalSteps = settings.maxSteps ?? settings.numTrainEpochs * perEpoch;
    const evalEvery = settings.evalSteps ?? perEpoch;
    const schedule = {
      kind: settings.lrSchedulerType,
      warmupSteps: Math.ceil(settings.warmupRatio * totalSteps),
      totalSteps,
    };
    const dev = devEvaluation(
      {
        logits: () => logitsOf("dev"),
        labelIds: data.dev.labelIds,
        classes,
        metric: settings.metricForBestModel,
        keep: () =>
          saveCheckpoint(modelFolder, {
            spec,
            values: storedValues(store),
            kind: "sequence-classification",
            labels: data.labels,
            tokenizerFiles: new Map([...tokenizer.files(), trainingArguments(maxLength)]),
            replace: true,
          }),
      },
      host,
    );

    const texts = { encodings: data.encodings.train, labelIds: data.train.labelIds };
    const watch: TrainingWatch = {
      emit(event) {
        journal.write(event);
        host.emit(event);
      },
      progress: (done, total, detail) =>
        host.emit({ type: "progress", task: "training", done, total, unit: "steps", detail }),
      cancelled: host.cancelled,
    };

    const trainingStart = host.now();
    const first = await train(
      { store, main, dropout, ...(auxiliary && { auxiliary }), ...(meta && { meta }) },
      {
        doneSteps: 0,
        totalSteps,
        gradientAccumulationSteps: settings.gradientAccumulationSteps,
        taskWeights: equalTaskWeights({ main: true, auxiliary: hasAuxiliary }),
        batches: taskBatches(
          {
            ...texts,
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
          evaluate: dev.evaluate,
          keepBest: dev.keepBest,
          patience: settings.patience,
        },
      },
      watch,
    );
    const firstDev = dev.best();
    const second =
      settings.secondStage && first.best !== undefined && first.reason !== "interrupted"
        ? await runSecondStage(
            {
              stepsBefore: first.steps,
              best: first.best,
              modelFolder,
              stepsPerEpoch: perEpoch,
              store,
              main: { ...main, ...main.over({ ...arrays, gradients: store.gradient }) },
              dropout,
              parts,
              batches: taskBatches(texts, settings, settings, spec, tokenizer),
              dev,
            },
            settings,
            watch,
          )
        : undefined;
    const outcome = second ?? first;
    const trainingSeconds = (host.now() - trainingStart) / 1000 - dev.secondsAside();
    const bestDev = dev.best();
    if (outcome.reason === "interrupted" || bestDev === undefined || firstDev === undefined) {
      throw new L3MaskingError("interrupted", `training was stopped after step ${outcome.steps}`, {
        hint:
          bestDev === undefined
            ? "No evaluation had taken place, so no model was kept."
            : `The best model so far (step ${outcome.bestStep}) is in ${modelFolder}.`,
      });
    }

    if (outcome.bestStep !== outcome.steps) await loadWeights(modelFolder, store);
    const test = await testMetrics(() => logitsOf("test"), data, predictionsPath);
    const metrics: RunMetrics = {
      method,
      seed,
      model: settings.model,
      task_weights: settings.taskWeights,
      final_task_weights: meta?.taskWeights() ?? null,
      best_step: outcome.bestStep,
      dev: bestDev,
      test: test?.all ?? null,
      test_unseen: test?.unseen ?? null,
      timing: {
        scoring_seconds: scoringSeconds,
        training_seconds: trainingSeconds,
        tokens_per_second: (first.tokens + (second?.tokens ?? 0)) / trainingSeconds,
      },
      second_stage: second
        ? {
            kept: second.bestStep > first.steps,
            steps: second.steps - first.steps,
            dev_before: firstDev,
          }
        : null,
      excluded: excludedRows(data, unlabelled),
      ...(masks?.estimatorReport && { estimator_report: masks.estimatorReport }),
    };
    writeJson(outputDir, "metrics.json", metrics);
    const shown = files.testFile ?? files.validationFile;
    return { outputDir, metrics, ...(shown !== undefined && { labelledFile: shown }) };
  } finally {
    journal.close();
    for (const program of [main, auxiliary, meta, classifier]) await program?.dispose();
  }
}

const oneTask: NoticeEvent = {
  type: "notice",
  level: "info",
  text: "stl has one task, whose weight is 1: --task-weights meta changes nothing",
};

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
