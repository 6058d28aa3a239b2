/** How long runs take beside each other, guessed before any is trained, and their fair distribution. */
import { adaptsFirst, hasAuxiliaryTask, isLinear, passesOf } from "../../method/methods.js";
import type { TrainSettings } from "../../run/settings/schemas.js";
import type { PlannedComparison } from "./compare.js";
import type { PlannedRun } from "./compare-runs.js";

/** What a run reads and computes with. */
export interface RunSizes {
  /** Training texts. */
  readonly rows: number;
  /** Tokens of all of them. */
  readonly tokens: number;
  readonly layers: number;
  readonly hiddenSize: number;
}

/** A linear classifier beside an encoder: it is there in no time, but not in none. */
const LINEAR_SHARE = 1e-3;

/** Texts of a step where only the recipe says it. */
const USUAL_BATCH = 32;

/**
 * Cost of a run in units of its own: tokens that pass through the encoder in training x layers x hidden size^2: those of classification, and
 * those of masked tokens beside it or before it. Where the recipe decides on the number of epochs it counts as one, as it is alike for all runs.
 */
export function runCost(
  {
    method,
    maxSteps,
    numTrainEpochs = 1,
    batchSize = USUAL_BATCH,
    adaptationEpochs = numTrainEpochs,
  }: TrainSettings,
  { rows, tokens, layers, hiddenSize }: RunSizes,
): number {
  const epochs = maxSteps === undefined ? numTrainEpochs : (maxSteps * batchSize) / rows;
  const one = tokens * epochs * layers * hiddenSize ** 2;
  if (isLinear(method)) return one * LINEAR_SHARE;
  const beside = hasAuxiliaryTask(method) ? 1 : 0;
  const before = adaptsFirst(method) ? adaptationEpochs / numTrainEpochs : 0;
  return one * (passesOf(method) + beside + before);
}

/**
 * Deals items to `parts` so that the parts cost about the same: the most expensive first, each to the part that has least so far. Gives
 * those of part `index` (from 0), the most expensive first. Equal costs keep their order, so every machine deals alike.
 */
export function dealt<Item extends { readonly cost: number }>(
  items: readonly Item[],
  parts: number,
  index: number,
): Item[] {
  const loads = new Float64Array(parts);
  const mine: Item[] = [];
  for (const item of [...items].sort((one, other) => other.cost - one.cost)) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] += item.cost;
    if (least === index) mine.push(item);
  }
  return mine;
}

/** Planned runs with their costs. */
export function withCosts({ runs, plan, inputs }: PlannedComparison) {
  return runs.map((run) => ({ run, cost: costOf(run, plan, inputs) }));
}

/** Cost of a run of a data set and model of the plan. */
export function costOf(
  { dataset, model, settings }: Pick<PlannedRun, "dataset" | "model" | "settings">,
  { datasets, models }: PlannedComparison["plan"],
  { tokens }: PlannedComparison["inputs"],
): number {
  const rows = datasets.find(({ name }) => name === dataset)?.rows.train ?? 0;
  const { layers = 0, hidden_size: hiddenSize = 0 } =
    models.find(({ name }) => name === model) ?? {};
  const read = tokens.find((entry) => entry.dataset === dataset && entry.model === model);
  return runCost(settings, { rows, tokens: read?.tokens ?? 0, layers, hiddenSize });
}
