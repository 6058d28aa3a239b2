/** Fine-tuning with everything in memory: the course of `train` for an encoder, without run folder, baseline and folds. */
import { L3MaskingError } from "../../base/errors.js";
import type { GivenText } from "../../base/pairs.js";
import { buildDataset } from "../../data/dataset.js";
import type { TextRecord } from "../../data/formats/record.js";
import type { LabelSpace } from "../../data/label-sets.js";
import { singleTexts, type Task, textsFor } from "../../data/task.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { tokenFrequencies } from "../../method/masking/frequencies.js";
import { ownStrategy, requireWeights } from "../../method/masking/own-strategy.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import { maskingOf, OWN } from "../../method/methods.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { type TrainingOutcome, train } from "../../method/train/trainer.js";
import type { ModelSpec } from "../../model/spec.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Encoding } from "../../text/encoding.js";
import { adaptToTexts } from "../fine-tune/adaptation.js";
import { devEvaluation, evaluationPlan } from "../fine-tune/dev-evaluation.js";
import { firstStagePlan } from "../fine-tune/first-stage.js";
import { requireFitting } from "../fine-tune/fitting.js";
import { probeHead } from "../fine-tune/probed-head.js";
import { dataSize, withRecipe } from "../fine-tune/recipe.js";
import { mainRows, stepsPerEpoch, taskBatches } from "../fine-tune/task-batches.js";
import { textMasks } from "../fine-tune/text-masks.js";
import { compileTraining, initialWeights, type Training } from "../fine-tune/training.js";
import { adaptationSteps } from "../fine-tune/training-length.js";
import type { SavedParts } from "../folder/written-classifier.js";
import type { Watched } from "../host/host.js";
import { classifyEncodings } from "../inference/classify.js";
import { asReading, checkedMaxLength } from "../sources/model-facts.js";
import { countEncodings, requireKnownWords } from "../sources/text-counts.js";
import type { ModelInMemory } from "./model.js";
import { scoresInMemory } from "./scoring.js";
import { isSimple, type MemoryTrainSettings, memorySettings } from "./settings.js";

/** Texts and their labels, side by side. */
export interface LabelledTexts {
  /** All single, or all pairs. */
  readonly texts: readonly GivenText[];
  readonly labels: readonly string[];
}

/** Labelled texts to train on. */
export interface MemoryTexts extends LabelledTexts {
  /** Texts that choose the best weights; without them the last are kept. */
  readonly dev?: LabelledTexts;
}

export interface TrainedInMemory {
  readonly training: Training;
  /** With the kept weights. */
  readonly parts: SavedParts;
  /** How it ended; a stop on request keeps the best weights so far, or the last where none were evaluated. */
  readonly outcome: TrainingOutcome;
  readonly evalTokens: number;
}

/**
 * Fine-tunes an encoder on texts. The caller disposes of the programs in `training`.
 *
 * Throws `input-mismatch` for texts without a label each, `data-pair` for pairs among single texts, `data-` errors for labels and texts that cannot be trained on,
 * `texts-unknown`, `interrupted` for a stop before the first step, `training-diverged`, and what `memorySettings` and `requireFitting` throw.
 */
export async function trainInMemory(
  model: ModelInMemory,
  given: MemoryTexts,
  chosen: MemoryTrainSettings,
  runtime: Runtime,
  watched: Watched,
): Promise<TrainedInMemory> {
  const asked = memorySettings(chosen);
  requireFitting(asked, model);
  const maxLength = checkedMaxLength(asked.maxLength, model.spec);
  const task = taskOfTexts(given.texts);
  const data = buildDataset({
    task,
    train: records(given, "train", task),
    dev: given.dev && records(given.dev, "dev", task),
    splitSeed: 0,
    crossValidated: true,
  });
  const { longTexts } = asked;
  const { spec, tokenizer } = asReading(model, { longTexts, task });
  const encode = encodeOnce(tokenizer, maxLength);
  const encodings = {
    train: data.train.texts.map(encode),
    dev: data.dev.texts.map(encode),
    test: [],
  };
  for (const split of ["train", "dev"] as const) {
    requireKnownWords(countEncodings(encodings[split], tokenizer), `the ${split} texts`);
  }
  const settings = withRecipe(asked, dataSize({ labels: data.labels, encodings }));
  const masking = settings.method === OWN ? ownInMemory(chosen) : maskingOf(settings.method);
  const values =
    masking?.needs === "scores"
      ? await scoresInMemory(
          { ...model, spec, tokenizer },
          encodings.train,
          settings,
          runtime,
          watched,
        )
      : masking?.needs === "frequencies"
        ? tokenFrequencies(encodings.train)
        : undefined;
  if (masking?.name === OWN) {
    const checked = [masking, encodings.train, values, settings.seed] as const;
    requireWeights(...checked, masking.title, tokenizer.token);
  }
  const masks =
    masking && textMasks(masking, encodings.train, values, settings, tokenizer.special.unknown);

  const classes = data.labels.length;
  const texts = mainRows({
    encodings: encodings.train,
    labelIds: data.train.labelIds,
    lines: data.train.records.map(({ line }) => line),
  });
  const perEpoch = stepsPerEpoch(texts.encodings.length, settings);
  const steps = adaptationSteps(perEpoch, settings);
  const clock = { now: () => 0 };
  const adaptable = { spec, tokenizer, weights: async () => model.values };
  const weights =
    steps === 0
      ? model.values
      : (await adaptToTexts(adaptable, encodings.train, steps, settings, clock, runtime, watched))
          .values;
  const store = initialWeights(spec, weights, classes, settings);
  if (settings.headInitialization === "probe") {
    await probe(
      store,
      spec,
      { ...texts, space: data.space },
      settings.evalTokens,
      runtime,
      watched,
    );
  }
  const training = await compileTraining(
    spec,
    store,
    { ...data, encodings },
    settings,
    undefined,
    runtime,
  );
  const { evalTokens } = settings;
  const { parameters } = training;
  let best: ReadonlyMap<string, Float32Array> | undefined;
  const dev = devEvaluation(
    {
      logits: () => classifyEncodings(training.classifier, spec, encodings.dev, evalTokens),
      labelIds: data.dev.labelIds,
      measured: data,
      metric: settings.metricForBestModel,
      kept: settings.keep,
      async keep() {
        best = copied(await parameters.download(["weight"]));
        return "in memory";
      },
    },
    { aside: (work) => work() },
    { bestDev: undefined, bestWeights: undefined },
  );
  try {
    const outcome = await train(
      { ...training.tasks, parameters, dropout: training.dropout },
      {
        doneSteps: 0,
        ...firstStagePlan(training, perEpoch, settings),
        batches: taskBatches(
          { ...texts, ...(masks && { probabilities: masks.probabilities }) },
          settings,
          settings,
          spec,
          tokenizer,
        ),
        ...evaluationPlan(dev, perEpoch, settings),
      },
      {
        emit: watched.emit,
        progress: (done, total, detail) =>
          watched.emit({ type: "progress", task: "training", done, total, unit: "steps", detail }),
        cancelled: watched.cancelled,
      },
    );
    if (best !== undefined && outcome.bestStep !== outcome.steps) {
      for (const [name, values] of best) store.weight(name).set(values);
      await parameters.upload();
    } else await parameters.download(["weight"]);
    const parts = { spec, store, labels: data.labels, tokenizer, maxLength, task };
    return { training, parts, outcome, evalTokens };
  } catch (error) {
    await training.dispose();
    throw error;
  }
}

/** Throws `missing-setting` without a strategy, `strategy-invalid`, and `invalid-setting` for one that needs what there is not in memory. */
function ownInMemory({ strategy }: MemoryTrainSettings): MaskingStrategy {
  if (strategy === undefined) {
    throw new L3MaskingError(
      "missing-setting",
      "expected a strategy for the method own, got none",
      {
        hint: "Pass a masking strategy as `strategy`.",
      },
    );
  }
  const own = ownStrategy(strategy, "the setting strategy");
  if (isSimple(own.needs)) return own;
  throw new L3MaskingError(
    "invalid-setting",
    `expected a strategy that needs scores, frequencies or nothing, got one that needs ${own.needs}`,
    { hint: "Train it with the command line." },
  );
}

function records(
  { texts, labels }: LabelledTexts,
  split: "train" | "dev",
  task: Task,
): readonly TextRecord[] {
  if (texts.length !== labels.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a label for each of the ${texts.length} ${split} texts, got ${labels.length}`,
      { hint: "Pass texts and labels of the same length." },
    );
  }
  return textsFor(texts, task).map((text, row) => {
    return { text, label: labels[row], columns: {}, line: row + 1 };
  });
}

/** By the first text: that of pairs, or of single texts. */
function taskOfTexts([first]: readonly GivenText[]): Task {
  return typeof first === "object" ? { textColumns: ["text", "second text"] } : singleTexts;
}

interface LabelledEncodings {
  readonly encodings: readonly Encoding[];
  readonly labelIds: Int32Array;
  readonly space: LabelSpace;
}

function probe(
  store: ParameterStore,
  spec: ModelSpec,
  texts: LabelledEncodings,
  evalTokens: number,
  runtime: Runtime,
  { emit, cancelled }: Watched,
): Promise<void> {
  const total = texts.encodings.length;
  return probeHead(store, spec, texts, evalTokens, runtime, cancelled, (done) =>
    emit({ type: "progress", task: "reading", done, total, unit: "texts" }),
  );
}

function copied(store: ParameterStore): ReadonlyMap<string, Float32Array> {
  return new Map(store.parameters.map(({ name }) => [name, store.weight(name).slice()]));
}
