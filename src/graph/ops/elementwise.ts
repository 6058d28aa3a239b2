/** Operations that work element by element. */
import type { TensorType } from "../graph.js";
import type { Nothing, Op } from "../op.js";
import { broadcastShapes } from "../shape.js";
import { erf, mapElements, zipElements } from "./ndarray.js";
import { dense, expectType } from "./rules.js";

const SQRT_HALF = Math.SQRT1_2;
const INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
const LOG_INVERSE_SQRT_PI = -0.5 * Math.log(Math.PI);

function binaryFloat(inputs: readonly TensorType[]): TensorType[] {
  const [a, b] = inputs;
  expectType(a, "float32");
  expectType(b, "float32");
  return [{ type: "float32", shape: broadcastShapes(a.shape, b.shape) }];
}

function unaryFloat([x]: readonly TensorType[]): TensorType[] {
  expectType(x, "float32");
  return [x];
}

export const add: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ gradient }) => [() => dense(gradient), () => dense(gradient)],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x + y)],
  onnx: (emit, inputs) => emit.node("Add", inputs),
};

export const subtract: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ build, gradient }) => [() => dense(gradient), () => dense(build.scale(gradient, -1))],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x - y)],
  onnx: (emit, inputs) => emit.node("Sub", inputs),
};

export const multiply: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ build, inputs: [a, b], gradient }) => [
    () => dense(build.multiply(gradient, b)),
    () => dense(build.multiply(gradient, a)),
  ],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x * y)],
  onnx: (emit, inputs) => emit.node("Mul", inputs),
};

export const scale: Op<{ readonly factor: number }> = {
  infer: unaryFloat,
  vjp: ({ build, gradient, attributes }) => [() => dense(build.scale(gradient, attributes.factor))],
  evaluate: ([x], { factor }) => [mapElements(x, (value) => factor * value)],
  onnx: (emit, [x], { factor }) => emit.node("Mul", [x, emit.scalar(factor)]),
};

/** dy/dx = 1 - y^2 */
export const tanh: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [
    () => dense(build.subtract(gradient, build.multiply(gradient, build.multiply(y, y)))),
  ],
  evaluate: ([x]) => [mapElements(x, Math.tanh)],
  onnx: (emit, inputs) => emit.node("Tanh", inputs),
};

/** The exact form x * Phi(x) with Phi(x) = (1 + erf(x / sqrt 2)) / 2. */
export const gelu: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, inputs: [x], gradient }) => [
    () => dense(build.multiply(gradient, build.apply("geluDerivative", [x], {})[0])),
  ],
  evaluate: ([x]) => [mapElements(x, (value) => value * normalCdf(value))],
  onnx: (emit, inputs) =>
    emit.target === "cpu"
      ? emit.node("Gelu", inputs, {}, { domain: "com.microsoft" })
      : emit.node("Gelu", inputs),
};

/** gelu'(x) = Phi(x) + x phi(x), with phi the standard normal density. */
export const geluDerivative: Op<Nothing> = {
  infer: unaryFloat,
  vjp: "not differentiable",
  evaluate: ([x]) => [
    mapElements(
      x,
      (value) => normalCdf(value) + value * INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * value * value),
    ),
  ],
  onnx(emit, [x]) {
    // x phi(x) = s exp(ln(1 / sqrt pi) - s^2) for s = x / sqrt 2: every factor rides on one that is there anyway.
    const [scaled] = emit.node("Mul", [x, emit.scalar(SQRT_HALF)]);
    const [error] = emit.node("Erf", [scaled]);
    const [half] = emit.node("Mul", [error, emit.scalar(0.5)]);
    const [cdf] = emit.node("Add", [half, emit.scalar(0.5)]);
    const [squared] = emit.node("Mul", [scaled, scaled]);
    const [exponent] = emit.node("Sub", [emit.scalar(LOG_INVERSE_SQRT_PI), squared]);
    const [exponential] = emit.node("Exp", [exponent]);
    const [density] = emit.node("Mul", [scaled, exponential]);
    return emit.node("Add", [cdf, density]);
  },
};

export const toFloat: Op<Nothing> = {
  infer: ([x]) => [{ type: "float32", shape: x.shape }],
  vjp: () => [null],
  evaluate: ([x]) => [x],
  onnx: (emit, [x]) => [emit.cast(x, "float32")],
};

export const equal: Op<Nothing> = {
  infer(inputs) {
    const [a, b] = inputs;
    expectType(a, "int32");
    expectType(b, "int32");
    return [{ type: "bool", shape: broadcastShapes(a.shape, b.shape) }];
  },
  vjp: () => [null, null],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => (x === y ? 1 : 0))],
  onnx: (emit, inputs) => emit.node("Equal", inputs),
};

function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x * SQRT_HALF));
}
