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

export function expectEqual(what: string, a: number | string, b: number | string): void {
  if (a !== b) throw new L3MaskingError("graph-invalid", `${what}: ${a} meets ${b}`);
}
