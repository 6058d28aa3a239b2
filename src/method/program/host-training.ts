/** Training passes over arrays of the host: gradients are added to in place. */
import { createBuilder } from "../../engine/graph/builder.js";
import { bindSize, sizeOf } from "../../engine/graph/shape.js";
import { compileProgram, type FlatArray, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { scaleFeeds, type TrainingProgram, taskSums } from "./training-arrays.js";
import { type TrainingDefinition, trainingGraph } from "./training-graph.js";
import { onHost, weightFeeds } from "./weight-feeds.js";

/** Loads a program whose passes read and write arrays that stay where they are. */
export async function compileHostTraining(
  runtime: Runtime,
  name: string,
  definition: TrainingDefinition,
): Promise<TrainingProgram> {
  const build = createBuilder();
  const graph = trainingGraph(build, definition);
  const { keepSites, rowUpdates, denseNames } = graph;
  const program = await compileProgram(runtime, name, () => graph.outputs, [], build);
  return {
    bind({ weights, gradients, keepMask }) {
      const gradient = (name: string) => onHost(gradients(name), name);
      const fixed = weightFeeds(program.inputs, (name) => onHost(weights(name), name));
      // The gradient so far is read as gradient.NAME and its sum with this pass's written to the same place.
      const soFar: Record<string, Float32Array> = {};
      const sums: Record<string, Float32Array> = {};
      for (const parameter of denseNames) {
        soFar[`gradient.${parameter}`] = gradient(parameter);
        sums[`sum.${parameter}`] = gradient(parameter);
      }
      return async (feeds, lossScales, sizes, unread) => {
        const masks: Record<string, Uint8Array> = {};
        for (const [site, shape] of keepSites) {
          masks[`keep.${site}`] = keepMask(site, bindSize(sizeOf(shape), sizes));
        }
        const all = { ...fixed, ...soFar, ...masks, ...feeds, ...scaleFeeds(lossScales) };
        const outputs = await program.run(all, sizes, sums, unread);
        for (const { parameter, indices, output } of rowUpdates) {
          const at = "fixed" in indices ? indices.fixed : feeds[indices.input];
          addRows(gradient(parameter), at, floatOutput(outputs, output));
        }
        return taskSums(outputs);
      };
    },
    dispose: () => program.dispose(),
  };
}

/** table[indices[k]] += rows[k], in order of k. */
function addRows(table: Float32Array, indices: FlatArray, rows: Float32Array): void {
  const width = rows.length / indices.length;
  for (let k = 0; k < indices.length; k++) {
    const target = indices[k] * width;
    const source = k * width;
    for (let i = 0; i < width; i++) table[target + i] += rows[source + i];
  }
}
