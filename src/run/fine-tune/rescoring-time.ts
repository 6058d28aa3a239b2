/** How long it takes to score the texts anew while a model trains (`--rescore-epochs`), before it is done. */
import { parseEstimator, scoringCost } from "../../method/likelihood/estimators.js";
import { hasAuxiliaryTask, needsScores } from "../../method/methods.js";
import { windowsOf } from "../../text/long-texts.js";
import type { RunInputs } from "./inputs.js";
import { stepsPerEpoch } from "./task-batches.js";

/** A pass forward is a third of one forward and backward. */
const FORWARD = 1 / 3;

type Scored = Pick<RunInputs, "settings" | "masked" | "unlabelled">;

/** How often texts are scored anew in so many steps: after every `rescoreEpochs` epochs, but for the last. */
export function rescorings(
  steps: number,
  perEpoch: number,
  { rescoreEpochs = Number.POSITIVE_INFINITY }: Pick<RunInputs["settings"], "rescoreEpochs">,
): number {
  const epochs = Math.ceil(steps / perEpoch);
  return Math.max(0, Math.floor((epochs - 1) / rescoreEpochs));
}

/** Tokens of the masked copies of all texts; 0 where nothing is scored anew. */
export function rescoringCost({ settings, masked, unlabelled }: Scored): number {
  const { method, rescoreEpochs, estimator } = settings;
  if (rescoreEpochs === undefined || !needsScores(method)) return 0;
  return scoringCost([...masked, ...(unlabelled?.encodings ?? [])], parseEstimator(estimator));
}

/**
 * Seconds of one scoring of all texts, as tokens of masked copies that go forward through the encoder; 0 where nothing is scored anew. A step of
 * `secondsPerStep` takes its texts forward and backward, once, or for each of two tasks that do not share a pass.
 */
export function rescoringSeconds(
  inputs: Scored & {
    readonly data: { readonly encodings: Pick<RunInputs["data"]["encodings"], "train"> };
  },
  secondsPerStep: number,
): number {
  const { settings, data } = inputs;
  const { method, sharedPass } = settings;
  const train = data.encodings.train.flatMap(windowsOf);
  const tokens = train.reduce((sum, { ids }) => sum + ids.length, 0);
  const passes = hasAuxiliaryTask(method) && !sharedPass ? 2 : 1;
  const perStep = (passes * tokens) / stepsPerEpoch(train.length, settings);
  return (FORWARD * secondsPerStep * rescoringCost(inputs)) / perStep;
}
