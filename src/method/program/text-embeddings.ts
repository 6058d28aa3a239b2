/** Embeddings of texts: the mean of the encoder's output over a text's tokens, scaled to length 1. */
import type { Builder } from "../../engine/graph/builder.js";
import type { GraphOutputs } from "../../engine/graph/graph.js";
import { compileProgram, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { encoder } from "../../model/encoder.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import { batchFeeds, evaluationContext } from "./inference.js";
import type { PresentWeights } from "./training-arrays.js";
import { type FixedWeights, openFeeds } from "./weight-feeds.js";

export interface TextEmbeddingProgram {
  /** Embeddings [B, H], flat, one row for each text of the batch, in order; special tokens count as others do. */
  embeddings(batch: PackedBatch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The graph of the encoder in evaluation mode: `hidden` [T, H] of all slots. */
function hiddenStatesGraph(build: Builder, spec: ModelSpec): GraphOutputs {
  return { hidden: encoder(evaluationContext(build, spec, spec.family.bodyParameters(spec))) };
}

/** The encoder in evaluation mode, its output pooled. */
export async function compileTextEmbeddings(
  runtime: Runtime,
  spec: ModelSpec,
  weights: PresentWeights | FixedWeights,
): Promise<TextEmbeddingProgram> {
  const define = (build: Builder) => hiddenStatesGraph(build, spec);
  const program = await compileProgram(runtime, "text-embeddings", define);
  const parameters = await openFeeds(runtime, program, weights);
  return {
    async embeddings(batch) {
      const sizes = { R: batch.rows, S: batch.slots };
      const outputs = await program.run({ ...parameters.present(), ...batchFeeds(batch) }, sizes);
      return pooled(floatOutput(outputs, "hidden"), batch, spec.hiddenSize);
    },
    dispose: parameters.disposeWith,
  };
}

/** Of each text the mean of its slots, scaled to length 1; the mean's factor is lost in that. */
function pooled(hidden: Float32Array, batch: PackedBatch, size: number): Float32Array {
  const { firstSlots, segments, slots } = batch;
  const found = new Float32Array(firstSlots.length * size);
  firstSlots.forEach((first, text) => {
    const sum = new Float64Array(size);
    const endOfRow = (Math.floor(first / slots) + 1) * slots;
    for (let slot = first; slot < endOfRow && segments[slot] === segments[first]; slot++) {
      for (let h = 0; h < size; h++) sum[h] += hidden[slot * size + h];
    }
    const length = Math.sqrt(sum.reduce((all, x) => all + x * x, 0));
    for (let h = 0; h < size; h++) found[text * size + h] = length === 0 ? 0 : sum[h] / length;
  });
  return found;
}
