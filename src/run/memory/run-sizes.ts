/** The largest batches that a training run meets, from the lengths of its texts. */
import { batches, evaluationBatches } from "../../method/batch/order.js";
import { packOptions, packTexts } from "../../method/batch/pack.js";
import { isExact, parseEstimator } from "../../method/likelihood/estimators.js";
import {
  adaptsFirst,
  hasAuxiliaryTask,
  maskingOf,
  needsAdaptedModel,
  needsScores,
  passesOf,
} from "../../method/methods.js";
import type { BatchSizes } from "../../method/program/memory.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";
import { frozenStatesBytes, keepsFrozenStates } from "../fine-tune/frozen-states.js";
import type { FineTuneSettings } from "../fine-tune/recipe.js";
import { taskOrder } from "../fine-tune/task-batches.js";
import type { RunSizes } from "./training-estimate.js";

export interface RunTexts {
  readonly train: readonly Encoding[];
  readonly dev: readonly Encoding[];
  readonly test: readonly Encoding[];
  /** The training texts as the auxiliary task reads them; `train` where absent. */
  readonly masked?: readonly Encoding[];
  readonly unlabelled: readonly Encoding[];
  /** That the task's are held against; none where absent. */
  readonly general?: readonly Encoding[];
}

export type SizeSettings = Pick<
  FineTuneSettings,
  | "method"
  | "sharedPass"
  | "taskWeights"
  | "freezeLayers"
  | "batchSize"
  | "devBatchSize"
  | "evalTokens"
  | "estimator"
  | "scoringTokens"
  | "mlmProbability"
  | "maxLength"
  | "maxSteps"
  | "adaptationEpochs"
  | "rescoreEpochs"
  | "auxiliaryTexts"
  | "finalMlmProbability"
  | "numTrainEpochs"
  | "gradientAccumulationSteps"
  | "seed"
>;

/** Special tokens of a text, which are never selected. */
const SPECIAL_TOKENS = 2;

/**
 * Of training: the batch with the most tokens in the first epoch, in the order that the run will draw. Of
 * evaluation, scoring and dev batches: the most that can come together. Texts longer than `settings.maxLength`
 * count as cut, so that shorter ones can be tried without encoding again.
 */
export function runSizes(texts: RunTexts, settings: SizeSettings, spec: ModelSpec): RunSizes {
  const { method, batchSize, maxLength, seed } = settings;
  const lengthsOf = (encodings: readonly Encoding[]) =>
    Int32Array.from(encodings.flatMap(windowsOf), ({ ids }) => Math.min(ids.length, maxLength));
  const train = lengthsOf(texts.train);
  const all = lengthsOf([...(texts.masked ?? texts.train), ...texts.unlabelled]);
  const general = lengthsOf(texts.general ?? []);
  const masked = settings.auxiliaryTexts === "unlabeled" ? lengthsOf(texts.unlabelled) : all;
  const [dev, test] = [lengthsOf(texts.dev), lengthsOf(texts.test)];
  const hasAuxiliary = hasAuxiliaryTask(method);
  const adapts = adaptsFirst(method);
  const { mlmProbability: first, finalMlmProbability: last = first } = settings;
  const selectedShare = hasAuxiliary ? Math.max(first, last) : adapts ? first : 0;
  const layout = (lengths: Int32Array) => layoutOf(lengths, spec, selectedShare);
  const fullest = (lengths: Int32Array, task: "main" | "auxiliary" | "adaptation") => {
    const steps = passesOf(method) * (settings.maxSteps ?? Number.POSITIVE_INFINITY);
    const portions = batches(taskOrder(lengths.length, seed, task)(0), batchSize)
      .slice(0, steps * settings.gradientAccumulationSteps)
      .map((portion) => portion.map((text) => lengths[text]));
    return layout(portions.reduce((most, other) => (sum(other) > sum(most) ? other : most)));
  };
  const evaluated = [dev, test]
    .filter((lengths) => lengths.length > 0)
    .map((lengths) => {
      const [longest] = evaluationBatches(lengths, settings.evalTokens);
      return layout(longest.map((text) => lengths[text]));
    });
  const learnsWeights = hasAuxiliary && settings.taskWeights === "meta";
  return {
    main: fullest(train, "main"),
    auxiliary: hasAuxiliary && !settings.sharedPass ? fullest(masked, "auxiliary") : undefined,
    adaptation: adapts
      ? fullest(masked, "adaptation")
      : needsAdaptedModel(method)
        ? fullest(all, "adaptation")
        : undefined,
    dev: learnsWeights ? layout(longestOf(dev, settings.devBatchSize)) : undefined,
    evaluation: evaluated.reduce((a, b) => (a.rows * a.slots > b.rows * b.slots ? a : b)),
    scoring: needsScores(method) ? scoringCalls(all, settings) : [],
    rescores: needsScores(method) && settings.rescoreEpochs !== undefined,
    entropies: maskingOf(method)?.needs === "entropies",
    frozenStates: keepsFrozenStates(settings, spec, train)
      ? frozenStatesBytes(settings, spec, train)
      : 0,
    texts: all.length + general.length + dev.length + test.length,
    tokens: sum(all) + sum(general) + sum(dev) + sum(test),
  };
}

/** How texts of these lengths lie in rows, and how many of their tokens are selected. */
function layoutOf(lengths: Int32Array, spec: ModelSpec, selectedShare: number): BatchSizes {
  const rows = Array.from(lengths, (length) => new Int32Array(length));
  const packed = packTexts(rows, packOptions(spec));
  const selectable = sum(lengths) - SPECIAL_TOKENS * lengths.length;
  return {
    rows: packed.rows,
    slots: packed.slots,
    texts: lengths.length,
    selectedTokens: Math.max(1, Math.ceil(selectedShare * selectable)),
  };
}

/**
 * Calls of the scoring model: with the longest texts, whose attention is largest, and with the shortest, of which most
 * rows, and so most logits, fit in a call.
 */
function scoringCalls(
  lengths: Int32Array,
  { estimator: name, scoringTokens }: SizeSettings,
): BatchSizes[] {
  const estimator = parseEstimator(name);
  const scored = lengths.filter((length) => length > SPECIAL_TOKENS).sort();
  return [...new Set([scored.at(-1), scored.at(0)])]
    .filter((length) => length !== undefined)
    .map((length) => {
      const rows = Math.max(1, Math.floor(scoringTokens / length));
      const targets = isExact(estimator)
        ? 1
        : estimator === "unmasked"
          ? length - SPECIAL_TOKENS
          : Math.ceil((length - SPECIAL_TOKENS) / Number(estimator.slice("block-".length)));
      return { rows, slots: length, texts: rows, selectedTokens: rows * targets };
    });
}

function longestOf(lengths: Int32Array, count: number): Int32Array {
  return lengths.toSorted((a, b) => b - a).subarray(0, count);
}

function sum(values: Int32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
