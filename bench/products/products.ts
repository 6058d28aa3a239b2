/**
 * The matrix products of a training pass or a forward pass, counted from the model's sizes: what no implementation can do
 * without. Sums over rows for bias gradients, softmax, normalisation, dropout and the optimizer are not among them.
 *
 * Legend: T slots, H hidden size, F intermediate size, A heads, D = H/A, R rows, S slots of a row, K slots that are read,
 * B texts, C classes, V vocabulary.
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

/** Products of a forward pass in which the last layer computes the read slots alone after attention. */
export function forwardProducts(spec: ModelSpec, sizes: PassSizes): Product[] {
  const attention = attentionShape(spec, sizes);
  return merged([
    ...linearLayers(spec, sizes).map(forward),
    { ...attention.scores, count: spec.layers },
    { ...attention.context, count: spec.layers },
  ]);
}

/** Products of a forward pass and its gradient with respect to all parameters. */
export function trainingProducts(spec: ModelSpec, sizes: PassSizes): Product[] {
  const linear = linearLayers(spec, sizes);
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

function linearLayers(spec: ModelSpec, { rows, slots, head }: PassSizes): Linear[] {
  const { hiddenSize: H, intermediateSize: F, layers } = spec;
  const T = rows * slots;
  const K = head.kind === "classification" ? head.texts : head.selected;
  return [
    // Query, key and value of every layer; all that follows them, in the last layer for the read slots.
    { slots: T, inputs: H, outputs: H, count: 3 * layers + (layers - 1) },
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
