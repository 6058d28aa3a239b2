/** `pretrain`: masked-language-model training on plain text, the training step without a main task. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import { randomStream } from "../base/random.js";
import { compileTokenLikelihood } from "../method/program/inference.js";
import { compileMaskedTokenTraining } from "../method/program/training.js";
import { createDropoutMasks } from "../method/train/dropout-masks.js";
import type { ParameterStore } from "../method/train/parameter-store.js";
import { learningRateFactor } from "../method/train/schedule.js";
import type { MicroBatch } from "../method/train/step.js";
import { fixedTaskWeights } from "../method/train/task-weights.js";
import { type BestEvaluation, train } from "../method/train/trainer.js";
import { firstPosition } from "../model/checkpoint/config.js";
import { saveCheckpoint } from "../model/checkpoint/save.js";
import { familyForTokenizer } from "../model/families/families.js";
import type { ParameterValues } from "../model/parameters.js";
import type { ModelSpec } from "../model/spec.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import type { ModelOrigin } from "../results/records/run-record.js";
import type { Scalar } from "../results/trackers/scalars.js";
import { type Trackers, withTrackers } from "../results/trackers/trackers.js";
import { createTrainable, optimizerGroups, storedValues } from "../run/fine-tune/trainable.js";
import { openJournal } from "../run/folder/journal.js";
import { createRunFolder, startedRun, writeJson } from "../run/folder/run-folder.js";
import { requireSameRun, runDigest } from "../run/folder/run-identity.js";
import { cutJournal, openSavedStates, type RunState } from "../run/folder/saved-state.js";
import { beginTracking } from "../run/folder/tracking.js";
import { isAllFinite, lastState } from "../run/folder/training-state.js";
import type { Host } from "../run/host/host.js";
import { setFirstValues } from "../run/pretrain/first-values.js";
import {
  type MaskedTokenMeasures,
  maskedWindows,
  measureMaskedTokens,
  type WindowMasking,
} from "../run/pretrain/masked-windows.js";
import {
  evenWindows,
  readingWatch,
  readTokenStream,
  type TokenStream,
  windowAt,
  windowStarts,
} from "../run/pretrain/token-stream.js";
import type { PretrainSettings } from "../run/settings/schemas.js";
import { loadModel, longestRow, requireTokenizerFits } from "../run/sources/model.js";
import { locateModel } from "../run/sources/model-source.js";
import type { Tokenizer } from "../text/encoding.js";
import { loadTokenizer } from "../text/load.js";

/** What `pretrain` leaves and measured. */
export interface PretrainResult {
  readonly outputDir: string;
  readonly steps: number;
  readonly tokens: number;
  /** On all of the validation text, 15 % of its tokens masked. */
  readonly validation: MaskedTokenMeasures | null;
}

/** Windows of the validation text that an evaluation in mid-run reads; the last one reads all. */
const EVALUATED_WINDOWS = 256;
/** Masking of validation text, the same for every model so that figures can be compared. */
const VALIDATION_MLM_PROBABILITY = 0.15;
const PARTS = { mlmHead: true, classes: 0 };

/**
 * Trains a masked language model and writes DIR: config.json, journal.jsonl, state/ (to go on from with
 * --resume) and model/ (Hugging Face layout). Batches and masks depend on seed and step alone, so a resumed
 * run continues as the uninterrupted one would.
 *
 * Throws the errors of each part; `interrupted` after a stop on request, `training-diverged`, with state/ and
 * model/ as they were last saved, and `output-in-use` while another command works in DIR.
 */
export function runPretrain(settings: PretrainSettings, host: Host): Promise<PretrainResult> {
  return holdingFolder(settings.outputDir, "pretrain", host, () =>
    withTrackers(settings, host, (trackers) => pretrain(settings, host, trackers)),
  );
}

async function pretrain(
  settings: PretrainSettings,
  host: Host,
  trackers: Trackers,
): Promise<PretrainResult> {
  const { outputDir, seed } = settings;
  const started = startedRun(outputDir, settings.resume);
  if (started !== undefined) requireSameRun(outputDir, started, { settings }, "pretrain");
  const { spec, tokenizer, values, origin } = await startingPoint(settings, host);
  const stream = await readTokenStream(settings.text, tokenizer, readingWatch(host));
  const validation =
    settings.validationText === undefined
      ? undefined
      : await readTokenStream([settings.validationText], tokenizer);
  const size = `${stream.ids.length} tokens in ${stream.documents} documents`;
  host.emit({ type: "notice", level: "info", text: `text: ${size}` });

  const runtime = await host.runtime(settings.threads);
  const store = createTrainable(spec, PARTS, values, seed);
  const states = openSavedStates(join(outputDir, "state"));
  const saved = settings.resume ? await lastState(states, store, host) : undefined;
  if (settings.model === undefined && saved === undefined) {
    const text = {
      ids: stream.ids,
      maskId: tokenizer.special.mask,
      specialIds: tokenizer.specialIds,
    };
    const random = randomStream(seed, "first-values");
    await setFirstValues(
      settings.initialization,
      store.weight,
      spec,
      text,
      runtime,
      random,
      (done, total) =>
        host.emit({ type: "progress", task: "counting", done, total, unit: "steps" }),
    );
  }
  const state: RunState = saved ?? { step: 0, tokens: 0 };
  const journalPath = join(outputDir, "journal.jsonl");
  if (settings.resume) cutJournal(journalPath, state.step);
  else {
    const model = { ...spec, family: spec.family.name };
    createRunFolder(outputDir, { settings, model, model_origin: origin });
  }
  beginTracking(trackers, settings, runDigest({ settings }, "pretrain"));

  const rates = { dropout: settings.dropout, attentionDropout: settings.dropout };
  const dropout = createDropoutMasks(seed, rates);
  const auxiliary = await compileMaskedTokenTraining(runtime, spec, rates, {
    weights: store.weight,
    gradients: store.gradient,
    keepMask: dropout.keepMask,
  });
  const scorer = await compileTokenLikelihood(runtime, spec, store.weight);
  const journal = openJournal(journalPath);
  try {
    const masking: WindowMasking = { ...settings, selection: "bernoulli", spec, tokenizer };
    const validationMasking = { ...masking, mlmProbability: VALIDATION_MLM_PROBABILITY };
    const schedule = {
      kind: settings.lrSchedulerType,
      warmupSteps: Math.ceil(settings.warmupRatio * settings.maxSteps),
      totalSteps: settings.maxSteps,
    };
    let { tokens } = state;
    let best: BestEvaluation | undefined = state.best;
    let savedStep = saved?.step;
    let measured: PretrainResult["validation"] = null;
    const save = async (step: number) => {
      // The state last: a kill before it leaves a newer model, which the steps that are done again replace by the same.
      await saveModel(join(outputDir, "model"), spec, store, tokenizer, settings);
      journal.flush();
      await states.save(store, { step, tokens, best });
      savedStep = step;
    };

    const outcome = await train(
      { store, auxiliary, dropout },
      {
        doneSteps: state.step,
        best: state.best,
        totalSteps: settings.maxSteps,
        gradientAccumulationSteps: settings.gradientAccumulationSteps,
        taskWeights: fixedTaskWeights({ main: false, auxiliary: true }),
        batches: (step) => ({
          epoch: 1,
          microBatches: Array.from({ length: settings.gradientAccumulationSteps }, (_, micro) =>
            windowsBatch(stream, step, micro, settings, masking),
          ),
        }),
        groups: (step) => optimizerGroups(settings, PARTS, learningRateFactor(step - 1, schedule)),
        ...(validation && {
          evaluation: {
            isDueAfter: (step: number) => step % settings.evalSteps === 0,
            async evaluate() {
              const windows = evenWindows(
                validation,
                EVALUATED_WINDOWS,
                settings.maxLength,
                tokenizer,
              );
              measured = await measureMaskedTokens(scorer, windows, validationMasking);
              const { loss, accuracy } = measured;
              return {
                event: { split: "validation-text" as const, loss, measures: { accuracy } },
                metric: -loss,
              };
            },
            // The last weights are the ones that count.
            async keepBest(evaluation) {
              best = evaluation;
            },
            patience: Number.POSITIVE_INFINITY,
          },
        }),
        async afterStep(step) {
          if (step % settings.saveSteps === 0) await save(step);
        },
        async onDivergence(step) {
          if (step > 0 && step !== savedStep && isAllFinite(store)) await save(step);
        },
      },
      {
        emit(event) {
          if (event.type === "step") tokens += event.tokens;
          journal.write(event);
          trackers.report(event);
          host.emit(event);
        },
        progress: (done, total, detail) =>
          host.emit({ type: "progress", task: "pretraining", done, total, unit: "steps", detail }),
        cancelled: host.cancelled,
      },
    );
    if (savedStep !== outcome.steps) await save(outcome.steps);
    if (outcome.reason === "interrupted") {
      throw new L3MaskingError(
        "interrupted",
        `pretraining was stopped after step ${outcome.steps}`,
        {
          hint: "The state is saved; run the same command with --resume to continue.",
        },
      );
    }
    if (validation !== undefined) {
      const all = evenWindows(validation, Number.MAX_SAFE_INTEGER, settings.maxLength, tokenizer);
      measured = await measureMaskedTokens(scorer, all, validationMasking);
    }
    const result = { outputDir, steps: outcome.steps, tokens, validation: measured };
    writeJson(outputDir, "metrics.json", result);
    if (measured !== null) trackers.measure(outcome.steps, validationScalars(measured));
    return result;
  } finally {
    journal.close();
    for (const program of [auxiliary, scorer]) await program.dispose();
  }
}

/** What trackers are told of all of the validation text. */
function validationScalars({ loss, accuracy }: MaskedTokenMeasures): Scalar[] {
  return [
    { tag: "validation/loss", value: loss },
    { tag: "validation/accuracy", value: accuracy },
    { tag: "validation/perplexity", value: Math.exp(loss) },
  ];
}

interface StartingPoint {
  readonly spec: ModelSpec;
  readonly tokenizer: Tokenizer;
  readonly values: ParameterValues;
  /** Where a model to go on from came from, if it was named as on the hub. */
  readonly origin?: ModelOrigin | undefined;
}

/** A checkpoint to go on from, or a new model of the size asked for. */
async function startingPoint(settings: PretrainSettings, host: Host): Promise<StartingPoint> {
  const isFile = basename(settings.tokenizer) === "tokenizer.json";
  const source = isFile
    ? { folder: dirname(settings.tokenizer) }
    : await locateModel(settings.tokenizer, "tokenizer", host);
  const tokenizer = await loadTokenizer(source.folder);
  if (settings.model !== undefined) {
    const { spec, values, folder, origin } = await loadModel(settings.model, host);
    requireTokenizerFits(tokenizer, spec, join(folder, "config.json"));
    return { spec: checkedLengths(spec, settings), tokenizer, values, origin };
  }
  const { pad, first } = tokenizer.special;
  const family = familyForTokenizer(tokenizer.token(first));
  const start = firstPosition(family, pad);
  const spec: ModelSpec = {
    family,
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: settings.hiddenSize,
    layers: settings.numHiddenLayers,
    heads: settings.numAttentionHeads,
    intermediateSize: settings.intermediateSize ?? 4 * settings.hiddenSize,
    maxPositions: settings.maxPositions + start,
    ...family.newModel,
    hiddenDropout: 0.1,
    attentionDropout: 0.1,
    initializerRange: 0.02,
    padId: pad,
    firstPosition: start,
    labels: undefined,
  };
  if (spec.hiddenSize % spec.heads !== 0) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a hidden size divisible by the ${spec.heads} attention heads, got ${spec.hiddenSize}`,
      { hint: "Change --hidden-size or --num-attention-heads." },
    );
  }
  return { spec: checkedLengths(spec, settings), tokenizer, values: new Map() };
}

function checkedLengths(spec: ModelSpec, { maxLength, shortLength }: PretrainSettings): ModelSpec {
  const longest = Math.max(maxLength, shortLength);
  if (longest <= longestRow(spec)) return spec;
  throw new L3MaskingError(
    "invalid-setting",
    `expected lengths of at most ${longestRow(spec)} tokens, got ${longest}`,
    { hint: "Lower --max-length, or raise --max-positions for a new model." },
  );
}

/** The row length of a step: short at first, the model's longest at the end, --max-length between. */
function lengthAt(step: number, settings: PretrainSettings, spec: ModelSpec): number {
  const share = (step - 1) / settings.maxSteps;
  if (share < settings.shortShare) return Math.min(settings.shortLength, settings.maxLength);
  return share >= 1 - settings.longShare ? longestRow(spec) : settings.maxLength;
}

function windowsBatch(
  stream: TokenStream,
  step: number,
  micro: number,
  settings: PretrainSettings,
  masking: WindowMasking,
): MicroBatch {
  const { spec, tokenizer } = masking;
  const length = Math.min(lengthAt(step, settings, spec), stream.ids.length + 2);
  const count = Math.max(1, Math.floor(settings.batchTokens / length));
  const starts = windowStarts(
    stream,
    count,
    length,
    randomStream(settings.seed, "windows", step, micro),
  );
  const windows = starts.map((start) => windowAt(stream, start, length, tokenizer));
  const masked = maskedWindows(windows, masking, randomStream(settings.seed, "mask", step, micro));
  const shift = randomStream(settings.seed, "shift", step, micro);
  const texts = `windows of ${length} tokens that start at tokens ${starts.join(", ")} of the text`;
  if (shift.uniform() >= settings.shiftedShare) return { auxiliary: masked, texts };
  const { batch } = masked;
  const offset = shift.integer(longestRow(spec) - length + 1);
  const positions = batch.positions.map((at) => at + offset);
  return { auxiliary: { ...masked, batch: { ...batch, positions } }, texts };
}

async function saveModel(
  folder: string,
  spec: ModelSpec,
  store: ParameterStore,
  tokenizer: Tokenizer,
  settings: PretrainSettings,
): Promise<void> {
  await saveCheckpoint(folder, {
    spec,
    values: storedValues(store),
    kind: "masked-lm",
    tokenizerFiles: tokenizer.files(),
    dtype: settings.dtype === "float16" ? "F16" : "F32",
    replace: existsSync(folder),
  });
}
