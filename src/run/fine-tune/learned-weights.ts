/** Task weights learned on dev texts: the programs and random draws of `train/meta-learning.ts` for a data set. */

import { permutation, type Random, randomStream } from "../../base/random.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { compileTextFeatures } from "../../method/program/inference.js";
import { compileHeadTraining } from "../../method/program/training.js";
import { devArrays } from "../../method/train/dev-arrays.js";
import type { DropoutMasks } from "../../method/train/dropout-masks.js";
import {
  createMetaLearning,
  type DevTexts,
  type MetaLearning,
  type MetaSettings,
} from "../../method/train/meta-learning.js";
import { createParameterStore } from "../../method/train/parameter-store.js";
import { trainedParameters } from "../../method/train/resident-parameters.js";
import type { MetaState } from "../../method/train/task-weights.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import { initialize } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { mainBatch, type TaskTexts } from "./task-batches.js";
import type { TaskPrograms } from "./tasks.js";

export interface DevDraws {
  readonly seed: number;
  /** Texts that a dev head is trained on, and texts that a dev gradient comes from. */
  readonly devBatchSize: number;
}

/**
 * Dev texts drawn without replacement, separately for every head and every gradient, and initial values for each head. Where dev has fewer texts than a batch, all of them are drawn.
 */
export function devTexts(
  texts: Pick<TaskTexts, "encodings" | "labelIds">,
  { seed, devBatchSize }: DevDraws,
  spec: ModelSpec,
): DevTexts {
  const stream = (step: number) => randomStream(seed, "dev", step);
  const draw = (random: Random) =>
    mainBatch(texts, permutation(texts.encodings.length, random).subarray(0, devBatchSize), spec);
  return {
    initializeHead(step, head) {
      const random = stream(step).split("init");
      for (const parameter of head.parameters) {
        initialize(parameter, head.weight(parameter.name), spec.initializerRange, random);
      }
    },
    headBatch: (step) => draw(stream(step).split("head")),
    gradientBatch: (step, microBatch) => draw(stream(step).split("gradient", microBatch)),
  };
}

/** The model whose task weights are learned. */
export interface LearningModel {
  readonly spec: ModelSpec;
  readonly classes: LabelSpace;
  /** With `metaSlots`. */
  readonly parameters: TrainedParameters;
  /** The main task over other arrays. */
  readonly mainOver: TaskPrograms["mainOver"];
  readonly dropout: DropoutMasks;
}

/** Compiles what meta-learning needs and starts it, from the saved state in a resumed run. */
export async function learnTaskWeights(
  runtime: Runtime,
  { spec, classes, parameters, mainOver, dropout }: LearningModel,
  texts: DevTexts,
  settings: MetaSettings,
  start?: MetaState,
): Promise<MetaLearning & { dispose(): Promise<void> }> {
  const headStore = createParameterStore(
    spec.family.classificationHeadParameters(spec, labelCount(classes)),
  );
  const head = await trainedParameters(runtime, headStore);
  const features = await compileTextFeatures(runtime, spec, parameters.weights);
  const headArrays = head.arrays(dropout);
  const headTraining = await compileHeadTraining(runtime, spec, classes, headArrays);
  const devTask = mainOver(devArrays(parameters, head, dropout));
  const parts = {
    parameters,
    head,
    features: features.features,
    headTraining,
    devTask,
    dropout,
    texts,
  };
  return {
    ...createMetaLearning(parts, settings, start),
    async dispose() {
      for (const part of [head, features, headTraining]) await part.dispose();
    },
  };
}
