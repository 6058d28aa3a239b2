/** The encoder of a run, fine-tuned on its training texts: journal, saved states, and the weights that are kept. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { TrainingWatch } from "../../method/train/trainer.js";
import { join } from "../../platform/paths.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import type { Trackers } from "../../results/trackers/trackers.js";
import { encodeOnce } from "../../text/encode-once.js";
import { openJournal } from "../folder/journal.js";
import { withSavedStep } from "../folder/lost-device.js";
import { saveClassifier } from "../folder/saved-classifier.js";
import { beginTracking, runWatch } from "../folder/tracking.js";
import { openTrainingState, type StartingState, startingState } from "../folder/training-state.js";
import type { Host } from "../host/host.js";
import {
  type AttributeTokens,
  type ExplainTexts,
  encoderExplainer,
  tokenAttributor,
} from "../inference/attributed-words.js";
import { classifyEncodings } from "../inference/classify.js";
import type { AdaptedModel } from "./adaptation.js";
import { adaptedForRun } from "./adapted-run.js";
import { devEvaluation } from "./dev-evaluation.js";
import { givenUpAtEnd } from "./ending.js";
import { computeFrozenStates } from "./frozen-states.js";
import { probeHead } from "./probed-head.js";
import { runEpochMasks } from "./run-epoch-masks.js";
import type { KeptClassifier } from "./run-examples.js";
import { loadWeights } from "./second-stage.js";
import { runStages, type Trained } from "./stages.js";
import { mainRows } from "./task-batches.js";
import type { TextMasks } from "./text-masks.js";
import { compileTraining, initialWeights } from "./training.js";
import { type PlannedInputs, toldByFirstSteps } from "./work-plan.js";

export interface KeptEncoder {
  /** Of the kept weights. */
  readonly folder: string;
  readonly trained: Trained;
  readonly timing: RunMetrics["timing"];
  readonly finalTaskWeights: RunMetrics["final_task_weights"];
  /** With the kept weights. */
  readonly classifier: KeptClassifier;
  readonly explain: ExplainTexts;
  readonly attribute: AttributeTokens;
  /** Logits [N, C] of a split's texts. */
  logitsOf(split: "dev" | "test"): Promise<Float32Array>;
  /** Saves the kept weights in a further folder. */
  save(folder: string): Promise<unknown>;
  dispose(): Promise<void>;
}

/** A run that has not begun to classify has spent what its adaptation took; the states of later steps hold it. */
function afterAdaptation(
  starting: StartingState,
  adapted: AdaptedModel | undefined,
): StartingState {
  const { state } = starting;
  if (adapted === undefined || state.step > 0) return starting;
  const { tokens, seconds: trainingSeconds } = adapted;
  return { ...starting, state: { ...state, tokens, trainingSeconds } };
}

/** Where an encoder's training is written and told. */
export interface EncoderPlace {
  /** For the kept weights. */
  readonly folder: string;
  readonly trackers: Trackers;
  /** Of what decides the run's result. */
  readonly digest: string;
  readonly scoringSeconds: number;
}

/**
 * Fine-tunes the encoder, or goes on with it; asked to end, it does so after its first step at the earliest. Throws `interrupted` after a stop on request, and after one to end before the first step, with the state saved, and what `runStages`
 * throws. The caller disposes of what it gets.
 */
export async function trainEncoder(
  inputs: PlannedInputs,
  masks: TextMasks | undefined,
  { folder, trackers, digest, scoringSeconds }: EncoderPlace,
  runtime: Runtime,
  host: Host,
): Promise<KeptEncoder> {
  const { settings, model, data, unlabelled, maxLength } = inputs;
  const { spec, tokenizer } = model;
  const { labels } = data;
  const adapted = await adaptedForRun(inputs, runtime, givenUpAtEnd(host));
  // Not in a variable: that would hold them throughout the training.
  const store = initialWeights(
    spec,
    adapted?.values ?? (await model.weights()),
    labels.length,
    settings,
  );
  const starting = afterAdaptation(await startingState(store, settings, host), adapted);
  const { state: start } = starting;
  const { labelIds } = data.train;
  const main = mainRows({ encodings: data.encodings.train, labelIds });
  const total = labelIds.length;
  const onBatch = (read: number) => {
    const done = Math.floor((read / main.encodings.length) * total);
    host.emit({ type: "progress", task: "reading", done, total, unit: "texts" });
  };
  const { cancelled } = givenUpAtEnd(host);
  if (start.step === 0 && settings.headInitialization === "probe") {
    const texts = { ...main, space: data.space };
    await probeHead(store, spec, texts, settings.evalTokens, runtime, cancelled, onBatch);
  }
  const body = { spec, weights: store.weight };
  const reading = [body, main.encodings, settings, runtime, cancelled, { onBatch }] as const;
  const splits = { ...data, frozenStates: await computeFrozenStates(...reading) };
  beginTracking(trackers, settings, digest);
  const training = await compileTraining(spec, store, splits, settings, start.meta, runtime);
  const journal = openJournal(join(settings.outputDir, "journal.jsonl"));
  const { parameters } = training;
  const saved = { spec, store, labels, tokenizer, maxLength, task: data.task };
  const state = openTrainingState(starting, parameters, journal, settings, scoringSeconds, host);
  try {
    const logitsOf = (split: "dev" | "test") =>
      classifyEncodings(training.classifier, spec, data.encodings[split], settings.evalTokens);
    const dev = devEvaluation(
      {
        logits: () => logitsOf("dev"),
        labelIds: data.dev.labelIds,
        measured: data,
        metric: settings.metricForBestModel,
        kept: settings.keep,
        async keep() {
          await parameters.download(["weight"]);
          return saveClassifier(folder, saved, { checksums: true });
        },
      },
      state.clock,
      start,
    );
    const watch = runWatch("training", journal, trackers, host, state.countTokens);
    const timed = toldByFirstSteps(inputs, host);
    const progress: TrainingWatch["progress"] = (done, ...more) => {
      watch.progress(done, ...more);
      timed(done);
    };
    const trained = await runStages(
      training,
      splits,
      {
        masked: inputs.masked,
        unlabelled: unlabelled?.encodings,
        masks: masks && runEpochMasks(inputs, masks, training, digest, runtime, host),
      },
      tokenizer,
      { modelFolder: folder, dev, state, start },
      settings,
      start.step === 0 ? { ...watch, progress } : watch,
    );
    const timing = state.timing();
    await training.endTraining();
    const { outcome, bestWeights } = trained;
    if (outcome.bestStep !== outcome.steps) {
      await loadWeights(folder, store, bestWeights);
      await parameters.upload();
    } else await parameters.download(["weight"]);
    const { classifier: program, parts } = training;
    const classifier = { program, spec, classes: parts.classes, weights: store.weight };
    const encode = encodeOnce(tokenizer, maxLength);
    const attribute = tokenAttributor({ ...classifier, labels, encode }, runtime, host);
    return {
      folder,
      trained,
      timing,
      finalTaskWeights: training.meta?.taskWeights() ?? null,
      classifier,
      explain: encoderExplainer(tokenizer, attribute),
      attribute,
      logitsOf,
      save: (place) => saveClassifier(place, saved, { checksums: false }),
      dispose: training.dispose,
    };
  } catch (error) {
    await training.dispose();
    throw withSavedStep(error, state.savedStep());
  } finally {
    journal.close();
  }
}
