/**
 * The tensor graph: nodes that name an operation, and the tensors between them. A graph is plain
 * data; `builder.ts` makes it, `grad.ts` adds its gradient, `reference.ts` computes it in float64,
 * and `onnx/export.ts` writes it for a runtime.
 */
import type { OpAttributes, OpName } from "./op.js";
import type { Shape } from "./shape.js";

/** What tensors hold, and how many bytes an element takes. */
export const elementBytes = { float32: 4, int32: 4, int8: 1, bool: 1 } as const;

/** The type of an element; a bool is fed as a byte, 0 or 1. */
export type ElementType = keyof typeof elementBytes;

/** What is known of a tensor before it is computed. */
export interface TensorType {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** A value in the graph. Ids grow in the order of creation, so every input has a smaller id. */
export interface Tensor extends TensorType {
  readonly id: number;
  readonly source: Source;
}

/** What a tensor comes from. */
export type Source = InputSource | ConstantSource | Node;

/** Fed by name in every run: weights, ids, dropout masks, ... */
export interface InputSource {
  readonly kind: "input";
  readonly name: string;
}

/** A few fixed numbers; large arrays are inputs. */
export interface ConstantSource {
  readonly kind: "constant";
  readonly values: readonly number[];
}

/** One application of an operation. */
export interface Node<K extends OpName = OpName> {
  readonly kind: "node";
  readonly op: K;
  readonly inputs: readonly Tensor[];
  readonly attributes: OpAttributes[K];
  readonly outputs: readonly Tensor[];
  /** Where in the model it stands, for messages and profiles: "layer.3/attention". */
  readonly scope: string;
}

/** Named outputs; what they do not need is not part of the graph. */
export type GraphOutputs = Readonly<Record<string, Tensor>>;

/** The nodes that the outputs need, inputs before users. */
export function orderedNodes(outputs: readonly Tensor[]): Node[] {
  const nodes = new Map<Node, number>();
  const pending = [...outputs];
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    const source = tensor.source;
    if (source.kind !== "node" || nodes.has(source)) continue;
    nodes.set(source, source.outputs[0].id);
    pending.push(...source.inputs);
  }
  return [...nodes].sort(([, a], [, b]) => a - b).map(([node]) => node);
}

/** The input tensors that the outputs need, by creation. */
export function graphInputs(outputs: readonly Tensor[]): (Tensor & { source: InputSource })[] {
  const tensors = new Set(outputs);
  for (const node of orderedNodes(outputs)) for (const input of node.inputs) tensors.add(input);
  return [...tensors].filter(isInput).sort((a, b) => a.id - b.id);
}

function isInput(tensor: Tensor): tensor is Tensor & { source: InputSource } {
  return tensor.source.kind === "input";
}
