/**
 * One check case or more for every operation: a small graph with named inputs. The cases serve two
 * tests: gradients against central differences, and the runtime against the reference interpreter.
 */
import { type Random, randomStream } from "../../base/random.js";
import { type Builder, createBuilder } from "./builder.js";
import type { Tensor } from "./graph.js";
import type { NdArray, OpName } from "./op.js";
import { bindSize, type SizeBindings } from "./shape.js";

export interface OpCase {
  readonly op: OpName;
  readonly title: string;
  readonly sizes?: SizeBindings;
  /** Builds the result; float inputs are differentiated. */
  result(build: Builder): Tensor;
  /** How many rows an int32 input may point at (labels, indices). */
  readonly range?: number;
}

const f = (build: Builder, name: string, ...shape: (number | string)[]) =>
  build.input(name, "float32", shape);
const i = (build: Builder, name: string, ...shape: (number | string)[]) =>
  build.input(name, "int32", shape);

const half = (build: Builder) => build.constant([0.5], []);

function quantizedCase(b: Builder, rows: number | string, inner: number, columns: number): Tensor {
  const weights = b.input("w", "int8", [inner, columns]);
  const operands = [f(b, "x", rows, inner), weights, f(b, "scale", columns), f(b, "bias", columns)];
  return b.apply("quantizedProduct", operands, {})[0];
}

export const opCases: readonly OpCase[] = [
  { op: "add", title: "same shape", result: (b) => b.add(f(b, "x", 2, 3), f(b, "y", 2, 3)) },
  { op: "add", title: "broadcast", result: (b) => b.add(f(b, "x", 4, 2, 3), f(b, "y", 2, 1)) },
  {
    op: "subtract",
    title: "broadcast row",
    sizes: { T: 4 },
    result: (b) => b.subtract(f(b, "x", "T", 3), f(b, "y", 3)),
  },
  { op: "multiply", title: "broadcast", result: (b) => b.multiply(f(b, "x", 3, 1), f(b, "y", 4)) },
  {
    op: "divide",
    title: "broadcast",
    result: (b) =>
      b.divide(f(b, "x", 3, 1), b.add(b.multiply(f(b, "y", 4), f(b, "y", 4)), half(b))),
  },
  { op: "scale", title: "by -2.5", result: (b) => b.scale(f(b, "x", 5), -2.5) },
  {
    op: "quantizedProduct",
    title: "rows of one product",
    sizes: { T: 5 },
    result: (b) => quantizedCase(b, "T", 6, 4),
  },
  {
    op: "quantizedProduct",
    title: "larger than the runtime's blocks",
    result: (b) => quantizedCase(b, 9, 70, 33),
  },
  {
    op: "squareRoot",
    title: "of 0.5 and more",
    result: (b) => b.squareRoot(b.add(b.multiply(f(b, "x", 3, 4), f(b, "x", 3, 4)), half(b))),
  },
  { op: "exp", title: "matrix", result: (b) => b.exp(f(b, "x", 3, 4)) },
  {
    op: "log",
    title: "of 0.5 and more",
    result: (b) => b.log(b.add(b.multiply(f(b, "x", 3, 4), f(b, "x", 3, 4)), half(b))),
  },
  { op: "relu", title: "matrix", result: (b) => b.relu(f(b, "x", 3, 4)) },
  {
    op: "isPositive",
    title: "as a mask",
    result: (b) => b.multiply(f(b, "x", 3, 4), b.isPositive(f(b, "x", 3, 4))),
  },
  { op: "sigmoid", title: "matrix", result: (b) => b.sigmoid(f(b, "x", 3, 4)) },
  { op: "tanh", title: "matrix", result: (b) => b.tanh(f(b, "x", 3, 4)) },
  { op: "gelu", title: "matrix", result: (b) => b.gelu(f(b, "x", 3, 4)) },
  {
    op: "geluBackward",
    title: "the gradient, forward only",
    result: (b) => b.apply("geluBackward", [f(b, "x", 3, 4), f(b, "g", 3, 4)], {})[0],
  },
  {
    op: "geluBackward",
    title: "gelu again, forward only",
    result: (b) => b.apply("geluBackward", [f(b, "x", 3, 4), f(b, "g", 3, 4)], {})[1],
  },
  {
    op: "geluProduct",
    title: "with a bias and a factor",
    sizes: { T: 3 },
    result: (b) =>
      b.apply("geluProduct", [f(b, "x", "T", 4), f(b, "w", 2, 4), f(b, "c", 2)], {
        alpha: 1.25,
      })[0],
  },
  {
    op: "dropout",
    title: "a mask over x",
    result: (b) => b.apply("dropout", [f(b, "x", 3, 4), b.input("keep", "bool", [3, 4])], {})[0],
  },
  {
    op: "dropoutMask",
    title: "a mask times x",
    sizes: { R: 2, S: 5 },
    range: 2 ** 31,
    result(b) {
      const mask = b.dropoutMask(i(b, "seed"), ["R", 3, "S", "S"], 2 ** 31);
      return b.multiply(f(b, "x", "R", 3, "S", "S"), b.toFloat(mask));
    },
  },
  {
    op: "toFloat",
    title: "a mask times x",
    result: (b) => b.multiply(f(b, "x", 6), b.toFloat(b.input("keep", "bool", [6]))),
  },
  {
    op: "equal",
    title: "as a mask",
    range: 2,
    result: (b) => b.multiply(f(b, "x", 3, 3), b.toFloat(b.equal(i(b, "a", 3, 1), i(b, "b", 3)))),
  },
  {
    op: "reshape",
    title: "with named sizes",
    sizes: { R: 2, S: 3 },
    result: (b) => b.reshape(f(b, "x", "R*S", 4), ["R", "S", 2, 2]),
  },
  {
    op: "transpose",
    title: "four axes",
    result: (b) => b.transpose(f(b, "x", 2, 3, 4, 2), [0, 2, 1, 3]),
  },
  {
    op: "gatherRows",
    title: "rows of a product, read twice",
    range: 3,
    result: (b) => b.gatherRows(b.scale(f(b, "x", 3, 2), 2), i(b, "rows", 5)),
  },
  {
    op: "scatterRows",
    title: "with repeats",
    sizes: { T: 4 },
    range: 4,
    result: (b) =>
      b.add(f(b, "x", "T", 2), b.scatterRows(i(b, "rows", 6), f(b, "values", 6, 2), "T")),
  },
  {
    op: "addRows",
    title: "to a table",
    sizes: { T: 4 },
    range: 4,
    result: (b) => b.addRows(f(b, "x", "T", 2), i(b, "rows", 6), f(b, "values", 6, 2)),
  },
  {
    op: "fill",
    title: "plus x",
    sizes: { T: 3 },
    result: (b) => b.add(b.fill(0.5, ["T", 2]), f(b, "x", "T", 2)),
  },
  { op: "sum", title: "one axis kept", result: (b) => b.sum(f(b, "x", 2, 3, 4), [1], true) },
  { op: "sum", title: "two axes dropped", result: (b) => b.sum(f(b, "x", 2, 3, 4), [0, 2]) },
  { op: "mean", title: "a number", result: (b) => b.mean(f(b, "x")) },
  { op: "mean", title: "rows", result: (b) => b.mean(f(b, "x", 3, 5), [1], true) },
  { op: "mean", title: "two axes dropped", result: (b) => b.mean(f(b, "x", 2, 3, 4), [0, 2]) },
  {
    op: "mean",
    title: "all of a named size",
    sizes: { T: 3 },
    result: (b) => b.mean(f(b, "x", "T", 2)),
  },
  { op: "sumOfSquares", title: "a matrix", result: (b) => b.sumOfSquares(f(b, "x", 40, 3)) },
  {
    op: "sumOfSquares",
    title: "a row of named size",
    sizes: { T: 5 },
    result: (b) => b.sumOfSquares(f(b, "x", "T")),
  },
  { op: "sumOfSquares", title: "a number", result: (b) => b.sumOfSquares(f(b, "x")) },
  ...[false, true].flatMap((transA) =>
    [false, true].map((transB): OpCase => {
      const shapes: [number[], number[]] = [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4]];
      return {
        op: "gemm",
        title: `transA ${transA}, transB ${transB}, with a row summand`,
        result: (b) =>
          b.gemm(f(b, "a", ...shapes[0]), f(b, "b", ...shapes[1]), f(b, "c", 4), {
            transA,
            transB,
            alpha: 0.7,
          }),
      };
    }),
  ),
  ...[false, true].flatMap((transA) =>
    [false, true].map((transB): OpCase => {
      const shapes: [number[], number[]] = [
        transA ? [2, 2, 3, 2] : [2, 2, 2, 3],
        transB ? [2, 2, 4, 3] : [2, 2, 3, 4],
      ];
      return {
        op: "matmul",
        title: `transA ${transA}, transB ${transB}`,
        result: (b) =>
          b.matmul(f(b, "a", ...shapes[0]), f(b, "b", ...shapes[1]), {
            transA,
            transB,
            alpha: 0.7,
          }),
      };
    }),
  ),
  { op: "softmax", title: "rows", result: (b) => b.softmax(f(b, "x", 3, 5)) },
  {
    op: "layerNorm",
    title: "named rows",
    sizes: { T: 3 },
    result: (b) =>
      b.apply("layerNorm", [f(b, "x", "T", 5), f(b, "weight", 5), f(b, "bias", 5)], {
        epsilon: 1e-5,
      })[0],
  },
  ...[false, true].map(
    (dropout): OpCase => ({
      op: "attention",
      title: dropout ? "with dropout" : "without dropout",
      sizes: { R: 2, S: 3 },
      result(b) {
        const heads = (name: string) => f(b, name, "R", 2, "S", 4);
        const operands = [
          heads("q"),
          heads("k"),
          heads("v"),
          b.scale(b.fill(1, ["R", 1, "S", "S"]), 0.3),
        ];
        if (dropout) operands.push(b.input("keep", "bool", ["R", 2, "S", "S"]));
        return b.apply("attention", operands, { scale: 0.5, dropoutScale: dropout ? 1.25 : 1 })[0];
      },
    }),
  ),
  {
    op: "attention",
    title: "a learned bias, the same in every row",
    sizes: { R: 2, S: 3 },
    result(b) {
      const heads = ["q", "k", "v"].map((name) => f(b, name, "R", 2, "S", 4));
      const operands = [...heads, f(b, "bias", 1, 2, "S", "S")];
      return b.apply("attention", operands, { scale: 0.5, dropoutScale: 1 })[0];
    },
  },
  {
    op: "range",
    title: "of a named size",
    sizes: { N: 4 },
    result: (b) => b.multiply(f(b, "x", "N"), b.apply("range", [], { size: "N" })[0]),
  },
  ...[false, true].map(
    (inverse): OpCase => ({
      op: "rotary",
      title: inverse ? "back" : "ahead",
      sizes: { R: 2, S: 70 },
      result: (b) => b.apply("rotary", [f(b, "x", "R", 2, "S", 6)], { base: 100, inverse })[0],
    }),
  ),
  {
    op: "relativeBias",
    title: "three buckets, the farthest two apart",
    sizes: { S: 5 },
    result: (b) => {
      const bucketOf = b.constant([2, 1, 0, 1, 2], [5], "int32");
      return b.apply("relativeBias", [f(b, "table", 3, 2), bucketOf], { slots: "S" })[0];
    },
  },
  {
    op: "crossEntropy",
    title: "four rows",
    sizes: { B: 4 },
    range: 3,
    result: (b) => b.apply("crossEntropy", [f(b, "logits", "B", 3), i(b, "labels", "B")], {})[0],
  },
  {
    op: "decoderCrossEntropy",
    title: "tied to a table that is also read",
    sizes: { K: 4 },
    range: 6,
    result(b) {
      const table = f(b, "table", 6, 3);
      const hidden = b.tanh(b.gatherRows(table, i(b, "ids", "K")));
      const operands = [hidden, table, f(b, "bias", 6), i(b, "labels", "K")];
      return b.apply("decoderCrossEntropy", operands, {})[0];
    },
  },
  ...[0.5, 40, 3e38].map(
    (maxNorm): OpCase => ({
      op: "clipFactor",
      title: `down to ${maxNorm}`,
      result(b) {
        const norm = b.squareRoot(b.sumOfSquares(f(b, "x", 9)));
        return b.apply("clipFactor", [norm, b.constant([maxNorm], [])], {})[0];
      },
    }),
  ),
  ...["weight", "first", "second"].map(
    (title, output): OpCase => ({
      op: "adamw",
      title,
      result(b) {
        const tensors = [f(b, "w", 3, 4), f(b, "g", 3, 4), f(b, "m", 3, 4)];
        const second = b.multiply(f(b, "v", 3, 4), f(b, "v", 3, 4));
        const scalars = [f(b, "clip"), f(b, "rate"), f(b, "decay"), b.constant([1e-3], [])];
        const settings = { beta1: 0.9, beta2: 0.98 };
        return b.apply("adamw", [...tensors, second, ...scalars], settings)[output];
      },
    }),
  ),
];

/** Builds a case and draws a value for each of its inputs. */
export function instantiate(opCase: OpCase, seed: number) {
  const build = createBuilder();
  const inputs: Tensor[] = [];
  const recording: Builder = {
    ...build,
    input(name, type, shape) {
      const tensor = build.input(name, type, shape);
      if (!inputs.includes(tensor)) inputs.push(tensor);
      return tensor;
    },
  };
  const result = opCase.result(recording);
  const random = randomStream(seed, opCase.op, opCase.title);
  const feeds: Record<string, NdArray> = {};
  for (const { source, type, shape } of inputs) {
    if (source.kind !== "input") continue;
    const extents = shape.map((size) => bindSize(size, opCase.sizes ?? {}));
    const count = extents.reduce((product, extent) => product * extent, 1);
    const data = Float64Array.from({ length: count }, () => draw(type, opCase.range ?? 1, random));
    feeds[source.name] = { shape: extents, data };
  }
  return { build: recording, inputs, result, feeds, sizes: opCase.sizes ?? {} };
}

function draw(type: Tensor["type"], range: number, random: Random): number {
  if (type === "float32") return Math.fround(random.normal());
  if (type === "int8") return random.integer(128) - 64;
  return type === "bool" ? random.integer(2) : random.integer(range);
}
