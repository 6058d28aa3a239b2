/**
 * Multi-head attention inside the texts of packed rows.
 *
 * Legend: R rows, S slots of a row, T = R*S, Q queries of a row, H hidden size, A heads, D = H/A.
 */
import type { Builder } from "../engine/graph/builder.js";
import type { Tensor } from "../engine/graph/graph.js";
import { linear } from "./layers.js";
import type { AttentionView, ModelContext, RowQueries } from "./spec.js";

/** Added to the attention scores of slots of another text: e^(-1e30) is 0 in float32. */
export const MASKED_SCORE = -1e30;

/** 0 where a query and a key of a row belong to the same text, MASKED_SCORE elsewhere: [R, 1, Q, S] of [R, Q] and [R, S]. */
export function attentionBias(build: Builder, queries: Tensor, keys: Tensor): Tensor {
  const [rows, count] = queries.shape;
  const ofQueries = build.reshape(queries, [rows, 1, count, 1]);
  const ofKeys = build.reshape(keys, [rows, 1, 1, keys.shape[1]]);
  const same = build.toFloat(build.equal(ofQueries, ofKeys)); // [R, 1, Q, S]
  return build.scale(build.subtract(build.fill(1, []), same), MASKED_SCORE);
}

/**
 * Self-attention over the slots of each row, without the output layer: [T, H]. `slots` takes projections of x to the slots,
 * where x holds distinct tokens.
 */
export function selfAttention(
  context: ModelContext,
  name: string,
  x: Tensor,
  view: AttentionView,
  slots: (projected: Tensor) => Tensor,
): Tensor {
  const { build, spec } = context;
  const headSize = spec.hiddenSize / spec.heads;
  const split = (part: string) => {
    const projected = slots(linear(context, `${name}.attention.self.${part}`, x));
    const heads = build.reshape(projected, ["R", "S", spec.heads, headSize]);
    return build.transpose(heads, [0, 2, 1, 3]); // [R, A, S, D]
  };
  const heads = { query: split("query"), key: split("key"), value: split("value") };
  return attend(context, `${name}.attention`, heads, view);
}

/** Queries, keys and values of each head [R, A, S, D]. */
export interface AttentionHeads {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
}

/** Attention of all heads, side by side: [T, H]. */
export function attend(
  context: ModelContext,
  name: string,
  { query, key, value }: AttentionHeads,
  { bias, rotaryBase }: AttentionView,
): Tensor {
  const { build, spec, dropout } = context;
  const headSize = spec.hiddenSize / spec.heads;
  const turned = (x: Tensor) =>
    rotaryBase === undefined
      ? x
      : build.apply("rotary", [x], { base: rotaryBase, inverse: false })[0];
  const operands = [turned(query), turned(key), value, bias];
  let dropoutScale = 1;
  if (dropout !== undefined && dropout.attentionRate > 0) {
    operands.push(dropout.keep(`${name}.self`, ["R", spec.heads, "S", "S"]));
    dropoutScale = 1 / (1 - dropout.attentionRate);
  }
  const attributes = { scale: 1 / Math.sqrt(headSize), dropoutScale };
  const [attended] = build.apply("attention", operands, attributes);
  const merged = build.transpose(attended, [0, 2, 1, 3]); // [R, S, A, D]
  return build.reshape(merged, ["R*S", spec.hiddenSize]);
}

/** Queries laid out by rows as flat slots, int32 [K]. */
export function flatReads(build: Builder, reads: Tensor | RowQueries): Tensor {
  const byRows = "segments" in reads;
  return byRows ? build.gatherRows(reads.slots, reads.reads) : reads;
}

/** The inputs of `RowQueries`: `querySlots`, `querySegments` and `queryReads`. */
export function rowQueryInputs(build: Builder, count: "B" | "K"): RowQueries {
  return {
    slots: build.input("querySlots", "int32", ["Q*R"]),
    segments: build.input("querySegments", "int32", ["R", "Q"]),
    reads: build.input("queryReads", "int32", [count]),
  };
}

/**
 * Attention of a few queries a row [R*Q, H] over all its slots x [T, H], without keys and values: with the weights of a head
 * W_q, W_k, W_v [D, H] and biases b,
 *
 *     p = softmax(scale (q W_k) x^T + bias),   context = (p x) W_v^T + b_v,   q = x_query W_q^T + b_q
 *
 * which is attention with its products in another order: q b_k^T is the same for all keys, so softmax does not see it, and
 * p sums to 1, so b_v comes once. A row of S slots costs 2 Q (H H + A S H) operations twice in place of 2 S H H twice, which
 * is less while Q < D. Evaluation only: under dropout p does not sum to 1. Key and value weights stay in float32 in int8.
 */
export function queryAttention(
  context: ModelContext,
  name: string,
  queries: Tensor,
  x: Tensor,
  { segments }: RowQueries,
): Tensor {
  const { build, spec } = context;
  const { heads, hiddenSize } = spec;
  const headSize = hiddenSize / heads;
  const part = (which: string) => `${name}.attention.self.${which}`;
  const headWeights = (which: string) =>
    build.reshape(context.weight(`${part(which)}.weight`), [heads, headSize, hiddenSize]);
  const rows = build.reshape(x, ["R", "S", hiddenSize]);

  const projected = linear(context, part("query"), queries); // [R*Q, H]
  const byHead = build.transpose(build.reshape(projected, ["Q*R", heads, headSize]), [1, 0, 2]);
  const keyed = build.matmul(byHead, headWeights("key"), { alpha: 1 / Math.sqrt(headSize) }); // [A, R*Q, H]
  const asked = build.transpose(build.reshape(keyed, [heads, "R", "Q", hiddenSize]), [1, 0, 2, 3]);
  const flat = build.reshape(asked, ["R", `${heads}*Q`, hiddenSize]);
  const scores = build.matmul(flat, rows, { transB: true }); // [R, A*Q, S]
  const keys = build.input("segments", "int32", ["R", "S"]);
  const bias = attentionBias(build, segments, keys); // [R, 1, Q, S]
  const p = build.softmax(build.add(build.reshape(scores, ["R", heads, "Q", "S"]), bias));
  const mixed = build.matmul(build.reshape(p, ["R", `${heads}*Q`, "S"]), rows); // [R, A*Q, H]
  const ofHeads = build.transpose(
    build.reshape(mixed, ["R", heads, "Q", hiddenSize]),
    [1, 0, 2, 3],
  );
  const contexts = build.matmul(
    build.reshape(ofHeads, [heads, "Q*R", hiddenSize]),
    headWeights("value"),
    { transB: true },
  ); // [A, R*Q, D]
  const merged = build.reshape(build.transpose(contexts, [1, 0, 2]), ["Q*R", hiddenSize]);
  return build.add(merged, context.weight(`${part("value")}.bias`));
}
