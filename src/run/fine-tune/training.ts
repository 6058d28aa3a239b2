/** A classifier under training: its weights, and the programs that compute with them. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import { hasAuxiliaryTask } from "../../method/methods.js";
import {
  type ClassificationProgram,
  compileClassification,
} from "../../method/program/inference.js";
import type { ClassificationTraining } from "../../method/program/training.js";
import { trainingRates } from "../../method/program/training-graph.js";
import { createDropoutMasks, type DropoutMasks } from "../../method/train/dropout-masks.js";
import type { MetaLearning } from "../../method/train/meta-learning.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { trainedParameters } from "../../method/train/resident-parameters.js";
import { metaSlots, taskSlots } from "../../method/train/task-gradients.js";
import type { MetaState } from "../../method/train/task-weights.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import type { ParameterValues } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";
import { balancedWeights } from "./class-weights.js";
import type { FrozenStates } from "./frozen-states.js";
import { devTexts, learnTaskWeights } from "./learned-weights.js";
import { compileTasks, type TaskPrograms } from "./tasks.js";
import { createTrainable, type TrainableParts } from "./trainable.js";

/** The texts that a classifier is trained on and selected by. */
export type TrainingSplits = Pick<EncodedDataset, "labels" | "space" | "train" | "dev"> & {
  readonly encodings: Pick<EncodedDataset["encodings"], "train" | "dev">;
  /** Of the rows of the main task, which then starts from them. */
  readonly frozenStates?: FrozenStates | undefined;
};

export interface Training {
  readonly spec: ModelSpec;
  readonly parts: TrainableParts;
  readonly parameters: TrainedParameters;
  readonly dropout: DropoutMasks;
  readonly tasks: TaskPrograms;
  readonly meta: MetaLearning | undefined;
  /** The classifier with the current weights. */
  readonly classifier: ClassificationProgram;
  /** The main task for steps in which it runs alone: adds its gradients to the slot "gradient". */
  mainAlone(): ClassificationTraining;
  /** Frees what only training takes: activations and their gradients. The classifier stays. */
  endTraining(): Promise<void>;
  dispose(): Promise<void>;
}

function partsOf(
  { method, freezeLayers: frozenLayers }: TrainSettings,
  classes: number,
): TrainableParts {
  return { mlmHead: hasAuxiliaryTask(method), classes, frozenLayers };
}

function learnsWeights({ method, taskWeights }: TrainSettings): boolean {
  return taskWeights === "meta" && hasAuxiliaryTask(method);
}

/** The weights that a run begins with: those of the model, and a new classification head. */
export function initialWeights(
  spec: ModelSpec,
  values: ParameterValues,
  classes: number,
  settings: TrainSettings,
): ParameterStore {
  const slots = learnsWeights(settings) ? metaSlots : [];
  return createTrainable(spec, partsOf(settings, classes), values, settings.seed, slots);
}

/** Compiles what training on the splits needs over the weights of a store; `start` is where learned task weights resume. */
export async function compileTraining(
  spec: ModelSpec,
  store: ParameterStore,
  { labels, space, train, dev, encodings, frozenStates }: TrainingSplits,
  settings: TrainSettings,
  start: MetaState | undefined,
  runtime: Runtime,
): Promise<Training> {
  const classes = labels.length;
  const parts = partsOf(settings, classes);
  const rates = {
    ...trainingRates(spec, settings.freezeLayers),
    frozenStatesGiven: frozenStates !== undefined,
  };
  const dropout = createDropoutMasks(settings.seed, rates);
  const learns = learnsWeights(settings);
  const parameters = await trainedParameters(runtime, store);
  const arrays = parameters.arrays(dropout, learns ? taskSlots(store) : undefined);
  const labelWeights =
    settings.classWeights === "balanced" ? balancedWeights(train.labelIds, space) : undefined;
  const passes = !parts.mlmHead ? "main" : settings.sharedPass ? "shared" : "main and auxiliary";
  const model = { spec, classes: space };
  const tasks = await compileTasks(passes, runtime, model, rates, arrays, labelWeights);
  const meta = learns
    ? await learnTaskWeights(
        runtime,
        { spec, classes: space, parameters, mainOver: tasks.mainOver, dropout },
        devTexts({ encodings: encodings.dev, labelIds: dev.labelIds }, settings, spec),
        settings,
        start,
      )
    : undefined;
  const classifier = await compileClassification(runtime, spec, classes, parameters.weights);
  const endTraining = once(async () => {
    parameters.endTraining();
    await meta?.dispose();
    await tasks.dispose();
  });
  return {
    spec,
    parts,
    parameters,
    dropout,
    tasks,
    meta,
    classifier,
    mainAlone: () => tasks.mainOver(parameters.arrays(dropout)),
    endTraining,
    async dispose() {
      await parameters.dispose();
      await endTraining();
      await classifier.dispose();
    },
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
