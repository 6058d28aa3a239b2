/** What the dev pass of learned task weights reads and writes. */
import type { TrainingArrays } from "../program/training-arrays.js";
import type { DropoutMasks } from "./dropout-masks.js";
import { bodyNames } from "./task-gradients.js";
import type { TrainedParameters } from "./trained-parameters.js";

/**
 * The arrays of the dev pass: the model's body, its gradient in "dev", under another classification head. What the session
 * holds beside them, the masked-LM head, has no part in the pass.
 */
export function devArrays(
  model: Pick<TrainedParameters, "store" | "arrays">,
  head: Pick<TrainedParameters, "store" | "arrays">,
  masks: DropoutMasks,
): TrainingArrays {
  const isBody = bodyNames(model.store.parameters);
  const ofModel = model.arrays(masks, (name) => (isBody.has(name) ? "dev" : "gradient"));
  const ofHead = head.arrays(masks);
  const inHead = new Set(head.store.parameters.map(({ name }) => name));
  const of = (name: string) => (inHead.has(name) ? ofHead : ofModel);
  const { device } = ofModel;
  return {
    weights: (name) => of(name).weights(name),
    gradients: (name) => of(name).gradients(name),
    keepMask: ofModel.keepMask,
    ...(device && {
      device: {
        seedOf: device.seedOf,
        replaceGradient: (name, sum) => of(name).device?.replaceGradient(name, sum),
      },
    }),
  };
}
