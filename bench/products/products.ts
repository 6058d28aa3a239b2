/**
 * The matrix products of a training pass or a forward pass, counted from the model's sizes: what no implementation can do
 * without. Sums over rows for bias gradients, softmax, normalisation, dropout and the optimizer are not among them.
 *
 * Legend: T slots, U distinct tokens, H hidden size, F intermediate size, A heads, D = H/A, R rows, S slots of a row, K slots
 * that are read, Q of them in a row, B texts, C classes, V vocabulary.
 */
import type { ModelSpec } from "../../src/model/spec.js";

/** op(a) op(b), `batch` of them at once: op(a) is [m, k], op(b) [k, n]. */
export interface Product {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA: boolean;
  readonly transB: boolean;
  /** How often it occurs. */
  readonly count: number;
}

/** Which slots are read at the end, and the head that reads them. */
export type HeadSizes =
  | { readonly kind: "classification"; readonly texts: number; readonly classes: number }
  | { readonly kind: "masked-tokens"; readonly selected: number };

export interface PassSizes {
  readonly rows: number;
  readonly slots: number;
  readonly head: HeadSizes;
}

/** Multiplications and additions of some products. */
export function operations(products: readonly Product[]): number {
  return products.reduce(
    (total, { batch, m, n, k, count }) => total + 2 * batch * m * n * k * count,
    0,
  );
}

/** A forward pass in evaluation mode. */
export interface ForwardSizes extends PassSizes {
  /** U, distinct tokens: queries, keys and values of the first layer are computed once for each. */
  readonly distinct: number;
  /** Q, the most read slots of a row. */
  readonly queries: number;
}

/** Products of a forward pass of at least two layers; in the last one attention has the read slots alone as queries. */
export function forwardProducts(spec: ModelSpec, sizes: ForwardSizes): Product[] {
  const { rows, slots, distinct } = sizes;
  const { hiddenSize: H, layers } = spec;
  const { scores, context } = attentionShape(spec, sizes);
  const projections = [
    { slots: distinct, inputs: H, outputs: H, count: 3 },
    { slots: rows * slots, inputs: H, outputs: H, count: 3 * (layers - 2) },
    { slots: rows * sizes.queries, inputs: H, outputs: H, count: 1 },
  ];
  return merged([
    ...[...projections, ...layersAfterAttention(spec, sizes)].map(forward),
    { ...scores, count: layers - 1 },
    { ...context, count: layers - 1 },
    ...queryAttentionProducts(spec, sizes),
  ]);
}

/** Attention of Q queries a row: with key weights, with the rows themselves twice, with value weights. */
function queryAttentionProducts(
  { hiddenSize: H, heads: A }: ModelSpec,
  { rows: R, slots: S, queries: Q }: ForwardSizes,
): Product[] {
  const D = H / A;
  const once = { transA: false, count: 1 };
  return [
    { batch: A, m: R * Q, n: H, k: D, transB: false, ...once },
    { batch: R, m: A * Q, n: S, k: H, transB: true, ...once },
    { batch: R, m: A * Q, n: H, k: S, transB: false, ...once },
    { batch: A, m: R * Q, n: D, k: H, transB: true, ...once },
  ];
}

/** Products of a forward pass and its gradient with respect to all parameters. */
export function trainingProducts(spec: ModelSpec, sizes: PassSizes): Product[] {
  const T = sizes.rows * sizes.slots;
  const { hiddenSize: H } = spec;
  const linear = [
    { slots: T, inputs: H, outputs: H, count: 3 * spec.layers },
    ...layersAfterAttention(spec, sizes),
  ];
  const { scores, context } = attentionShape(spec, sizes);
  const each = spec.layers;
  return merged([
    ...linear.flatMap((layer) => [forward(layer), inputGradient(layer), weightGradient(layer)]),
    // Forward and d(probabilities); forward and d(query); d(key) and d(value).
    { ...scores, count: 2 * each },
    { ...context, count: 2 * each },
    { ...context, transA: true, count: 2 * each },
  ]);
}

/** y [T, outputs] = x [T, inputs] W^T */
interface Linear {
  readonly slots: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly count: number;
}

/** The linear layers from attention's output on: of all slots, in the last layer of the read slots, and of the head. */
function layersAfterAttention(spec: ModelSpec, { rows, slots, head }: PassSizes): Linear[] {
  const { hiddenSize: H, intermediateSize: F, layers } = spec;
  const T = rows * slots;
  const K = head.kind === "classification" ? head.texts : head.selected;
  return [
    { slots: T, inputs: H, outputs: H, count: layers - 1 },
    { slots: T, inputs: H, outputs: F, count: layers - 1 },
    { slots: T, inputs: F, outputs: H, count: layers - 1 },
    { slots: K, inputs: H, outputs: H, count: 1 },
    { slots: K, inputs: H, outputs: F, count: 1 },
    { slots: K, inputs: F, outputs: H, count: 1 },
    // The head: a dense layer, and labels or vocabulary.
    { slots: K, inputs: H, outputs: H, count: 1 },
    {
      slots: K,
      inputs: H,
      outputs: head.kind === "classification" ? head.classes : spec.vocabularySize,
      count: 1,
    },
  ];
}

function forward({ slots, inputs, outputs, count }: Linear): Product {
  return { batch: 1, m: slots, n: outputs, k: inputs, transA: false, transB: true, count };
}

function inputGradient({ slots, inputs, outputs, count }: Linear): Product {
  return { batch: 1, m: slots, n: inputs, k: outputs, transA: false, transB: false, count };
}

function weightGradient({ slots, inputs, outputs, count }: Linear): Product {
  return { batch: 1, m: outputs, n: inputs, k: slots, transA: true, transB: false, count };
}

/** q k^T and p v of one layer, all rows and heads at once. */
function attentionShape(spec: ModelSpec, { rows, slots }: PassSizes) {
  const batch = rows * spec.heads;
  const headSize = spec.hiddenSize / spec.heads;
  const scores = { batch, m: slots, n: slots, k: headSize, transA: false, transB: true };
  const context = { batch, m: slots, n: headSize, k: slots, transA: false, transB: false };
  return { scores, context };
}

/** Equal products once, with their counts added; those that do not occur left out. */
function merged(products: readonly Product[]): Product[] {
  const found = new Map<string, Product>();
  for (const product of products) {
    if (product.count === 0) continue;
    const { count, ...shape } = product;
    const key = JSON.stringify(shape);
    found.set(key, { ...product, count: count + (found.get(key)?.count ?? 0) });
  }
  return [...found.values()];
}
