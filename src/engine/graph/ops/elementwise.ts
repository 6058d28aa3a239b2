/** Operations that work element by element. */
import type { TensorType } from "../graph.js";
import type { Nothing, Op } from "../op.js";
import { broadcastShapes, formatShape } from "../shape.js";
import { mapElements, zipElements } from "./ndarray.js";
import { dense, expectEqual, expectType } from "./rules.js";

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
  memory: "in place",
};

export const subtract: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ build, gradient }) => [() => dense(gradient), () => dense(build.scale(gradient, -1))],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x - y)],
  onnx: (emit, inputs) => emit.node("Sub", inputs),
  memory: "in place",
};

export const multiply: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ build, inputs: [a, b], gradient }) => [
    () => dense(build.multiply(gradient, b)),
    () => dense(build.multiply(gradient, a)),
  ],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x * y)],
  onnx: (emit, inputs) => emit.node("Mul", inputs),
  memory: "in place",
};

/** y = a / b */
export const divide: Op<Nothing> = {
  infer: binaryFloat,
  vjp: ({ build, inputs: [, b], outputs: [y], gradient }) => [
    () => dense(build.divide(gradient, b)),
    () => dense(build.scale(build.divide(build.multiply(gradient, y), b), -1)),
  ],
  evaluate: ([a, b]) => [zipElements(a, b, (x, y) => x / y)],
  onnx: (emit, inputs) => emit.node("Div", inputs),
  memory: "in place",
};

export const scale: Op<{ readonly factor: number }> = {
  infer: unaryFloat,
  vjp: ({ build, gradient, attributes }) => [() => dense(build.scale(gradient, attributes.factor))],
  evaluate: ([x], { factor }) => [mapElements(x, (value) => factor * value)],
  onnx: (emit, [x], { factor }) => emit.node("Mul", [x, emit.scalar(factor)]),
  memory: "in place",
};

/** dy/dx = 1 / (2 y), infinite at 0 */
export const squareRoot: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [
    () => dense(build.divide(build.scale(gradient, 0.5), y)),
  ],
  evaluate: ([x]) => [mapElements(x, Math.sqrt)],
  onnx: (emit, inputs) => emit.node("Sqrt", inputs),
  memory: "in place",
};

/** dy/dx = y */
export const exp: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [() => dense(build.multiply(gradient, y))],
  evaluate: ([x]) => [mapElements(x, Math.exp)],
  onnx: (emit, inputs) => emit.node("Exp", inputs),
  memory: "in place",
};

/** y = ln x, dy/dx = 1 / x */
export const log: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, inputs: [x], gradient }) => [() => dense(build.divide(gradient, x))],
  evaluate: ([x]) => [mapElements(x, Math.log)],
  onnx: (emit, inputs) => emit.node("Log", inputs),
  memory: "in place",
};

/** y = max(x, 0), dy/dx = 1 where x > 0 and 0 elsewhere */
export const relu: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [
    () => dense(build.multiply(gradient, build.isPositive(y))),
  ],
  evaluate: ([x]) => [mapElements(x, (value) => Math.max(value, 0))],
  onnx: (emit, inputs) => emit.node("Relu", inputs),
  memory: "in place",
};

/** y = 1 where x > 0 and 0 elsewhere; as flat as it is, it has the gradient 0. */
export const isPositive: Op<Nothing> = {
  infer: unaryFloat,
  vjp: () => [null],
  evaluate: ([x]) => [mapElements(x, (value) => (value > 0 ? 1 : 0))],
  onnx: (emit, [x]) => [emit.cast(emit.node("Greater", [x, emit.scalar(0)])[0], "float32")],
  memory: "fresh",
};

/** y = 1 / (1 + exp(-x)), dy/dx = y - y^2 */
export const sigmoid: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [
    () => dense(build.multiply(gradient, build.subtract(y, build.multiply(y, y)))),
  ],
  evaluate: ([x]) => [mapElements(x, (value) => 1 / (1 + Math.exp(-value)))],
  onnx: (emit, inputs) => emit.node("Sigmoid", inputs),
  memory: "in place",
};

/** dy/dx = 1 - y^2 */
export const tanh: Op<Nothing> = {
  infer: unaryFloat,
  vjp: ({ build, outputs: [y], gradient }) => [
    () => dense(build.subtract(gradient, build.multiply(gradient, build.multiply(y, y)))),
  ],
  evaluate: ([x]) => [mapElements(x, Math.tanh)],
  onnx: (emit, inputs) => emit.node("Tanh", inputs),
  memory: "in place",
};

/**
 * y = x where keep (bool) is true and 0 elsewhere; dx = g where keep is true. The factor 1 / (1 - rate) of dropout rides
 * on a product nearby. As a product, because a choice between two values takes the CPU six times as long; the gradient
 * casts the mask again, so that only its bytes are kept in between.
 */
export const dropout: Op<Nothing> = {
  infer([x, keep]) {
    expectType(x, "float32");
    expectType(keep, "bool");
    expectEqual("mask of dropout", formatShape(keep.shape), formatShape(x.shape));
    return [x];
  },
  vjp: ({ build, inputs: [, keep], gradient }) => [
    () => dense(build.apply("dropout", [gradient, keep], {})[0]),
    null,
  ],
  evaluate: ([x, keep]) => [zipElements(x, keep, (value, kept) => value * kept)],
  onnx: (emit, [x, keep]) => emit.node("Mul", [x, emit.cast(keep, "float32")]),
  memory: "fresh",
};

export const toFloat: Op<Nothing> = {
  infer: ([x]) => [{ type: "float32", shape: x.shape }],
  vjp: () => [null],
  evaluate: ([x]) => [x],
  onnx: (emit, [x]) => [emit.cast(x, "float32")],
  memory: "fresh",
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
  memory: "fresh",
};
