/**
 * Weights, gradients and optimizer moments under training, wherever they are: in the parameter store itself, or on a device
 * (`resident-parameters.ts`), with the store as what is saved and read.
 */

import type { L3MaskingError } from "../../base/errors.js";
import type { PresentWeights, TrainingArrays } from "../program/training-arrays.js";
import type { DropoutMasks } from "./dropout-masks.js";
import { adamwStep, type OptimizerGroup, publishedAdamwSettings } from "./optimizer.js";
import type { ParameterStore } from "./parameter-store.js";
import { type BodyGradients, bodyGradients } from "./task-gradients.js";

export interface TrainedParameters {
  /** What is saved and evaluated; it has what training changed after `download`. */
  readonly store: ParameterStore;
  /** The present weights, for programs of the runtime that trains. */
  readonly weights: PresentWeights;
  /** What training programs read and write: gradients are added to the slot that `slotOf` names, "gradient" where absent. */
  arrays(masks: DropoutMasks, slotOf?: (parameter: string) => string): TrainingArrays;
  /** As `adamwStep`, with the published settings. */
  update(
    groups: readonly OptimizerGroup[],
    step: number,
    diverged?: (what: string) => L3MaskingError,
  ): Promise<ReadonlyMap<string, number>>;
  /** The body's gradients by task. Throws `graph-invalid` for a store without `metaSlots`. */
  bodyGradients(): BodyGradients;
  /** Sets slots of all that is trained to 0. */
  clear(slots: readonly string[]): void;
  /** Brings the store's weights and moments up to date, or the slots named, and gives it back. */
  download(slots?: readonly string[]): Promise<ParameterStore>;
  /** Takes over the weights and moments that were written to the store. */
  upload(): Promise<void>;
  /** Frees gradients, before the programs that made them are disposed of. */
  endTraining(): void;
  /** To be called before the programs that trained are disposed of: a device frees its arrays while these are there. */
  dispose(): Promise<void>;
}

/** Parameters that are trained where the store has them. */
export function hostParameters(store: ParameterStore): TrainedParameters {
  return {
    store,
    weights: store.weight,
    arrays: ({ keepMask }, slotOf = () => "gradient") => ({
      weights: store.weight,
      gradients: (name) => store.view(slotOf(name), name),
      keepMask,
    }),
    update: async (groups, step, diverged) =>
      adamwStep(store, groups, publishedAdamwSettings, step, diverged),
    bodyGradients: () => bodyGradients(store),
    clear(slots) {
      for (const { view } of store.regions(() => "all")) {
        for (const slot of slots) view(slot).fill(0);
      }
    },
    download: async () => store,
    upload: async () => undefined,
    endTraining: () => undefined,
    dispose: async () => undefined,
  };
}
