/**
 * What an operation is: one record with its shape rule, its gradient, its float64 reference, its ONNX form and its
 * memory side by side, so that they cannot drift apart. `ops.ts` joins the records in one table.
 */
import type { Builder } from "./builder.js";
import type { ElementType, Tensor, TensorType } from "./graph.js";
import type { Shape, Size } from "./shape.js";

/** Attributes of every operation; an operation without any has `Record<never, never>`. */
export interface OpAttributes {
  add: Nothing;
  subtract: Nothing;
  multiply: Nothing;
  divide: Nothing;
  /** y = factor * x */
  scale: { readonly factor: number };
  squareRoot: Nothing;
  exp: Nothing;
  log: Nothing;
  relu: Nothing;
  isPositive: Nothing;
  sigmoid: Nothing;
  tanh: Nothing;
  gelu: Nothing;
  geluBackward: Nothing;
  geluProduct: { readonly alpha: number };
  /** float32 x and bool keep -> x where keep */
  dropout: Nothing;
  /** int32 seed -> bool keep */
  dropoutMask: { readonly shape: Shape; readonly threshold: number };
  /** bool or int32 to float32 */
  toFloat: Nothing;
  /** int32, int32 -> bool */
  equal: Nothing;
  reshape: { readonly shape: Shape };
  transpose: { readonly order: readonly number[] };
  gatherRows: Nothing;
  scatterRows: { readonly rows: Shape[number] };
  addRows: Nothing;
  fill: { readonly value: number; readonly shape: Shape };
  sum: { readonly axes: readonly number[]; readonly keepAxes: boolean };
  mean: { readonly axes: readonly number[]; readonly keepAxes: boolean };
  sumOfSquares: Nothing;
  gemm: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  matmul: { readonly transA: boolean; readonly transB: boolean; readonly alpha: number };
  quantizedProduct: Nothing;
  softmax: Nothing;
  layerNorm: { readonly epsilon: number };
  range: { readonly size: Size };
  rotary: { readonly base: number; readonly inverse: boolean };
  relativeBias: { readonly slots: Size };
  attention: { readonly scale: number; readonly dropoutScale: number };
  crossEntropy: Nothing;
  decoderCrossEntropy: Nothing;
  clipFactor: Nothing;
  adamw: { readonly beta1: number; readonly beta2: number };
}

/** No attributes. */
export type Nothing = Readonly<Record<never, never>>;
/** The name of an operation. */
export type OpName = keyof OpAttributes;

export interface Op<A> {
  /** Types and shapes of the outputs. Throws `graph-invalid` where the inputs do not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** The vector-Jacobian product, or the statement that there is none. */
  readonly vjp: VjpRule<A> | "not differentiable";
  /** The outputs in float64, the plain way. */
  evaluate(
    inputs: readonly NdArray[],
    attributes: A,
    bind: (shape: Shape) => number[],
  ): readonly NdArray[];
  /** Emits ONNX nodes and returns the names of the outputs. */
  onnx(
    emit: OnnxEmitter,
    inputs: readonly string[],
    attributes: A,
    outputTypes: readonly TensorType[],
    inputTypes: readonly TensorType[],
  ): readonly string[];
  /** Where the results lie while the graph runs. */
  readonly memory: MemoryRule;
}

/**
 * "fresh": every output has a place of its own. "in place": the output lies where an input of its size lay, if nobody
 * reads that any more. Else a function of inputs and outputs.
 */
export type MemoryRule =
  | "fresh"
  | "in place"
  | ((inputs: readonly Tensor[], outputs: readonly Tensor[]) => NodeMemory);

export interface NodeMemory {
  /** For each output the tensor where it lies: itself, or an input or output whose place it shares. */
  readonly places: readonly Tensor[];
  /** What takes as much as it needs beside its inputs and outputs while it runs, where that is much. */
  readonly scratch?: Tensor;
}

/**
 * Per input, a function that builds its gradient, or null for an input that has none (indices,
 * masks, labels). The walker calls only what is needed, and undoes broadcasting.
 */
export type VjpRule<A> = (context: VjpContext<A>) => readonly ((() => Gradient) | null)[];

export interface VjpContext<A> {
  readonly build: Builder;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradient of the loss with respect to the first output (the others are never differentiated). */
  readonly gradient: Tensor;
  readonly attributes: A;
}

/** A gradient of a table that is zero but for some rows: table[indices[k]] += rows[k]. */
export interface RowGradient {
  readonly kind: "rows";
  readonly indices: Tensor; // int32 [N]
  readonly rows: Tensor; // [N, ...row]
}

export type Gradient =
  | { readonly kind: "dense"; readonly tensor: Tensor }
  | RowGradient
  /** Both at once: a dense gradient and some rows to add to it. */
  | { readonly kind: "mixed"; readonly tensor: Tensor; readonly rows: RowGradient };

/** A float64 array of known shape, row-major; booleans are 0 and 1. */
export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export type OnnxAttributes = Readonly<
  Record<
    string,
    | number
    | { readonly int: number }
    | { readonly ints: readonly number[] }
    | { readonly text: string }
  >
>;

/** What a record's `onnx` writes to. */
export interface OnnxEmitter {
  /** "cpu" may use ONNX Runtime's CPU-only kernels; "portable" keeps to those every provider has. */
  readonly target: OnnxTarget;
  /** Adds a node; plain numbers in `attributes` are floats. */
  node(
    type: string,
    inputs: readonly string[],
    attributes?: OnnxAttributes,
    options?: { readonly domain?: string; readonly outputs?: number },
  ): string[];
  scalar(value: number): string;
  /** An int32 scalar. */
  integer(value: number): string;
  /** A float32 vector of fixed numbers. */
  floats(values: readonly number[]): string;
  /** An int64 vector of fixed numbers. */
  ints(values: readonly number[]): string;
  /** An int64 vector holding a shape; one with named sizes is an input of the run. */
  shape(shape: Shape): string;
  /** An int32 scalar holding a size. */
  count(size: Size): string;
  cast(input: string, type: ElementType): string;
}

/** "cpu": kernels that ONNX Runtime has for processors alone, too; "portable": those that every device and program has. */
export type OnnxTarget = "cpu" | "portable";
