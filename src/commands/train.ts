/** A training run from files to metrics, in reading order. */
import { join } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import { hasAuxiliaryTask, needsScores } from "../method/methods.js";
import { compileClassification } from "../method/program/inference.js";
import { createDropoutMasks } from "../method/train/dropout-masks.js";
import { learningRateFactor } from "../method/train/schedule.js";
import { metaSlots, taskGradients } from "../method/train/task-gradients.js";
import { fixedTaskWeights } from "../method/train/task-weights.js";
import {
  type StoppingState,
  type TrainingOutcome,
  type TrainingWatch,
  train,
} from "../method/train/trainer.js";
import { saveCheckpoint } from "../model/checkpoint/save.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import type { SplitMetrics } from "../results/records/measures.js";
import type { RunMetrics } from "../results/records/run-metrics.js";
import { type Trackers, withTrackers } from "../results/trackers/trackers.js";
import { runMasks, unlabelledTexts } from "../run/fine-tune/auxiliary-texts.js";
import { balancedWeights } from "../run/fine-tune/class-weights.js";
import { devEvaluation } from "../run/fine-tune/dev-evaluation.js";
import { devTexts, learnTaskWeights } from "../run/fine-tune/learned-weights.js";
import { maskedTokens } from "../run/fine-tune/masked-tokens.js";
import { runExamples } from "../run/fine-tune/run-examples.js";
import { excludedRows, runConfidence, testMetrics } from "../run/fine-tune/run-metrics.js";
import { loadWeights, runSecondStage } from "../run/fine-tune/second-stage.js";
import { requireSharedPassFits } from "../run/fine-tune/shared-pass.js";
import { stepsPerEpoch, taskBatches } from "../run/fine-tune/task-batches.js";
import { compileTasks } from "../run/fine-tune/tasks.js";
import { createTrainable, optimizerGroups, storedValues } from "../run/fine-tune/trainable.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import { openJournal } from "../run/folder/journal.js";
import {
  createRunFolder,
  readRunRecord,
  requireFreeFolder,
  writeJson,
} from "../run/folder/run-folder.js";
import { requireSameRun, runDigest } from "../run/folder/run-identity.js";
import type { FirstStage } from "../run/folder/saved-state.js";
import { beginTracking, closingScalars } from "../run/folder/tracking.js";
import { temperatureFile, trainingArguments } from "../run/folder/training-arguments.js";
import { openTrainingState, removeState, startingState } from "../run/folder/training-state.js";
import type { Host, NoticeEvent, TrainResult } from "../run/host/host.js";
import { classifyEncodings } from "../run/inference/classify.js";
import { type CheckedRun, checkMemory } from "../run/memory/memory-check.js";
import type { TrainSettings } from "../run/settings/schemas.js";
import {
  type EncodedDataset,
  labelledFiles,
  loadLabelledTexts,
} from "../run/sources/labelled-texts.js";
import {
  checkedMaxLength,
  hasMlmHead,
  type LoadedModel,
  loadModel,
  requireMlmHead,
} from "../run/sources/model.js";
import { countSplits } from "../run/sources/text-counts.js";
import type { EncodedUnlabelled } from "../run/sources/unlabelled-texts.js";

/**
 * Fine-tunes a classifier and writes DIR: config.json, journal.jsonl, model/, metrics.json,
 * predictions-test.jsonl, masking.json unless tokens are masked at random, examples.json where texts were scored; while it is not finished also state/, to go on from with --resume. The test split is
 * read once, with the weights of the best dev evaluation.
 *
 * Batches, masks, dropout and draws from dev depend on seed and step alone, so a run that goes on does what the
 * uninterrupted one would: journal, weights and metrics are the same, but for timing. A finished run is not
 * repeated.
 *
 * Throws the errors of each part; `interrupted` after a stop on request, with the state saved; and
 * `training-diverged`, with model/ holding the best weights so far; `output-in-use` while another command works in DIR.
 */
export function runTrain(settings: TrainSettings, host: Host): Promise<TrainResult> {
  return holdingFolder(settings.outputDir, "train", host, () =>
    withTrackers(settings, host, (trackers) => trainInFolder(settings, host, trackers)),
  );
}

async function trainInFolder(
  settings: TrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<TrainResult> {
  const { outputDir, method, seed } = settings;
  const hasAuxiliary = hasAuxiliaryTask(method);
  const sharesPass = settings.sharedPass && hasAuxiliary;
  const learnsWeights = settings.taskWeights === "meta" && hasAuxiliary;
  requireSharedPassFits(settings);
  const started = settings.resume ? readRunRecord(outputDir) : undefined;
  if (started === undefined) requireFreeFolder(outputDir);
  const available = host.availableMemory();
  const files = await labelledFiles(settings, host);
  const model = await loadModel(settings.model, host);
  const { spec, tokenizer } = model;
  const maxLength = checkedMaxLength(settings.maxLength, spec);
  const data = await loadLabelledTexts(files, { ...settings, maxLength }, tokenizer, host);
  if (needsScores(method)) requireMlmHead(model);
  if (hasAuxiliary && !hasMlmHead(model)) host.emit(untrainedHead(settings.model));
  if (settings.taskWeights === "meta" && !learnsWeights)
    host.emit(oneTask("--task-weights meta", method));
  if (settings.sharedPass && !sharesPass) host.emit(oneTask("--shared-pass", method));
  const unlabelled = await unlabelledTexts(settings, data, tokenizer, host);
  const memory = checkMemory(
    memoryOf({ ...settings, maxLength }, model, data, unlabelled),
    available,
  );
  const record = { ...runRecord(settings, model, data, unlabelled), memory: memory.record };
  if (started === undefined) createRunFolder(outputDir, record);
  else requireSameRun(outputDir, started, record);
  const shown = files.testFile ?? files.validationFile;
  const result = { outputDir, ...(shown !== undefined && { labelledFile: shown }) };
  const finished = finishedMetrics(outputDir);
  if (finished !== undefined) {
    removeState(outputDir);
    host.emit({ type: "notice", level: "info", text: `the run in ${outputDir} is finished` });
    return { ...result, metrics: finished };
  }

  if (memory.warning !== undefined) host.emit(memory.warning);
  const runtime = await host.runtime(settings.threads);
  const scoringStart = host.now();
  const masks = await runMasks(model, data, unlabelled, settings, runtime, host);
  if (masks !== undefined && masks.strategy !== "uniform") {
    const names = {
      dataset: files.trainFile,
      model: settings.model,
      strategy: masks.strategy,
      budget: settings.mlmProbability,
    };
    const { train } = data.encodings;
    writeJson(
      outputDir,
      "masking.json",
      maskedTokens(names, train, masks.probabilities, tokenizer),
    );
  }
  const scoringSeconds = needsScores(method) ? (host.now() - scoringStart) / 1000 : 0;

  const classes = data.labels.length;
  const parts = { mlmHead: hasAuxiliary, classes };
  const slots = learnsWeights ? metaSlots : [];
  const store = createTrainable(spec, parts, model.values, seed, slots);
  const starting = await startingState(store, settings, host);
  const start = starting.state;
  beginTracking(trackers, settings, runDigest(record));
  const rates = { dropout: spec.hiddenDropout, attentionDropout: spec.attentionDropout };
  const dropout = createDropoutMasks(seed, rates);
  const arrays = {
    weights: store.weight,
    gradients: learnsWeights ? taskGradients(store) : store.gradient,
    keepMask: dropout.keepMask,
  };
  const weights =
    settings.classWeights === "balanced"
      ? balancedWeights(data.train.labelIds, classes)
      : undefined;
  const passes = sharesPass ? "shared" : hasAuxiliary ? "main and auxiliary" : "main";
  const tasks = await compileTasks(passes, runtime, { spec, classes }, rates, arrays, weights);
  const meta = learnsWeights
    ? await learnTaskWeights(
        runtime,
        { spec, classes, store, mainOver: tasks.mainOver, dropout },
        devTexts({ encodings: data.encodings.dev, labelIds: data.dev.labelIds }, settings, spec),
        settings,
        start.meta,
      )
    : undefined;
  const classifier = await compileClassification(runtime, spec, classes, store.weight);
  const journal = openJournal(join(outputDir, "journal.jsonl"));
  const state = openTrainingState(starting, store, journal, settings, scoringSeconds, host);

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
      state.clock,
      start,
    );

    const texts = {
      encodings: data.encodings.train,
      labelIds: data.train.labelIds,
      lines: data.train.records.map(({ line }) => line),
    };
    const watch: TrainingWatch = {
      emit(event) {
        if (event.type === "step") state.countTokens(event.tokens);
        journal.write(event);
        trackers.report(event);
        host.emit(event);
      },
      progress: (done, total, detail) =>
        host.emit({ type: "progress", task: "training", done, total, unit: "steps", detail }),
      cancelled: host.cancelled,
    };

    let { firstStage } = start;
    const known = (stopping: StoppingState) => ({
      ...stopping,
      ...dev.kept(),
      firstStage,
      meta: meta?.state(),
    });
    const afterStep = (step: number, evaluated: boolean, stopping: StoppingState) =>
      state.afterStep(step, evaluated, known(stopping));
    const onDivergence = (step: number, stopping: StoppingState) =>
      state.saveIfFinite(step, known(stopping));
    const stopped = { ...start, withoutBetter: start.withoutBetter ?? 0 };
    const runFirstStage = () =>
      train(
        {
          ...tasks,
          store,
          dropout,
          ...(meta && { meta }),
        },
        {
          doneSteps: stopped.step,
          best: stopped.best,
          withoutBetter: stopped.withoutBetter,
          totalSteps,
          gradientAccumulationSteps: settings.gradientAccumulationSteps,
          taskWeights: fixedTaskWeights(
            { main: true, auxiliary: hasAuxiliary },
            settings.taskWeights === "fixed" ? settings.auxiliaryWeight : undefined,
          ),
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
          groups: (step) =>
            optimizerGroups(settings, parts, learningRateFactor(step - 1, schedule)),
          evaluation: {
            isDueAfter: (step) => step % evalEvery === 0,
            evaluate: dev.evaluate,
            keepBest: dev.keepBest,
            patience: settings.patience,
          },
          afterStep,
          onDivergence,
        },
        watch,
      );
    const goOn = (first: FirstStage) =>
      runSecondStage(
        {
          stepsBefore: first.steps,
          best: first.best,
          modelFolder,
          bestWeights: dev.kept().bestWeights,
          stepsPerEpoch: perEpoch,
          store,
          main: tasks.mainOver({ ...arrays, gradients: store.gradient }),
          dropout,
          parts,
          batches: taskBatches(texts, settings, settings, spec, tokenizer),
          dev,
          stopped: start.firstStage && stopped,
          begin: () => state.beginStage(first.steps, known({ best: first.best, withoutBetter: 0 })),
          afterStep,
          onDivergence,
        },
        settings,
        watch,
      );
    let outcome = await (firstStage === undefined ? runFirstStage() : goOn(firstStage));
    if (firstStage === undefined && settings.secondStage && outcome.reason !== "interrupted") {
      firstStage = endOfFirstStage(outcome, dev.kept().bestDev);
      if (firstStage !== undefined) outcome = await goOn(firstStage);
    }
    const timing = state.timing();
    const { bestDev, bestWeights } = dev.kept();
    if (outcome.reason === "interrupted" || bestDev === undefined) {
      await state.save(outcome.steps, known(outcome));
      throw interrupted(outcome, modelFolder);
    }

    if (outcome.bestStep !== outcome.steps) {
      await loadWeights(modelFolder, store, bestWeights);
    }
    const test = await testMetrics(() => logitsOf("test"), data, predictionsPath);
    const confidence = runConfidence(await logitsOf("dev"), test?.logits, data);
    writeJson(modelFolder, temperatureFile, { temperature: confidence.temperature });
    if (masks?.scores !== undefined) {
      const scored = { scores: masks.scores, probabilities: masks.probabilities };
      const kept = { program: classifier, spec, classes, weights: store.weight };
      const examples = await runExamples(data, scored, kept, settings, tokenizer, runtime);
      writeJson(outputDir, "examples.json", examples);
    }
    const metrics: RunMetrics = {
      method,
      seed,
      model: settings.model,
      ...(model.origin && { model_origin: model.origin }),
      task_weights: settings.taskWeights,
      final_task_weights: meta?.taskWeights() ?? null,
      best_step: outcome.bestStep,
      dev: bestDev,
      test: test?.all ?? null,
      test_unseen: test?.unseen ?? null,
      timing,
      confidence,
      second_stage: firstStage
        ? {
            kept: outcome.bestStep > firstStage.steps,
            steps: outcome.steps - firstStage.steps,
            dev_before: firstStage.dev,
          }
        : null,
      excluded: excludedRows(data, unlabelled),
      text_counts: countSplits(data, unlabelled, tokenizer),
      ...(masks?.estimatorReport && { estimator_report: masks.estimatorReport }),
    };
    writeJson(outputDir, "metrics.json", metrics);
    removeState(outputDir);
    trackers.measure(outcome.bestStep, closingScalars(metrics));
    return { ...result, metrics };
  } finally {
    journal.close();
    for (const program of [tasks, meta, classifier]) await program?.dispose();
  }
}

/** Undefined where nothing was evaluated. */
function endOfFirstStage(
  { steps, best }: TrainingOutcome,
  dev: SplitMetrics | undefined,
): FirstStage | undefined {
  return best && dev && { steps, best, dev };
}

/** How a stopped run ends. */
function interrupted({ steps, bestStep }: TrainingOutcome, modelFolder: string): L3MaskingError {
  const kept =
    bestStep === 0
      ? "No evaluation had taken place, so no model was kept."
      : `The best model so far (step ${bestStep}) is in ${modelFolder}.`;
  return new L3MaskingError("interrupted", `training was stopped after step ${steps}`, {
    hint: `Go on with the same command and --resume. ${kept}`,
  });
}

function oneTask(flag: string, method: string): NoticeEvent {
  return { type: "notice", level: "info", text: `${method} has one task: ${flag} changes nothing` };
}

function untrainedHead(model: string): NoticeEvent {
  const text = `${model} has no masked-LM head: the auxiliary task starts with an untrained one`;
  return { type: "notice", level: "warning", text };
}

/** What the memory check looks at. */
function memoryOf(
  settings: TrainSettings,
  { spec, values }: LoadedModel,
  { labels, encodings }: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
): CheckedRun {
  const checkpointBytes = [...values.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const texts = { ...encodings, unlabelled: unlabelled?.encodings ?? [] };
  return { spec, classes: labels.length, checkpointBytes, texts, settings };
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
    ...(model.origin && { model_origin: model.origin }),
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
