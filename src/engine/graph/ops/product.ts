/** Matrix products. */
import { L3MaskingError } from "../../../base/errors.js";
import type { TensorType } from "../graph.js";
import type { Op } from "../op.js";
import { broadcastShapes, formatShape, type Shape, sameShape } from "../shape.js";
import { matrixProduct, zipElements } from "./ndarray.js";
import { dense, expectEqual, expectRank, expectType } from "./rules.js";

interface ProductAttributes {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
}

/** Shape of op(a) op(b) over the last two axes. */
function productShape(a: TensorType, b: TensorType, { transA, transB }: ProductAttributes): Shape {
  expectType(a, "float32");
  expectType(b, "float32");
  const leading = a.shape.slice(0, -2);
  if (!sameShape(leading, b.shape.slice(0, -2))) {
    throw new L3MaskingError(
      "graph-invalid",
      `leading axes differ: ${formatShape(a.shape)} meets ${formatShape(b.shape)}`,
    );
  }
  const [a0, a1] = a.shape.slice(-2);
  const [b0, b1] = b.shape.slice(-2);
  expectEqual("inner sizes of a product", transA ? a0 : a1, transB ? b1 : b0);
  return [...leading, transA ? a1 : a0, transB ? b0 : b1];
}

/** y = alpha * op(a) op(b) + c for matrices; the optional c broadcasts. */
export const gemm: Op<ProductAttributes> = {
  infer([a, b, c], attributes) {
    expectRank(a, 2);
    expectRank(b, 2);
    const shape = productShape(a, b, attributes);
    if (c !== undefined && !sameShape(broadcastShapes(shape, c.shape), shape)) {
      throw new L3MaskingError(
        "graph-invalid",
        `the added ${formatShape(c.shape)} does not fit the product ${formatShape(shape)}`,
      );
    }
    return [{ type: "float32", shape }];
  },
  vjp({ build, inputs: [a, b], gradient: g, attributes: { transA, transB, alpha } }) {
    return [
      () =>
        dense(
          transA
            ? build.gemm(b, g, undefined, { transA: transB, transB: true, alpha })
            : build.gemm(g, b, undefined, { transB: !transB, alpha }),
        ),
      () =>
        dense(
          transB
            ? build.gemm(g, a, undefined, { transA: true, transB: transA, alpha })
            : build.gemm(a, g, undefined, { transA: !transA, alpha }),
        ),
      () => dense(g),
    ];
  },
  evaluate([a, b, c], attributes) {
    const product = matrixProduct(a, b, attributes);
    return [c === undefined ? product : zipElements(product, c, (x, y) => x + y)];
  },
  onnx: (emit, inputs, { transA, transB, alpha }) =>
    emit.node("Gemm", inputs, {
      transA: { int: transA ? 1 : 0 },
      transB: { int: transB ? 1 : 0 },
      alpha,
    }),
  memory: "fresh",
};

/** y = alpha * op(a) op(b) over the last two axes; the leading axes of a and b are equal. */
export const matmul: Op<ProductAttributes> = {
  infer: ([a, b], attributes) => [{ type: "float32", shape: productShape(a, b, attributes) }],
  vjp({ build, inputs: [a, b], gradient: g, attributes: { transA, transB, alpha } }) {
    return [
      () =>
        dense(
          transA
            ? build.matmul(b, g, { transA: transB, transB: true, alpha })
            : build.matmul(g, b, { transB: !transB, alpha }),
        ),
      () =>
        dense(
          transB
            ? build.matmul(g, a, { transA: true, transB: transA, alpha })
            : build.matmul(a, g, { transA: !transA, alpha }),
        ),
    ];
  },
  evaluate: ([a, b], attributes) => [matrixProduct(a, b, attributes)],
  onnx(emit, [a, b], { transA, transB, alpha }, [output]) {
    return [emitMatmul(emit, a, b, { transA, transB, alpha }, output.shape.length)];
  },
  memory: "fresh",
};

/** FusedMatMul where the target has it, else MatMul with explicit transposes and scaling. */
export function emitMatmul(
  emit: Parameters<typeof matmul.onnx>[0],
  a: string,
  b: string,
  { transA, transB, alpha }: ProductAttributes,
  rank: number,
): string {
  if (emit.target === "cpu") {
    return emit.node(
      "FusedMatMul",
      [a, b],
      { transA: { int: transA ? 1 : 0 }, transB: { int: transB ? 1 : 0 }, alpha },
      { domain: "com.microsoft" },
    )[0];
  }
  const swapped = Array.from({ length: rank }, (_, axis) => axis);
  swapped.splice(-2, 2, rank - 1, rank - 2);
  const oriented = (name: string, transposed: boolean) =>
    transposed ? emit.node("Transpose", [name], { perm: { ints: swapped } })[0] : name;
  const [product] = emit.node("MatMul", [oriented(a, transA), oriented(b, transB)]);
  return alpha === 1 ? product : emit.node("Mul", [product, emit.scalar(alpha)])[0];
}
