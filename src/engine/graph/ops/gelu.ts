/**
 * GELU, alone and in front of a product. In a feed-forward block its result is as large as all else that is kept for the
 * backward pass. There it is computed again instead, for one product of elements: the gradient needs Phi(x) anyway.
 *
 * Legend: T tokens, F intermediate size, H hidden size.
 */
import type { TensorType } from "../graph.js";
import type { Nothing, OnnxEmitter, Op } from "../op.js";
import { formatShape } from "../shape.js";
import { erf, mapElements, matrixProduct, zipElements } from "./ndarray.js";
import { gemm } from "./product.js";
import { dense, expectEqual, expectType } from "./rules.js";

const SQRT_HALF = Math.SQRT1_2;
const INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
const LOG_TWICE_INVERSE_SQRT_PI = Math.log(2) - 0.5 * Math.log(Math.PI);

/** The exact form x * Phi(x) with Phi(x) = (1 + erf(x / sqrt 2)) / 2. */
export const gelu: Op<Nothing> = {
  infer: ([x]) => [floatOf(x)],
  vjp: ({ build, inputs: [x], gradient }) => [
    () => dense(build.apply("geluBackward", [x, build.scale(gradient, 0.5)], {})[0]),
  ],
  evaluate: ([x]) => [mapElements(x, geluOf)],
  onnx: (emit, [x]) => [emitGelu(emit, x)],
  memory: "fresh",
};

/**
 * 2 g gelu'(x) and 2 gelu(x), with gelu'(x) = Phi(x) + x phi(x) and phi the standard normal density. Inputs x and g of equal
 * shapes. Doubled, because 2 Phi(x) = 1 + erf(x / sqrt 2) saves a product of elements, and the half rides on products of
 * matrices beside it.
 */
export const geluBackward: Op<Nothing> = {
  infer([x, g]) {
    expectEqual("gradient of gelu", formatShape(floatOf(g).shape), formatShape(floatOf(x).shape));
    return [x, x];
  },
  vjp: "not differentiable",
  evaluate: ([x, g]) => [
    zipElements(g, mapElements(x, derivativeOf), (a, b) => 2 * a * b),
    mapElements(x, (value) => 2 * geluOf(value)),
  ],
  onnx(emit, [x, g]) {
    // 2 x phi(x) = s exp(ln(2 / sqrt pi) - s^2) for s = x / sqrt 2: every factor rides on one that is there anyway.
    const [scaled] = emit.node("Mul", [x, emit.scalar(SQRT_HALF)]);
    const [error] = emit.node("Erf", [scaled]);
    const [cdf] = emit.node("Add", [error, emit.scalar(1)]);
    const [squared] = emit.node("Mul", [scaled, scaled]);
    const [exponent] = emit.node("Sub", [emit.scalar(LOG_TWICE_INVERSE_SQRT_PI), squared]);
    const [exponential] = emit.node("Exp", [exponent]);
    const [density] = emit.node("Mul", [scaled, exponential]);
    const [derivative] = emit.node("Add", [cdf, density]);
    return [emit.node("Mul", [g, derivative])[0], emit.node("Mul", [x, cdf])[0]];
  },
  // 2 Phi(x) and x / sqrt 2 or what comes of it, beside the results.
  memory: (_, outputs) => ({ places: outputs, scratch: outputs[0] }),
};

/**
 * y = alpha * gelu(x) W^T + c: inputs x [T, F], W [H, F], c that broadcasts to [T, H]. With g = d(y):
 * dx = alpha * (g W) * gelu'(x), dW = alpha * g^T gelu(x), dc = g.
 */
export const geluProduct: Op<{ readonly alpha: number }> = {
  infer: (inputs, { alpha }) => gemm.infer(inputs, { ...transposed, alpha }),
  vjp({ build, inputs: [x, weight], gradient: g, attributes: { alpha } }) {
    const half = 0.5 * alpha;
    const dGelu = build.gemm(g, weight, undefined, { alpha: half }); // [T, F]
    const [dx, active] = build.apply("geluBackward", [x, dGelu], {});
    return [
      () => dense(dx),
      () => dense(build.gemm(g, active, undefined, { transA: true, alpha: half })), // [H, F]
      () => dense(g),
    ];
  },
  evaluate([x, weight, c], { alpha }) {
    const product = matrixProduct(mapElements(x, geluOf), weight, { ...transposed, alpha });
    return [zipElements(product, c, (a, b) => a + b)];
  },
  onnx: (emit, [x, weight, c], { alpha }, outputTypes, inputTypes) =>
    gemm.onnx(
      emit,
      [emitGelu(emit, x), weight, c],
      { ...transposed, alpha },
      outputTypes,
      inputTypes,
    ),
  // What the product reads: gelu(x).
  memory: ([x], outputs) => ({ places: outputs, scratch: x }),
};

const transposed = { transA: false, transB: true };

function floatOf(x: TensorType): TensorType {
  expectType(x, "float32");
  return x;
}

function emitGelu(emit: OnnxEmitter, x: string): string {
  const domain = emit.target === "cpu" ? { domain: "com.microsoft" } : {};
  return emit.node("Gelu", [x], {}, domain)[0];
}

function geluOf(x: number): number {
  return x * normalCdf(x);
}

function derivativeOf(x: number): number {
  return normalCdf(x) + x * INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
}

function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x * SQRT_HALF));
}
