/** What frozen layers make of a text: it stays the same while the layers above them are trained. */
import type { Builder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import { compileProgram, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { firstLayers } from "../../model/encoder.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import { batchFeeds, evaluationContext } from "./inference.js";
import { type Weights, weightFeeds } from "./weight-feeds.js";

export interface FrozenStatesProgram {
  /** Hidden states [R*S, H] of all slots, flat, after the frozen layers. */
  states(batch: PackedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

function frozenStatesGraph(build: Builder, spec: ModelSpec, layers: number): GraphOutputs {
  const context = evaluationContext(build, spec, spec.family.bodyParameters(spec));
  return { states: firstLayers(context, layers) };
}

/** The embeddings and the first `layers` layers in evaluation mode. */
export async function compileFrozenStates(
  runtime: Runtime,
  spec: ModelSpec,
  layers: number,
  weights: Weights,
): Promise<FrozenStatesProgram> {
  const define = (build: Builder) => frozenStatesGraph(build, spec, layers);
  const program = await compileProgram(runtime, "frozen-states", define);
  const fixed = weightFeeds(program.inputs, weights);
  return {
    async states(batch) {
      const sizes = { R: batch.rows, S: batch.slots };
      return floatOutput(await program.run({ ...fixed, ...batchFeeds(batch) }, sizes), "states");
    },
    dispose: () => program.dispose(),
  };
}
