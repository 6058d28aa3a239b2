/** How long an encoder trains, in optimizer steps: classification, and the adaptation before it. */
import { adaptsFirst, passesOf } from "../../method/methods.js";
import type { EncoderSettings } from "./recipe.js";

/** Passes over the texts of an adaptation that only tells what can be learned from them; as many as Rho-1's reference model had. */
export const BRIEF_EPOCHS = 3;

export type LengthSettings = Pick<
  EncoderSettings,
  "method" | "maxSteps" | "numTrainEpochs" | "adaptationEpochs"
>;

/** Steps in which classification is trained, `perEpoch` of them in a pass over the texts. */
export function trainingSteps(perEpoch: number, settings: LengthSettings): number {
  return passesOf(settings.method) * (settings.maxSteps ?? settings.numTrainEpochs * perEpoch);
}

/** Steps of masked tokens alone that come before them; 0 for most methods. */
export function adaptationSteps(perEpoch: number, settings: LengthSettings): number {
  return Math.round(adaptationShare(settings) * trainingSteps(perEpoch, settings));
}

/** Steps of the adaptation for each one of classification, so that `--max-steps` shortens both alike. */
export function adaptationShare({
  method,
  numTrainEpochs,
  adaptationEpochs = numTrainEpochs,
}: LengthSettings): number {
  return adaptsFirst(method) ? adaptationEpochs / numTrainEpochs : 0;
}
