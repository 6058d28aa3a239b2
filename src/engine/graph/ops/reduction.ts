/** Sums and means. */
import { L3MaskingError } from "../../../base/errors.js";
import type { Nothing, Op } from "../op.js";
import { advance, mapRows, ndArray, rowMajorStrides } from "./ndarray.js";
import { dense, expectType } from "./rules.js";

/** Sum over the given axes, which stay as 1 with `keepAxes`. */
export const sum: Op<{ readonly axes: readonly number[]; readonly keepAxes: boolean }> = {
  infer([x], { axes, keepAxes }) {
    expectType(x, "float32");
    const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [
      {
        type: "float32",
        shape: keepAxes ? shape : shape.filter((_, axis) => !axes.includes(axis)),
      },
    ];
  },
  vjp: ({ build, inputs: [x], gradient, attributes: { axes } }) => [
    () => {
      const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      return dense(build.multiply(build.reshape(gradient, kept), build.fill(1, x.shape)));
    },
  ],
  evaluate([x], { axes, keepAxes }) {
    const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
    const strides = rowMajorStrides(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
    const result = ndArray(kept);
    const index = new Array<number>(x.shape.length).fill(0);
    for (const value of x.data) {
      result.data[index.reduce((at, i, axis) => at + i * strides[axis], 0)] += value;
      advance(index, x.shape);
    }
    const shape = keepAxes ? kept : kept.filter((_, axis) => !axes.includes(axis));
    return [{ shape, data: result.data }];
  },
  onnx: (emit, [x], { axes, keepAxes }) =>
    emit.node("ReduceSum", [x, emit.ints(axes)], { keepdims: { int: keepAxes ? 1 : 0 } }),
  memory: "fresh",
};

/** Mean over the last axis, which stays as 1. */
export const meanLast: Op<Nothing> = {
  infer([x]) {
    expectType(x, "float32");
    if (typeof x.shape[x.shape.length - 1] !== "number") {
      throw new L3MaskingError("graph-invalid", "the mean needs a fixed last axis");
    }
    return [{ type: "float32", shape: [...x.shape.slice(0, -1), 1] }];
  },
  vjp: ({ build, inputs: [x], gradient }) => [
    () => {
      const width = Number(x.shape[x.shape.length - 1]);
      return dense(build.multiply(build.scale(gradient, 1 / width), build.fill(1, x.shape)));
    },
  ],
  evaluate([x]) {
    const means = mapRows(x, (row) => row.map(() => row.reduce((a, b) => a + b, 0) / row.length));
    const width = x.shape[x.shape.length - 1];
    return [
      ndArray(
        [...x.shape.slice(0, -1), 1],
        means.data.filter((_, i) => i % width === 0),
      ),
    ];
  },
  onnx: (emit, [x]) => emit.node("ReduceMean", [x, emit.ints([-1])], { keepdims: { int: 1 } }),
  memory: "fresh",
};

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
