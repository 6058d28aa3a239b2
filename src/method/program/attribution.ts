/** How much each token contributes to a classifier's logit, to first order: gradient x input. */

import { L3MaskingError } from "../../base/errors.js";
import type { Builder } from "../../engine/graph/builder.js";
import { gradients } from "../../engine/graph/grad.js";
import type { GraphOutputs, Tensor } from "../../engine/graph/graph.js";
import { compileProgram, floatOutput } from "../../engine/program.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { encoderLayers } from "../../model/encoder.js";
import { classificationHead, modelParameters } from "../../model/heads.js";
import { wordEmbeddings } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import type { PackedBatch } from "../batch/pack.js";
import { batchFeeds, evaluationContext } from "./inference.js";
import type { PresentWeights } from "./training-arrays.js";
import { type FixedWeights, openFeeds } from "./weight-feeds.js";

/**
 * The input of gradient x input. `embeddings`: what the layers read, the sum of word, position and type after its LayerNorm.
 * `words`: the rows of the word embeddings alone.
 */
export type AttributionInput = "embeddings" | "words";

/**
 * The graph of attributions, dropout off. Inputs beside the encoder's: `firstSlots` (int32 [B]) and `chosen` [B, C], 1 at
 * the requested label of each text and 0 elsewhere. Output `attributions` [T], T = R*S slots:
 *
 *     a_t = sum_h dL/dx_th * x_th,     L = sum of chosen * logits,     x_t the input [H] at slot t
 *
 * Texts do not see each other, so L holds one logit of each text and a_t belongs to the text of slot t. It is the derivative
 * of that text's logit by eps when x_t alone becomes (1 + eps) x_t. It is 0 in empty slots.
 *
 * Reference: Shrikumar, Greenside, Shcherbina & Kundaje 2016, "Not Just a Black Box".
 * Trap: the LayerNorm does not see how long the sum word + position + type is, so the attribution of the sum before it is 0,
 * and that of `words` is the opposite of that of position and type: its sign says little about the word (docs/explain.md).
 */
export function attributionGraph(
  build: Builder,
  spec: ModelSpec,
  classes: number,
  input: AttributionInput,
): GraphOutputs {
  const parameters = modelParameters(spec, { classes });
  const context = evaluationContext(build, spec, parameters);
  const embedded = spec.family.embeddings(context, "R*S"); // [T, H]
  const first = encoderLayers(
    context,
    { hidden: embedded },
    build.input("firstSlots", "int32", ["B"]),
  );
  const logits = classificationHead(context, first); // [B, C]
  const chosen = build.input("chosen", "float32", ["B", classes]);
  const total = build.sum(build.multiply(logits, chosen), [0, 1]); // []
  const [x, gradient] =
    input === "words"
      ? wordGradient(build, total, context.weight(wordEmbeddings))
      : [embedded, gradients(build, total, [embedded]).get(embedded)?.dense];
  if (gradient === undefined) {
    throw new L3MaskingError("graph-invalid", `the logits do not depend on the ${input}`);
  }
  return { attributions: build.sum(build.multiply(gradient, x), [1]) };
}

/** The rows of the table of words that the slots read [T, H], and the gradient of each. */
function wordGradient(build: Builder, total: Tensor, table: Tensor): readonly [Tensor, Tensor] {
  const gradient = gradients(build, total, [table]).get(table);
  const [words] = gradient?.rows ?? [];
  if (words === undefined || gradient?.dense !== undefined || gradient?.rows.length !== 1) {
    throw new L3MaskingError(
      "graph-invalid",
      `expected ${wordEmbeddings} to be read by its rows, once`,
    );
  }
  return [build.gatherRows(table, words.indices), words.rows];
}

export interface AttributionProgram {
  /** Attributions [R*S] of the slots of a batch to the logit of `labels[b]` (ids, [B]) of the text they belong to. */
  attributions(batch: PackedBatch, labels: Int32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Compiles `attributionGraph`. A run takes the memory of a training step without dropout. */
export async function compileAttribution(
  runtime: Runtime,
  spec: ModelSpec,
  classes: number,
  weights: PresentWeights | FixedWeights,
  input: AttributionInput,
): Promise<AttributionProgram> {
  const program = await compileProgram(runtime, "attribution", (build) =>
    attributionGraph(build, spec, classes, input),
  );
  const parameters = await openFeeds(runtime, program, weights);
  return {
    async attributions(batch, labels) {
      const chosen = new Float32Array(labels.length * classes);
      labels.forEach((label, text) => {
        chosen[text * classes + label] = 1;
      });
      const feeds = {
        ...parameters.present(),
        ...batchFeeds(batch),
        firstSlots: batch.firstSlots,
        chosen,
      };
      const sizes = { R: batch.rows, S: batch.slots, B: labels.length };
      return floatOutput(await program.run(feeds, sizes), "attributions");
    },
    dispose: parameters.disposeWith,
  };
}
