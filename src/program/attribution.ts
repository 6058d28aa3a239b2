/** Which tokens a classifier's logit hangs on, to first order: gradient x input at the word embeddings. */
import type { PackedBatch } from "../batch/packed.js";
import { L3MaskingError } from "../errors.js";
import type { Builder } from "../graph/builder.js";
import { gradients } from "../graph/grad.js";
import type { GraphOutputs } from "../graph/graph.js";
import { classifier } from "../model/heads.js";
import { bodyParameters, classificationHeadParameters } from "../model/parameters.js";
import type { ModelSpec } from "../model/spec.js";
import type { Runtime } from "../runtime/runtime.js";
import { compileProgram, floatOutput } from "./compile.js";
import { batchFeeds, evaluationContext, type Weights, weightFeeds } from "./inference.js";

const WORDS = "embeddings.word_embeddings.weight";

/**
 * The graph of attributions, dropout off. Inputs beside the encoder's: `firstSlots` (int32 [B]) and `chosen` [B, C], 1 at
 * the label of each text that is asked for and 0 elsewhere. Output `attributions` [T], T = R*S slots:
 *
 *     a_t = sum_h dL/dw_th * w_th,     L = sum of chosen * logits,   w_t = row of the word embeddings of slot t
 *
 * Texts do not see each other, so L holds one logit of each text and a_t belongs to the text of slot t. It is the derivative
 * of that text's logit by eps when w_t alone becomes (1 + eps) w_t. It is 0 in empty slots.
 *
 * Reference: "gradient x input" of Shrikumar, Greenside, Shcherbina & Kundaje 2016, "Not Just a Black Box".
 * Trap: a LayerNorm follows, which does not see the length of word + position + type embedding together. So a_t tells what
 * changes when the word counts more beside position and type; with both of these 0 it would be 0 everywhere.
 */
export function attributionGraph(build: Builder, spec: ModelSpec, classes: number): GraphOutputs {
  const parameters = [...bodyParameters(spec), ...classificationHeadParameters(spec, classes)];
  const context = evaluationContext(build, spec, parameters);
  const logits = classifier(context); // [B, C]
  const chosen = build.input("chosen", "float32", ["B", classes]);
  const total = build.sum(build.multiply(logits, chosen), [0, 1]); // []
  const table = context.weight(WORDS); // [V, H]
  const gradient = gradients(build, total, [table]).get(table);
  const [words] = gradient?.rows ?? [];
  if (words === undefined || gradient?.dense !== undefined || gradient?.rows.length !== 1) {
    throw new L3MaskingError("graph-invalid", `expected ${WORDS} to be read by its rows, once`);
  }
  const { indices, rows } = words; // [T], [T, H]
  return { attributions: build.sum(build.multiply(rows, build.gatherRows(table, indices)), [1]) };
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
  weights: Weights,
): Promise<AttributionProgram> {
  const program = await compileProgram(runtime, "attribution", (build) =>
    attributionGraph(build, spec, classes),
  );
  const fixed = weightFeeds(program.inputs, weights);
  return {
    async attributions(batch, labels) {
      const chosen = new Float32Array(labels.length * classes);
      labels.forEach((label, text) => {
        chosen[text * classes + label] = 1;
      });
      const feeds = { ...fixed, ...batchFeeds(batch), firstSlots: batch.firstSlots, chosen };
      const sizes = { R: batch.rows, S: batch.slots, B: labels.length };
      return floatOutput(await program.run(feeds, sizes), "attributions");
    },
    dispose: () => program.dispose(),
  };
}
