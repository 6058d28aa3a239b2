/** Training passes over arrays that a device holds: weights stay there, and so does what is added to their gradients. */
import { L3MaskingError } from "../../base/errors.js";
import { createBuilder } from "../../engine/graph/builder.js";
import { compileProgram, type FlatArray, type MixedFeeds } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { distinctName, residentTrainingGraph } from "./resident-training-graph.js";
import { scaleFeeds, type TrainingProgram, taskSums } from "./training-arrays.js";
import type { TrainingDefinition } from "./training-graph.js";
import { presentFeeds } from "./weight-feeds.js";

/** Loads a program whose passes put new sums in the place of gradients. */
export async function compileResidentTraining(
  runtime: Runtime,
  name: string,
  definition: TrainingDefinition,
): Promise<TrainingProgram> {
  const build = createBuilder();
  const graph = residentTrainingGraph(build, definition);
  const { sites, summed, rowInputs } = graph;
  const parameters = [...summed.keys()];
  const sumNames = parameters.map((parameter) => `sum.${parameter}`);
  const program = await compileProgram(runtime, name, () => graph.outputs, sumNames, build);
  return {
    bind({ weights, gradients, device }) {
      if (device === undefined) {
        throw new L3MaskingError("graph-invalid", `${name} needs gradients that a device holds`);
      }
      const present = presentFeeds(program.inputs, weights);
      return async (feeds, lossScales, sizes, untouched = new Set()) => {
        // A pass without a dense gradient for a table may have rows for it, which come out in the same sum.
        const unread = new Set<string>();
        for (const [parameter, { hasRows }] of summed) {
          if (!hasRows && untouched.has(`sum.${parameter}`)) unread.add(`sum.${parameter}`);
        }
        const soFar: Record<string, MixedFeeds[string]> = {};
        for (const parameter of parameters) soFar[`gradient.${parameter}`] = gradients(parameter);
        const seeds: Record<string, FlatArray> = {};
        for (const site of sites) seeds[`seed.${site}`] = Int32Array.of(device.seedOf(site));
        const distinct: Record<string, FlatArray> = {};
        const counts: Record<string, number> = {};
        for (const input of rowInputs) {
          const rows = Int32Array.from(new Set(feeds[input]));
          distinct[distinctName(input)] = rows;
          counts[distinctName(input)] = rows.length;
        }
        const { arrays, held } = await program.runHeld(
          { ...present(), ...soFar, ...seeds, ...distinct, ...feeds, ...scaleFeeds(lossScales) },
          { ...sizes, ...counts },
          unread,
        );
        for (const parameter of parameters) {
          const sum = `sum.${parameter}`;
          if (!unread.has(sum)) device.replaceGradient(parameter, held[sum]);
        }
        return taskSums(arrays);
      };
    },
    dispose: () => program.dispose(),
  };
}
