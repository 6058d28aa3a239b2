/** Small pieces that the operation records share. */
import { L3MaskingError } from "../../../base/errors.js";
import type { ElementType, Tensor, TensorType } from "../graph.js";
import type { Gradient } from "../op.js";
import { formatShape } from "../shape.js";

export function dense(tensor: Tensor): Gradient {
  return { kind: "dense", tensor };
}

export function expectType(tensor: TensorType, type: ElementType): void {
  if (tensor.type !== type) {
    throw new L3MaskingError("graph-invalid", `expected ${type}, got ${tensor.type}`);
  }
}

export function expectRank(tensor: TensorType, rank: number): void {
  if (tensor.shape.length !== rank) {
    throw new L3MaskingError(
      "graph-invalid",
      `expected rank ${rank}, got shape ${formatShape(tensor.shape)}`,
    );
  }
}

/** Axes that a tensor has, each once; at least one, unless it has none. */
export function expectAxes(axes: readonly number[], { shape }: TensorType): void {
  const isAxis = (axis: number) => Number.isInteger(axis) && axis >= 0 && axis < shape.length;
  const isFull = axes.length > 0 || shape.length === 0;
  if (isFull && axes.every(isAxis) && new Set(axes).size === axes.length) return;
  throw new L3MaskingError(
    "graph-invalid",
    `expected axes of ${formatShape(shape)}, counted from 0, each once, got [${axes}]`,
  );
}

export function expectEqual(what: string, a: number | string, b: number | string): void {
  if (a !== b) throw new L3MaskingError("graph-invalid", `${what}: ${a} meets ${b}`);
}
