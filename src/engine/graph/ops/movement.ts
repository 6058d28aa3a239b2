/** Operations that move elements without computing. */
import { L3MaskingError } from "../../../base/errors.js";
import type { Nothing, OnnxEmitter, Op } from "../op.js";
import { formatShape, type Shape, type Size, sizeOf } from "../shape.js";
import { ndArray, transposeAxes } from "./ndarray.js";
import { dense, expectEqual, expectRank, expectType } from "./rules.js";

export const reshape: Op<{ readonly shape: Shape }> = {
  infer([x], { shape }) {
    if (sizeOf(x.shape) !== sizeOf(shape)) {
      throw new L3MaskingError(
        "graph-invalid",
        `cannot reshape ${formatShape(x.shape)} to ${formatShape(shape)}`,
      );
    }
    return [{ type: x.type, shape }];
  },
  vjp: ({ build, inputs: [x], gradient }) => [() => dense(build.reshape(gradient, x.shape))],
  evaluate: ([x], { shape }, bind) => [ndArray(bind(shape), x.data)],
  onnx: (emit, [x], { shape }) => emit.node("Reshape", [x, emit.shape(shape)]),
  memory: ([x]) => ({ places: [x] }),
};

/** Output axis i is input axis order[i]. */
export const transpose: Op<{ readonly order: readonly number[] }> = {
  infer([x], { order }) {
    expectRank(x, order.length);
    if (order.some((_, axis) => !order.includes(axis))) {
      throw new L3MaskingError("graph-invalid", `[${order}] is not a permutation of the axes`);
    }
    return [{ type: x.type, shape: order.map((axis) => x.shape[axis]) }];
  },
  vjp: ({ build, gradient, attributes: { order } }) => [
    () =>
      dense(
        build.transpose(
          gradient,
          order.map((_, axis) => order.indexOf(axis)),
        ),
      ),
  ],
  evaluate: ([x], { order }) => [transposeAxes(x, order)],
  onnx: (emit, [x], { order }) => emit.node("Transpose", [x], { perm: { ints: order } }),
  memory: "fresh",
};

/** y[k] = table[indices[k]]; the gradient is rows, never a dense table. */
export const gatherRows: Op<Nothing> = {
  infer([table, indices]) {
    expectType(indices, "int32");
    expectRank(indices, 1);
    return [{ type: table.type, shape: [indices.shape[0], ...table.shape.slice(1)] }];
  },
  vjp: ({ inputs: [, indices], gradient }) => [
    () => ({ kind: "rows", indices, rows: gradient }),
    null,
  ],
  evaluate([table, indices]) {
    const width = table.shape.slice(1).reduce((product, extent) => product * extent, 1);
    const result = ndArray([indices.shape[0], ...table.shape.slice(1)]);
    indices.data.forEach((row, k) => {
      result.data.set(table.data.subarray(row * width, (row + 1) * width), k * width);
    });
    return [result];
  },
  onnx: (emit, inputs) => emit.node("Gather", inputs, { axis: { int: 0 } }),
  memory: "fresh",
};

/** table = 0; table[indices[k]] += values[k] */
export const scatterRows: Op<{ readonly rows: Size }> = {
  infer([indices, values], { rows }) {
    expectType(indices, "int32");
    expectEqual("scattered rows", indices.shape[0], values.shape[0]);
    return [{ type: "float32", shape: [rows, ...values.shape.slice(1)] }];
  },
  vjp: ({ build, inputs: [indices], gradient }) => [
    null,
    () => dense(build.gatherRows(gradient, indices)),
  ],
  evaluate([indices, values], { rows }, bind) {
    const width = values.shape.slice(1).reduce((product, extent) => product * extent, 1);
    const result = ndArray([...bind([rows]), ...values.shape.slice(1)]);
    indices.data.forEach((row, k) => {
      for (let i = 0; i < width; i++) result.data[row * width + i] += values.data[k * width + i];
    });
    return [result];
  },
  onnx(emit, [indices, values], { rows }, [output]) {
    const [zeros] = emit.node("Expand", [
      emit.scalar(0),
      emit.shape([rows, ...output.shape.slice(1)]),
    ]);
    return emit.node("ScatterND", [zeros, indexTuples(emit, indices), values], {
      reduction: { text: "add" },
    });
  },
  memory: "fresh",
};

/**
 * y = table; y[indices[k]] += values[k]. On devices that add in no fixed order the result is the same in every run only if
 * the indices are distinct.
 */
export const addRows: Op<Nothing> = {
  infer([table, indices, values]) {
    expectType(table, "float32");
    expectType(indices, "int32");
    expectRank(indices, 1);
    expectEqual("added rows", indices.shape[0], values.shape[0]);
    const [, ...row] = table.shape;
    expectEqual("width of added rows", formatShape(row), formatShape(values.shape.slice(1)));
    return [table];
  },
  vjp: ({ build, inputs: [, indices], gradient }) => [
    () => dense(gradient),
    null,
    () => dense(build.gatherRows(gradient, indices)),
  ],
  evaluate([table, indices, values]) {
    const width = table.shape.slice(1).reduce((product, extent) => product * extent, 1);
    const result = ndArray(table.shape, table.data);
    indices.data.forEach((row, k) => {
      for (let i = 0; i < width; i++) result.data[row * width + i] += values.data[k * width + i];
    });
    return [result];
  },
  onnx(emit, [table, indices, values]) {
    return emit.node("ScatterND", [table, indexTuples(emit, indices), values], {
      reduction: { text: "add" },
    });
  },
  memory: "in place",
};

/** As ScatterND takes them, int64: [N] -> [N, 1]. Not every device reshapes int64, so the cast comes last. */
function indexTuples(emit: OnnxEmitter, indices: string): string {
  const [column] = emit.node("Reshape", [indices, emit.ints([-1, 1])]);
  return emit.node("Cast", [column], { to: { int: 7 } })[0];
}

export const fill: Op<{ readonly value: number; readonly shape: Shape }> = {
  infer: (_, { shape }) => [{ type: "float32", shape }],
  vjp: () => [],
  evaluate(_, { value, shape }, bind) {
    const result = ndArray(bind(shape));
    result.data.fill(value);
    return [result];
  },
  onnx: (emit, _, { value, shape }) => emit.node("Expand", [emit.scalar(value), emit.shape(shape)]),
  memory: "fresh",
};

/** 0, 1, ... size-1, as float32. */
export const range: Op<{ readonly size: Size }> = {
  infer: (_, { size }) => [{ type: "float32", shape: [size] }],
  vjp: () => [],
  evaluate(_, { size }, bind) {
    const [count] = bind([size]);
    return [
      ndArray(
        [count],
        Array.from({ length: count }, (_, i) => i),
      ),
    ];
  },
  onnx(emit, _, { size }) {
    const [numbers] = emit.node("Range", [emit.integer(0), emit.count(size), emit.integer(1)]);
    return [emit.cast(numbers, "float32")];
  },
  memory: "fresh",
};
