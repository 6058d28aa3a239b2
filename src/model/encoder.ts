/**
 * The BERT / RoBERTa encoder as a graph over packed rows.
 *
 * Legend: R rows, S slots of a row, T = R*S, U distinct tokens, H hidden size, F intermediate size, K read slots.
 */
import type { Tensor } from "../engine/graph/graph.js";
import { attentionBias, queryAttention, type RowQueries, selfAttention } from "./attention.js";
import {
  dropoutAt,
  geluLinear,
  layerNorm,
  linear,
  linearDropout,
  type ModelContext,
} from "./layers.js";
import { wordEmbeddings } from "./parameters.js";

/** What the layers read: hidden states of every slot [T, H], or of distinct tokens [U, H] and which of them each slot holds. */
export interface Embedded {
  readonly hidden: Tensor; // [T, H] or [U, H]
  /** int32 [T] */
  readonly tokens?: Tensor;
}

/**
 * Hidden states of packed rows: of every slot [T, H], or of the K flat slots that are read [K, H]: `reads` names them
 * (int32 [K]), or lays them out by rows.
 * Inputs (int32): `ids` [T], `positions` [T], `segments` [R, S].
 *
 * Only attention looks at other slots, so in the last layer everything after it is computed for the read slots alone, and
 * attention too where they are laid out by rows.
 */
export function encoder(context: ModelContext, reads?: Tensor | RowQueries): Tensor {
  return encoderLayers(context, { hidden: embeddings(context) }, reads);
}

/**
 * As `encoder`, with what depends on a token and its position alone computed once for each of the U distinct pairs: its
 * embedding, and its query, key and value in the first layer. Masked copies of a text share nearly all of theirs.
 * Inputs (int32): `ids` [U], `positions` [U], `tokens` [T] (which of the U a slot holds), `segments` [R, S].
 */
export function distinctTokenEncoder(context: ModelContext, reads: Tensor | RowQueries): Tensor {
  const tokens = context.build.input("tokens", "int32", ["R*S"]);
  return encoderLayers(context, { hidden: embeddings(context, "U"), tokens }, reads);
}

/** The sum of word, position and type embeddings after its LayerNorm [T, H] or [U, H]. Inputs: `ids`, `positions`. */
export function embeddings(context: ModelContext, size: "R*S" | "U" = "R*S"): Tensor {
  const { build } = context;
  const ids = build.input("ids", "int32", [size]);
  const positions = build.input("positions", "int32", [size]);
  return build.scope("embeddings", () => {
    const words = build.gatherRows(context.weight(wordEmbeddings), ids); // [T, H]
    const places = build.gatherRows(
      context.weight("embeddings.position_embeddings.weight"),
      positions,
    );
    const type = build.gatherRows(
      context.weight("embeddings.token_type_embeddings.weight"),
      context.tokenTypes ?? build.constant([0], [1], "int32"),
    ); // [T, H] or [1, H]
    const total = build.add(build.add(words, places), type);
    return dropoutAt(context, "embeddings", layerNorm(context, "embeddings.LayerNorm", total));
  });
}

/** The layers over the embeddings; see `encoder`. Input: `segments`. */
export function encoderLayers(
  context: ModelContext,
  { hidden: embedded, tokens }: Embedded,
  reads?: Tensor | RowQueries,
): Tensor {
  const { build, spec } = context;
  const segments = build.input("segments", "int32", ["R", "S"]);
  const bias = build.scope("segments", () => attentionBias(build, segments, segments));
  let hidden = embedded;
  for (let layer = 0; layer < spec.layers; layer++) {
    const place: LayerPlace = {
      name: `encoder.layer.${layer}`,
      ...(layer === 0 && { tokens }),
      ...(layer === spec.layers - 1 && { reads }),
    };
    hidden = build.scope(`layer.${layer}`, () => encoderLayer(context, place, hidden, bias));
  }
  return hidden; // [T, H] or [K, H]
}

/** Which layer it is, and what is special about the first and the last one. */
interface LayerPlace {
  readonly name: string;
  /** int32 [T]; which rows of the input the slots hold, where they are not the slots themselves. */
  readonly tokens?: Tensor | undefined;
  readonly reads?: Tensor | RowQueries | undefined;
}

/** One layer over all slots, T = R*S, or with the output of the read slots alone, T = K from attention on. */
function encoderLayer(
  context: ModelContext,
  { name, tokens, reads }: LayerPlace,
  input: Tensor,
  bias: Tensor,
): Tensor {
  const { build } = context;
  const slots = (x: Tensor) => (tokens === undefined ? x : build.gatherRows(x, tokens));
  const [attended, residual] = build.scope("attention", () => {
    if (reads !== undefined && "segments" in reads) {
      const all = slots(input);
      const read = (x: Tensor) => build.gatherRows(x, reads.reads);
      const queries = build.gatherRows(all, reads.slots); // [R*Q, H]
      return [read(queryAttention(context, name, queries, all, reads)), read(queries)];
    }
    const read = (x: Tensor) => (reads === undefined ? x : build.gatherRows(x, reads));
    return [read(selfAttention(context, name, input, bias, slots)), read(slots(input))];
  });
  const attention = layerNorm(
    context,
    `${name}.attention.output.LayerNorm`,
    build.add(linearDropout(context, `${name}.attention.output.dense`, attended), residual),
  ); // [T, H]
  return build.scope("feed-forward", () => {
    const inner = linear(context, `${name}.intermediate.dense`, attention); // [T, F]
    const output = linearDropout(context, `${name}.output.dense`, inner, geluLinear); // [T, H]
    return layerNorm(context, `${name}.output.LayerNorm`, build.add(output, attention));
  });
}
