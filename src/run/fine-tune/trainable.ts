/** A model under training: its parameter store, filled, and the optimizer groups over it. */

import { randomStream } from "../../base/random.js";
import type { OptimizerGroup } from "../../method/train/optimizer.js";
import { createParameterStore, type ParameterStore } from "../../method/train/parameter-store.js";
import { modelParameters } from "../../model/heads.js";
import { initialize, type ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";

export interface TrainableParts {
  readonly mlmHead: boolean;
  /** Number of labels; 0 for no classification head. */
  readonly classes: number;
  /** How many of the first layers are frozen, together with the embeddings; nothing is where absent. */
  readonly frozenLayers?: number | undefined;
}

/**
 * A store with the body, the heads asked for, and their values: those given, else initial ones
 * from the stream "init". The classification head is always new. `extraSlots` as of `createParameterStore`.
 */
export function createTrainable(
  spec: ModelSpec,
  parts: TrainableParts,
  values: ParameterValues,
  seed: number,
  extraSlots: readonly string[] = [],
): ParameterStore {
  const parameters = modelParameters(spec, parts);
  const store = createParameterStore(parameters, { extraSlots });
  const random = randomStream(seed, "init");
  for (const parameter of parameters) {
    const given = parameter.part === "classification-head" ? undefined : values.get(parameter.name);
    const target = store.weight(parameter.name);
    if (given === undefined) initialize(parameter, target, spec.initializerRange, random);
    else target.set(given);
  }
  return store;
}

/** The weights of a store by canonical name, as views. */
export function storedValues(store: ParameterStore): ParameterValues {
  return new Map(store.parameters.map(({ name }) => [name, store.weight(name)]));
}

export interface OptimizerSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly headLearningRate?: number;
  readonly headWeightDecay?: number;
  readonly maxGradNorm: number;
}

/**
 * Body and masked-LM head as one clip group; the classification head with rate, decay and clip of its own.
 * `factor` is the schedule's.
 */
export function optimizerGroups(
  settings: OptimizerSettings,
  parts: TrainableParts,
  factor: number,
): OptimizerGroup[] {
  const { learningRate, weightDecay, maxGradNorm: maxNorm } = settings;
  const body: OptimizerGroup = {
    parts: parts.mlmHead ? ["body", "mlm-head"] : ["body"],
    learningRate: learningRate * factor,
    weightDecay,
    clip: { name: "encoder", maxNorm },
  };
  if (parts.classes === 0) return [body];
  return [
    body,
    {
      parts: ["classification-head"],
      learningRate: (settings.headLearningRate ?? learningRate) * factor,
      weightDecay: settings.headWeightDecay ?? weightDecay,
      clip: { name: "classifier", maxNorm },
    },
  ];
}
