/** Sums and means. */
import type { Builder } from "../builder.js";
import type { Tensor, TensorType } from "../graph.js";
import type { NdArray, Nothing, Op } from "../op.js";
import { type Shape, type Size, sizeOf } from "../shape.js";
import { advance, mapElements, ndArray, rowMajorStrides } from "./ndarray.js";
import { dense, expectAxes, expectType } from "./rules.js";

interface Reduction {
  readonly axes: readonly number[];
  readonly keepAxes: boolean;
}

/** The shape with the reduced axes as 1. */
function keptShape<S extends Size>(shape: readonly S[], axes: readonly number[]): (S | 1)[] {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

function reduced([x]: readonly TensorType[], { axes, keepAxes }: Reduction): TensorType[] {
  expectType(x, "float32");
  expectAxes(axes, x);
  const shape = keepAxes
    ? keptShape(x.shape, axes)
    : x.shape.filter((_, axis) => !axes.includes(axis));
  return [{ type: "float32", shape }];
}

/** A gradient of the reduced shape, at every element of x. */
function spread(build: Builder, gradient: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const kept = build.reshape(gradient, keptShape(x.shape, axes));
  return build.multiply(kept, build.fill(1, x.shape));
}

function sumOver(x: NdArray, { axes, keepAxes }: Reduction): NdArray {
  const kept = keptShape(x.shape, axes);
  const strides = rowMajorStrides(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const result = ndArray(kept);
  const index = new Array<number>(x.shape.length).fill(0);
  for (const value of x.data) {
    result.data[index.reduce((at, i, axis) => at + i * strides[axis], 0)] += value;
    advance(index, x.shape);
  }
  const shape = keepAxes ? kept : kept.filter((_, axis) => !axes.includes(axis));
  return { shape, data: result.data };
}

/** y = sum of x over the given axes, which stay as 1 with `keepAxes`; dx = g. */
export const sum: Op<Reduction> = {
  infer: reduced,
  vjp: ({ build, inputs: [x], gradient, attributes: { axes } }) => [
    () => dense(spread(build, gradient, x, axes)),
  ],
  evaluate: ([x], attributes) => [sumOver(x, attributes)],
  onnx: (emit, [x], { axes, keepAxes }) =>
    emit.node("ReduceSum", [x, emit.ints(axes)], { keepdims: { int: keepAxes ? 1 : 0 } }),
  memory: "fresh",
};

/** y = mean of x over the given axes, which stay as 1 with `keepAxes`; dx = g / n for means of n elements. */
export const mean: Op<Reduction> = {
  infer: reduced,
  vjp: ({ build, inputs: [x], gradient, attributes: { axes } }) => [
    () => {
      const sizes = axes.map((axis) => x.shape[axis]);
      return dense(spread(build, dividedByCount(build, gradient, sizes), x, axes));
    },
  ],
  evaluate([x], attributes) {
    const total = sumOver(x, attributes);
    return [mapElements(total, (value) => (value * total.data.length) / x.data.length)];
  },
  onnx: (emit, [x], { axes, keepAxes }) =>
    emit.node("ReduceMean", [x, emit.ints(axes)], { keepdims: { int: keepAxes ? 1 : 0 } }),
  memory: "fresh",
};

function dividedByCount(build: Builder, gradient: Tensor, sizes: Shape): Tensor {
  const count = sizeOf(sizes);
  if (typeof count === "number") return build.scale(gradient, 1 / count);
  // A named size has its value at run time: so many ones are counted.
  return build.divide(gradient, build.sum(build.fill(1, sizes)));
}

/** y = sum of x^2 over all elements, shape []; dx = 2 g x. */
export const sumOfSquares: Op<Nothing> = {
  infer([x]) {
    expectType(x, "float32");
    return [{ type: "float32", shape: [] }];
  },
  vjp: ({ build, inputs: [x], gradient }) => [
    () => dense(build.multiply(x, build.scale(gradient, 2))),
  ],
  evaluate: ([x]) => [ndArray([], [x.data.reduce((total, value) => total + value * value, 0)])],
  onnx(emit, [x], _, __, [{ shape }]) {
    // Row by row first: many short sums run side by side and round less than a long one.
    const drop = { keepdims: { int: 0 } };
    if (shape.length < 2) return emit.node("ReduceSumSquare", [x], drop);
    const [rows] = emit.node("ReduceSumSquare", [x, emit.ints([-1])], drop);
    return emit.node("ReduceSum", [rows], drop);
  },
  memory: "fresh",
};
