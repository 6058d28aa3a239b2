/** Builds graphs: one method per operation, and names for what is fed. */
import { L3MaskingError } from "../../base/errors.js";
import { type ElementType, elementBytes, type Node, type Tensor } from "./graph.js";
import type { OpAttributes, OpName } from "./op.js";
import { inferOp } from "./ops.js";
import { formatShape, isSize, type Shape, type Size, sameShape } from "./shape.js";

/** A graph under construction; what each operation computes is in docs/engine.md. All throw `graph-invalid` for what does not fit. */
export interface Builder {
  /**
   * A value fed by name in every run; the same name gives the same tensor. Throws `graph-invalid` if it
   * is requested again with another type or shape.
   */
  input(name: string, type: ElementType, shape: Shape): Tensor;
  /** Was an input of this name requested? Its value may be fed, though no output may depend on it. */
  hasInput(name: string): boolean;
  constant(values: readonly number[], shape: readonly number[], type?: ElementType): Tensor;
  /** Runs `build` with `name` appended to the scope that new nodes carry. */
  scope<T>(name: string, build: () => T): T;
  /** Any operation by name; the methods below are its readable form. */
  apply<K extends OpName>(
    op: K,
    inputs: readonly Tensor[],
    attributes: OpAttributes[K],
  ): readonly Tensor[];

  add(a: Tensor, b: Tensor): Tensor;
  subtract(a: Tensor, b: Tensor): Tensor;
  multiply(a: Tensor, b: Tensor): Tensor;
  divide(a: Tensor, b: Tensor): Tensor;
  scale(x: Tensor, factor: number): Tensor;
  squareRoot(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  /** 1 where x > 0 and 0 elsewhere. */
  isPositive(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  gelu(x: Tensor): Tensor;
  /** A keep mask, bool; `seed` is an int32 scalar. */
  dropoutMask(seed: Tensor, shape: Shape, threshold: number): Tensor;
  toFloat(x: Tensor): Tensor;
  equal(a: Tensor, b: Tensor): Tensor;
  reshape(x: Tensor, shape: Shape): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  /** table [V, ...row], indices int32 [N] -> [N, ...row] */
  gatherRows(table: Tensor, indices: Tensor): Tensor;
  /** A zero table [rows, ...row] with values[k] added at indices[k]. */
  scatterRows(indices: Tensor, values: Tensor, rows: Size): Tensor;
  /** The table with values[k] added at indices[k]. */
  addRows(table: Tensor, indices: Tensor, values: Tensor): Tensor;
  fill(value: number, shape: Shape): Tensor;
  /** Sum over the axes, all where absent; they stay as 1 with `keepAxes`. */
  sum(x: Tensor, axes?: readonly number[], keepAxes?: boolean): Tensor;
  /** Mean over the axes, all where absent; they stay as 1 with `keepAxes`. */
  mean(x: Tensor, axes?: readonly number[], keepAxes?: boolean): Tensor;
  /** The sum of x^2 over all elements, shape []. */
  sumOfSquares(x: Tensor): Tensor;
  /** alpha * op(a) op(b) + c for matrices; c broadcasts. */
  gemm(a: Tensor, b: Tensor, c?: Tensor, options?: Partial<OpAttributes["gemm"]>): Tensor;
  /** alpha * op(a) op(b) over the last two axes; leading axes are equal. */
  matmul(a: Tensor, b: Tensor, options?: Partial<OpAttributes["matmul"]>): Tensor;
  softmax(x: Tensor): Tensor;
  /** (x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis; weight and bias [H]. */
  layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon?: number): Tensor;
  /** Where `keep` (bool) is false, 0. */
  dropout(x: Tensor, keep: Tensor): Tensor;
  /** Of logits [K, C] and labels int32 [K]. */
  crossEntropy(logits: Tensor, labels: Tensor): CrossEntropy;
  /** The mean over all elements of (a - b)^2, shape []. */
  meanSquaredError(a: Tensor, b: Tensor): Tensor;
}

/** What `crossEntropy` gives; only `nll` is differentiated. */
export interface CrossEntropy {
  /** [K]: -log p of the label, in nats. */
  readonly nll: Tensor;
  /** [K, C]: softmax of the logits. */
  readonly probabilities: Tensor;
  /** [K]: 1 where the label has the greatest logit, else 0. */
  readonly correct: Tensor;
}

/** An empty graph under construction. */
export function createBuilder(): Builder {
  let nextId = 0;
  let scopePath = "";
  const inputs = new Map<string, Tensor>();

  function apply<K extends OpName>(
    op: K,
    operands: readonly Tensor[],
    attributes: OpAttributes[K],
  ): readonly Tensor[] {
    const types = inferOp(op, operands, attributes, scopePath);
    const outputs: Tensor[] = [];
    const node: Node<K> = {
      kind: "node",
      op,
      inputs: operands,
      attributes,
      outputs,
      scope: scopePath,
    };
    for (const type of types) outputs.push({ ...type, id: nextId++, source: node });
    return outputs;
  }
  const one = <K extends OpName>(op: K, operands: readonly Tensor[], attributes: OpAttributes[K]) =>
    apply(op, operands, attributes)[0];

  return {
    apply,
    input(name, type, shape) {
      const known = inputs.get(name);
      if (known !== undefined) {
        if (known.type === type && sameShape(known.shape, shape)) return known;
        throw new L3MaskingError(
          "graph-invalid",
          `input ${name} is ${known.type} ${formatShape(known.shape)}, but was requested as ${type} ${formatShape(shape)}`,
        );
      }
      checkInput(name, type, shape);
      const tensor: Tensor = { id: nextId++, type, shape, source: { kind: "input", name } };
      inputs.set(name, tensor);
      return tensor;
    },
    hasInput: (name) => inputs.has(name),
    constant(values, shape, type = "float32") {
      return { id: nextId++, type, shape, source: { kind: "constant", values } };
    },
    scope(name, build) {
      const outer = scopePath;
      scopePath = outer === "" ? name : `${outer}/${name}`;
      try {
        return build();
      } finally {
        scopePath = outer;
      }
    },
    add: (a, b) => one("add", [a, b], {}),
    subtract: (a, b) => one("subtract", [a, b], {}),
    multiply: (a, b) => one("multiply", [a, b], {}),
    divide: (a, b) => one("divide", [a, b], {}),
    scale: (x, factor) => one("scale", [x], { factor }),
    squareRoot: (x) => one("squareRoot", [x], {}),
    exp: (x) => one("exp", [x], {}),
    log: (x) => one("log", [x], {}),
    relu: (x) => one("relu", [x], {}),
    isPositive: (x) => one("isPositive", [x], {}),
    sigmoid: (x) => one("sigmoid", [x], {}),
    tanh: (x) => one("tanh", [x], {}),
    gelu: (x) => one("gelu", [x], {}),
    dropoutMask: (seed, shape, threshold) => one("dropoutMask", [seed], { shape, threshold }),
    toFloat: (x) => one("toFloat", [x], {}),
    equal: (a, b) => one("equal", [a, b], {}),
    reshape: (x, shape) => one("reshape", [x], { shape }),
    transpose: (x, order) => one("transpose", [x], { order }),
    gatherRows: (table, indices) => one("gatherRows", [table, indices], {}),
    scatterRows: (indices, values, rows) => one("scatterRows", [indices, values], { rows }),
    addRows: (table, indices, values) => one("addRows", [table, indices, values], {}),
    fill: (value, shape) => one("fill", [], { value, shape }),
    sum: (x, axes = allAxes(x), keepAxes = false) => one("sum", [x], { axes, keepAxes }),
    mean: (x, axes = allAxes(x), keepAxes = false) => one("mean", [x], { axes, keepAxes }),
    sumOfSquares: (x) => one("sumOfSquares", [x], {}),
    gemm: (a, b, c, options = {}) =>
      one("gemm", c === undefined ? [a, b] : [a, b, c], {
        transA: options.transA ?? false,
        transB: options.transB ?? false,
        alpha: options.alpha ?? 1,
      }),
    matmul: (a, b, options = {}) =>
      one("matmul", [a, b], {
        transA: options.transA ?? false,
        transB: options.transB ?? false,
        alpha: options.alpha ?? 1,
      }),
    softmax: (x) => one("softmax", [x], {}),
    layerNorm: (x, weight, bias, epsilon = 1e-5) =>
      one("layerNorm", [x, weight, bias], { epsilon }),
    dropout: (x, keep) => one("dropout", [x, keep], {}),
    crossEntropy(logits, labels) {
      const [nll, probabilities, correct] = apply("crossEntropy", [logits, labels], {});
      return { nll, probabilities, correct };
    },
    meanSquaredError(a, b) {
      const difference = one("subtract", [a, b], {});
      const squared = one("multiply", [difference, difference], {});
      return one("mean", [squared], { axes: allAxes(squared), keepAxes: false });
    },
  };
}

function checkInput(name: string, type: ElementType, shape: Shape): void {
  if (Object.hasOwn(elementBytes, type) && shape.every(isSize)) return;
  throw new L3MaskingError(
    "graph-invalid",
    `input ${name} has the type ${type} and the shape ${formatShape(shape)}`,
    {
      hint: `Types are ${Object.keys(elementBytes).join(", ")}. Sizes are whole numbers, names, and products of them such as 2*N*T, in this order.`,
    },
  );
}

const allAxes = ({ shape }: Tensor) => shape.map((_, axis) => axis);

/** The sum over the rows of a matrix [T, N] -> [N], as a product with a row of ones. */
export function columnSum(build: Builder, x: Tensor): Tensor {
  // A product, because the runtime's ReduceSum over axis 0 uses one thread.
  const [rows, columns] = x.shape;
  const ones = build.fill(1, [1, rows]);
  return build.reshape(build.gemm(ones, x), [columns]);
}
