/** The operation table: every operation of the graph, each one record (see `op.ts`). */
import { L3MaskingError } from "../../base/errors.js";
import type { TensorType } from "./graph.js";
import type { Op, OpAttributes, OpName } from "./op.js";
import { adamw, clipFactor } from "./ops/adamw.js";
import { attention } from "./ops/attention.js";
import { crossEntropy, decoderCrossEntropy } from "./ops/cross-entropy.js";
import { dropoutMask } from "./ops/dropout-mask.js";
import {
  add,
  divide,
  dropout,
  equal,
  exp,
  isPositive,
  log,
  multiply,
  relu,
  scale,
  sigmoid,
  squareRoot,
  subtract,
  tanh,
  toFloat,
} from "./ops/elementwise.js";
import { gelu, geluBackward, geluProduct } from "./ops/gelu.js";
import {
  addRows,
  fill,
  gatherRows,
  range,
  reshape,
  scatterRows,
  transpose,
} from "./ops/movement.js";
import { layerNorm, softmax } from "./ops/normalization.js";
import { gemm, matmul } from "./ops/product.js";
import { quantizedProduct } from "./ops/quantized-product.js";
import { mean, sum, sumOfSquares } from "./ops/reduction.js";
import { relativeBias } from "./ops/relative-bias.js";
import { rotary } from "./ops/rotary.js";
import { formatShape } from "./shape.js";

export type OpTable = { readonly [K in OpName]: Op<OpAttributes[K]> };

export const ops: OpTable = {
  add,
  subtract,
  multiply,
  divide,
  scale,
  squareRoot,
  exp,
  log,
  relu,
  isPositive,
  sigmoid,
  tanh,
  gelu,
  geluBackward,
  geluProduct,
  dropout,
  dropoutMask,
  toFloat,
  equal,
  reshape,
  transpose,
  gatherRows,
  scatterRows,
  addRows,
  fill,
  sum,
  mean,
  sumOfSquares,
  gemm,
  matmul,
  quantizedProduct,
  softmax,
  layerNorm,
  range,
  rotary,
  relativeBias,
  attention,
  crossEntropy,
  decoderCrossEntropy,
  clipFactor,
  adamw,
};

/** Output types of an operation; a misfit is reported with the operation, its scope and its inputs. */
export function inferOp<K extends OpName>(
  op: K,
  inputs: readonly TensorType[],
  attributes: OpAttributes[K],
  scope: string,
): readonly TensorType[] {
  if (!Object.hasOwn(ops, op)) {
    throw new L3MaskingError("graph-invalid", `expected the name of an operation, got ${op}`, {
      hint: `There are ${Object.keys(ops).join(", ")}.`,
    });
  }
  const missing = inputs.findIndex((input) => input?.shape === undefined);
  if (missing >= 0) {
    throw new L3MaskingError("graph-invalid", `input ${missing} of ${op} is not a tensor`, {
      hint: "Numbers and arrays become tensors by build.constant, what is fed by build.input.",
    });
  }
  try {
    return ops[op].infer(inputs, attributes);
  } catch (cause) {
    if (!(cause instanceof L3MaskingError)) throw cause;
    const shapes = inputs.map((input) => formatShape(input.shape)).join(", ");
    throw new L3MaskingError(
      "graph-invalid",
      `${op}(${shapes}) in ${scope === "" ? "the graph" : scope}: ${cause.message}`,
      { cause, hint: "docs/engine.md has the types and shapes that each operation takes." },
    );
  }
}
