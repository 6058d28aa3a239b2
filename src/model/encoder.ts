/**
 * The BERT / RoBERTa encoder as a graph over packed rows.
 *
 * Legend: R rows, S slots of a row, T = R*S, H hidden size, A heads, D = H/A, F intermediate size.
 */
import type { Builder } from "../graph/builder.js";
import type { Tensor } from "../graph/graph.js";
import type { Shape } from "../graph/shape.js";
import { wordEmbeddings } from "./parameters.js";
import type { ModelSpec } from "./spec.js";

/** Added to the attention scores of slots of another text: e^(-1e30) is 0 in float32. */
const MASKED_SCORE = -1e30;

/** Where dropout masks come from: undefined at a site means that nothing is dropped there. */
export interface Dropout {
  readonly rate: number;
  readonly attentionRate: number;
  /** The bool keep mask of a site. */
  keep(site: string, shape: Shape): Tensor;
}

/** What a program over the model builds with. */
export interface ModelContext {
  readonly build: Builder;
  readonly spec: ModelSpec;
  /** A parameter by canonical name. */
  weight(name: string): Tensor;
  /** Absent in evaluation mode. */
  readonly dropout?: Dropout;
  /** Token types, int32 [T]; every token has type 0 where absent, as in single texts. */
  readonly tokenTypes?: Tensor;
  /** The weights of a linear layer in eight bits: int8 [in, out] and scale [out]. Absent where products are in float32. */
  quantized?(name: string): { readonly weight: Tensor; readonly scale: Tensor };
}

/** y = scale * (x W^T + b) for parameters `name.weight` [out, in] and `name.bias` [out]. */
export function linear(context: ModelContext, name: string, x: Tensor, scale = 1): Tensor {
  const { build } = context;
  if (context.quantized !== undefined) {
    const { weight, scale: steps } = context.quantized(name);
    const operands = [x, weight, steps, context.weight(`${name}.bias`)];
    const [y] = build.apply("quantizedProduct", operands, {});
    return scale === 1 ? y : build.scale(y, scale);
  }
  const options = { transB: true, alpha: scale };
  return build.gemm(x, context.weight(`${name}.weight`), biasOf(context, name, scale), options);
}

/** y = scale * (gelu(x) W^T + b). */
function geluLinear(context: ModelContext, name: string, x: Tensor, scale = 1): Tensor {
  const { build } = context;
  if (context.quantized !== undefined) return linear(context, name, build.gelu(x), scale);
  const operands = [x, context.weight(`${name}.weight`), biasOf(context, name, scale)];
  return build.apply("geluProduct", operands, { alpha: scale })[0];
}

function biasOf(context: ModelContext, name: string, scale: number): Tensor {
  const bias = context.weight(`${name}.bias`);
  return scale === 1 ? bias : context.build.scale(bias, scale);
}

/** dropout(x W^T + b), or of another product: the factor 1/(1-rate) rides on it, where it is free. */
export function linearDropout(
  context: ModelContext,
  name: string,
  x: Tensor,
  product = linear,
): Tensor {
  const { dropout, build } = context;
  if (dropout === undefined || dropout.rate === 0) return product(context, name, x);
  const y = product(context, name, x, 1 / (1 - dropout.rate));
  return build.apply("dropout", [y, dropout.keep(name, y.shape)], {})[0];
}

/** dropout(x) = x * keep / (1-rate) where there is no product to carry the factor. */
export function dropoutAt(context: ModelContext, site: string, x: Tensor): Tensor {
  const { dropout, build } = context;
  if (dropout === undefined || dropout.rate === 0) return x;
  const [kept] = build.apply("dropout", [x, dropout.keep(site, x.shape)], {});
  return build.scale(kept, 1 / (1 - dropout.rate));
}

export function layerNorm(context: ModelContext, name: string, x: Tensor): Tensor {
  const { build, spec } = context;
  const parameters = [context.weight(`${name}.weight`), context.weight(`${name}.bias`)];
  return build.apply("layerNorm", [x, ...parameters], { epsilon: spec.layerNormEpsilon })[0];
}

/**
 * Hidden states of packed rows: of every slot [T, H], or of the K flat slots that `readSlots` (int32 [K]) names, [K, H].
 * Inputs (int32): `ids` [T], `positions` [T], `segments` [R, S].
 *
 * Only attention looks at other slots, so in the last layer everything after it is computed for the read slots alone.
 */
export function encoder(context: ModelContext, readSlots?: Tensor): Tensor {
  return encoderLayers(context, embeddings(context), readSlots);
}

/** What the layers read [T, H]: the sum of word, position and type embeddings after its LayerNorm. Inputs: `ids`, `positions`. */
export function embeddings(context: ModelContext): Tensor {
  const { build } = context;
  const ids = build.input("ids", "int32", ["R*S"]);
  const positions = build.input("positions", "int32", ["R*S"]);
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

/** The layers over the embeddings [T, H]; see `encoder`. Input: `segments`. */
export function encoderLayers(context: ModelContext, embedded: Tensor, readSlots?: Tensor): Tensor {
  const { build, spec } = context;
  const segments = build.input("segments", "int32", ["R", "S"]);
  const bias = build.scope("segments", () => attentionBias(build, segments));
  let hidden = embedded;
  for (let layer = 0; layer < spec.layers; layer++) {
    const slots = layer === spec.layers - 1 ? readSlots : undefined;
    hidden = build.scope(`layer.${layer}`, () => encoderLayer(context, layer, hidden, bias, slots));
  }
  return hidden; // [T, H] or [K, H]
}

/** 0 where two slots of a row belong to the same text, MASKED_SCORE elsewhere: [R, 1, S, S]. */
function attentionBias(build: Builder, segments: Tensor): Tensor {
  const queries = build.reshape(segments, ["R", 1, "S", 1]);
  const keys = build.reshape(segments, ["R", 1, 1, "S"]);
  const same = build.toFloat(build.equal(queries, keys)); // [R, 1, S, S]
  return build.scale(build.subtract(build.fill(1, []), same), MASKED_SCORE);
}

/** One layer over all slots, T = R*S, or with the output of `slots` alone, T = K from attention on. */
function encoderLayer(
  context: ModelContext,
  layer: number,
  input: Tensor,
  bias: Tensor,
  slots: Tensor | undefined,
): Tensor {
  const { build } = context;
  const name = `encoder.layer.${layer}`;
  const read = (x: Tensor) => (slots === undefined ? x : build.gatherRows(x, slots));
  const attended = build.scope("attention", () => selfAttention(context, name, input, bias));
  const attention = layerNorm(
    context,
    `${name}.attention.output.LayerNorm`,
    build.add(
      linearDropout(context, `${name}.attention.output.dense`, read(attended)),
      read(input),
    ),
  ); // [T, H]
  return build.scope("feed-forward", () => {
    const inner = linear(context, `${name}.intermediate.dense`, attention); // [T, F]
    const output = linearDropout(context, `${name}.output.dense`, inner, geluLinear); // [T, H]
    return layerNorm(context, `${name}.output.LayerNorm`, build.add(output, attention));
  });
}

/** Multi-head self-attention over the slots of each row: [T, H] -> [T, H], without the output layer. */
function selfAttention(context: ModelContext, name: string, x: Tensor, bias: Tensor): Tensor {
  const { build, spec, dropout } = context;
  const headSize = spec.hiddenSize / spec.heads;
  const split = (part: string) => {
    const projected = linear(context, `${name}.attention.self.${part}`, x);
    const heads = build.reshape(projected, ["R", "S", spec.heads, headSize]);
    return build.transpose(heads, [0, 2, 1, 3]); // [R, A, S, D]
  };
  const operands = [split("query"), split("key"), split("value"), bias];
  let dropoutScale = 1;
  if (dropout !== undefined && dropout.attentionRate > 0) {
    operands.push(dropout.keep(`${name}.attention.self`, ["R", spec.heads, "S", "S"]));
    dropoutScale = 1 / (1 - dropout.attentionRate);
  }
  const attributes = { scale: 1 / Math.sqrt(headSize), dropoutScale };
  const [attended] = build.apply("attention", operands, attributes);
  const merged = build.transpose(attended, [0, 2, 1, 3]); // [R, S, A, D]
  return build.reshape(merged, ["R*S", spec.hiddenSize]);
}
