/** The tasks of a run as programs: the main task alone, or with the auxiliary task in a pass of its own or the same. */

import type { LabelSpace } from "../../data/label-sets.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import {
  type ClassificationTraining,
  type Compiled,
  compileClassificationTraining,
  compileMultiTaskTraining,
  type MaskedTokenTraining,
  type SharedTraining,
} from "../../method/program/training.js";
import type { TrainingArrays } from "../../method/program/training-arrays.js";
import type { TrainingRates } from "../../method/program/training-graph.js";
import type { ModelSpec } from "../../model/spec.js";

/** Which passes a step has. */
export type TaskPasses = "main" | "main and auxiliary" | "shared";

/** The programs of a step; those that it does not run are absent. */
export interface TaskPrograms extends Compiled {
  readonly main: ClassificationTraining;
  readonly auxiliary?: MaskedTokenTraining;
  readonly shared?: SharedTraining;
  /** The main task in the same session over other arrays. */
  mainOver(arrays: TrainingArrays): ClassificationTraining;
}

/** Compiles one session for all passes. Label weights multiply the losses of the main task. */
export async function compileTasks(
  passes: TaskPasses,
  runtime: Runtime,
  model: { readonly spec: ModelSpec; readonly classes: LabelSpace },
  rates: TrainingRates,
  arrays: TrainingArrays,
  labelWeights?: Float32Array,
): Promise<TaskPrograms> {
  const given = [runtime, model.spec, model.classes, rates, arrays, labelWeights] as const;
  if (passes === "main") {
    const { over, dispose, ...main } = await compileClassificationTraining(...given);
    return { main, mainOver: over, dispose };
  }
  const { main, auxiliary, shared, over, dispose } = await compileMultiTaskTraining(...given);
  const ofStep = passes === "shared" ? { shared } : { auxiliary };
  return { main, ...ofStep, mainOver: (other) => over(other).main, dispose };
}
