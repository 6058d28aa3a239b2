/** Parameters as the feeds of a program: views, what a device holds of them, or copies in eight bits. */

import { L3MaskingError } from "../../base/errors.js";
import type { Feeds, FlatArray, MixedFeeds, Program } from "../../engine/program.js";
import type { HeldArray, Runtime } from "../../engine/runtime/runtime.js";
import { quantizedWeight } from "./quantized-weights.js";
import type { PresentWeights } from "./training-arrays.js";

/** Parameter values by canonical name; views that are read in place at every run. */
export type Weights = (name: string) => Float32Array;

/** Values that do not change as long as a program has them, so that a device may keep copies. */
export interface FixedWeights {
  readonly fixed: Weights;
}

/**
 * The feeds of the parameters, in the form that the program's inputs require: views of float32 weights, so changes are seen;
 * copies in eight bits, which do not change.
 */
export function weightFeeds(inputs: Program["inputs"], weights: Weights): Feeds {
  const feeds: Record<string, FlatArray> = {};
  for (const [input, name] of weightInputs(inputs)) feeds[input] = weights(name);
  return { ...feeds, ...quantizedFeeds(inputs, weights) };
}

/** As `weightFeeds`, asked for before each run, as a device puts new arrays in the place of those that change. */
export function presentFeeds(inputs: Program["inputs"], weights: PresentWeights): () => MixedFeeds {
  const named = weightInputs(inputs);
  const quantized = quantizedFeeds(inputs, (name) => onHost(weights(name), name));
  return () => ({
    ...Object.fromEntries(named.map(([input, name]) => [input, weights(name)])),
    ...quantized,
  });
}

/** The inputs that are float32 weights, with the names of these. */
function weightInputs(inputs: Program["inputs"]): (readonly [input: string, name: string])[] {
  return [...inputs.keys()].flatMap((input) => {
    const [, name] = /^weight\.(.*)$/.exec(input) ?? [];
    return name === undefined ? [] : [[input, name] as const];
  });
}

function quantizedFeeds(inputs: Program["inputs"], weights: Weights): Feeds {
  const feeds: Record<string, FlatArray> = {};
  for (const [input, { shape }] of inputs) {
    const [, name] = /^quantized\.(.*)$/.exec(input) ?? [];
    if (name === undefined) continue;
    const outputs = Number(shape[1]); // [in, out]
    const { weight, scale } = quantizedWeight(weights(name), outputs);
    feeds[input] = weight;
    feeds[`scale.${name}`] = scale;
  }
  return feeds;
}

/** An array of the host. Throws `graph-invalid` for one that a device holds. */
export function onHost(array: Float32Array | HeldArray, name: string): Float32Array {
  if (array instanceof Float32Array) return array;
  throw new L3MaskingError("graph-invalid", `expected ${name} on the host; a device holds it`);
}

export interface OpenFeeds {
  /** The feeds of the parameters for the next run. */
  present(): MixedFeeds;
  /** Frees what the device holds for them, and the program. */
  disposeWith(): Promise<void>;
}

/** The feeds of the parameters of a program. Those that are fixed travel once to a device with a memory of its own. */
export async function openFeeds(
  { memory }: Pick<Runtime, "memory">,
  program: Program,
  weights: PresentWeights | FixedWeights,
): Promise<OpenFeeds> {
  if (typeof weights === "function") {
    const present = presentFeeds(program.inputs, weights);
    return { present, disposeWith: () => program.dispose() };
  }
  const feeds: MixedFeeds = weightFeeds(program.inputs, weights.fixed);
  const held: HeldArray[] = [];
  const resident: Record<string, FlatArray | HeldArray> = { ...feeds };
  if (memory === "device") {
    for (const [input, name] of weightInputs(program.inputs)) {
      const array = await program.hold(input, weights.fixed(name));
      resident[input] = array;
      held.push(array);
    }
  }
  return {
    present: () => resident,
    async disposeWith() {
      for (const array of held) array.dispose();
      await program.dispose();
    },
  };
}
