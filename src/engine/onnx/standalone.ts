/**
 * A graph of a classifier as a file of its own, for other programs: weights inside, and the inputs that they feed, padded
 * texts instead of packed ones.
 *
 * Inputs, int64 [batch, sequence]: `input_ids`, `attention_mask` (1 for a token, 0 for padding) and, where there are token
 * types, `token_type_ids`. Output: `logits`, float32 [batch, labels].
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { L3MaskingError } from "../../base/errors.js";
import { float32ToFloat16 } from "../../base/half.js";
import type { OnnxModel } from "./export.js";
import { shapeInputName } from "./export.js";
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type GraphProto,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
} from "./onnx_pb.js";
import { tensorProto, valueInfo } from "./protos.js";

export interface StandaloneOptions {
  /** Values of every input that is a parameter. */
  readonly parameters: Readonly<Record<string, Float32Array | Int8Array>>;
  /** Position ids: slots from 0, or tokens from the id after that of padding, which padding itself has. */
  readonly positions: { readonly afterPadId: number } | "slots";
  readonly tokenTypes: boolean;
  /** Weights and computation in float16; logits stay float32. */
  readonly half: boolean;
}

const OUTPUT = "logits";
const LARGEST_HALF = 65504;

/**
 * The bytes of the file. The graph has the inputs of a packed classifier: `ids`, `positions` and, where there are token
 * types, `tokenTypes` (int32 [R*S]), `segments` (int32 [R, S]), `firstSlots` (int32 [B]), and parameters.
 */
export function standaloneClassifier(model: OnnxModel, options: StandaloneOptions): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model.bytes);
  const { graph } = proto;
  if (graph === undefined) throw new L3MaskingError("graph-invalid", "the model has no graph");
  graph.initializer.push(...parameterTensors(model, options));
  graph.input = inputNames(options).map((name) =>
    valueInfo(name, DataType.INT64, ["batch_size", "sequence_length"]),
  );
  if (options.half) toHalf(graph, options.parameters);
  const { nodes, constants } = prologue(model, options);
  graph.initializer.push(...constants);
  graph.node.unshift(...nodes);
  const labels = model.outputs.get(OUTPUT)?.shape.at(-1) ?? "labels";
  graph.output = [valueInfo(OUTPUT, DataType.FLOAT, ["batch_size", labels])];
  return toBinary(ModelProtoSchema, proto);
}

function inputNames({ tokenTypes }: StandaloneOptions): string[] {
  return ["input_ids", "attention_mask", ...(tokenTypes ? ["token_type_ids"] : [])];
}

function parameterTensors(model: OnnxModel, { parameters }: StandaloneOptions): TensorProto[] {
  return Object.entries(parameters).map(([name, data]) => {
    const shape = model.inputs.get(name)?.shape ?? [];
    const type = data instanceof Int8Array ? DataType.INT8 : DataType.FLOAT;
    return tensorProto(name, type, shape.map(Number), data);
  });
}

/** The nodes that make the inputs of a packed classifier from padded texts, one text a row. */
function prologue({ shapeInputs }: OnnxModel, options: StandaloneOptions) {
  const nodes: ReturnType<typeof node>[] = [];
  const constants: TensorProto[] = [];
  const emit = (type: string, inputs: string[], attributes: Record<string, number> = {}) => {
    const output = `input.${nodes.length}`;
    nodes.push(node(type, inputs, output, attributes));
    return output;
  };
  const into = (name: string, type: string, inputs: string[], attributes = {}) => {
    nodes.push(node(type, inputs, name, attributes));
  };
  const ints = (values: readonly number[], isScalar = false) => {
    const name = `input.constant.${constants.length}`;
    const data = BigInt64Array.from(values, BigInt);
    constants.push(tensorProto(name, DataType.INT64, isScalar ? [] : [values.length], data));
    return name;
  };
  const toInt32 = { to: DataType.INT32 };
  const flat = ints([-1]);
  const zero = ints([0], true);
  const one = ints([1], true);

  const shape = emit("Shape", ["input_ids"]); // [2]
  const sizes = new Map(
    [0, 1].map((axis) => [axis, emit("Gather", [shape, ints([axis])], { axis: 0 })]),
  );
  const axes = new Map([
    ["R", 0],
    ["S", 1],
    ["B", 0],
  ]);
  /** int64 [1]: a number, a named size, or a product of them. */
  const size = (written: number | string): string =>
    String(written)
      .split("*")
      .map((factor) => sizes.get(axes.get(factor) ?? -1) ?? ints([Number(factor)]))
      .reduce((a, b) => emit("Mul", [a, b]));
  for (const needed of shapeInputs) {
    into(shapeInputName(needed), "Concat", needed.map(size), { axis: 0 });
  }
  const [rows, slots] = [0, 1].map((axis) => emit("Gather", [shape, ints([axis], true)]));
  into("ids", "Cast", [emit("Reshape", ["input_ids", flat])], toInt32);
  into("segments", "Cast", ["attention_mask"], toInt32);
  if (options.tokenTypes) {
    into("tokenTypes", "Cast", [emit("Reshape", ["token_type_ids", flat])], toInt32);
  }
  const firsts = emit("Mul", [emit("Range", [zero, rows, one]), slots]);
  into("firstSlots", "Cast", [firsts], toInt32);
  into("positions", "Cast", [emit("Reshape", [positions(), flat])], toInt32);
  return { nodes, constants };

  function positions(): string {
    if (options.positions === "slots") {
      return emit("Expand", [emit("Range", [zero, slots, one]), shape]);
    }
    const pad = ints([options.positions.afterPadId], true);
    const isPad = emit("Equal", ["input_ids", pad]);
    const tokens = emit("Cast", [emit("Not", [isPad])], { to: DataType.INT64 });
    const counted = emit("Mul", [emit("CumSum", [tokens, one]), tokens]);
    return emit("Add", [counted, pad]);
  }
}

/**
 * Makes float16 of all that is float32. The graph's own constants beyond its range become the largest it has (the score of
 * a masked slot is one). Throws `checkpoint-tensor` for a parameter beyond it.
 */
function toHalf(graph: GraphProto, parameters: StandaloneOptions["parameters"]): void {
  for (const value of graph.initializer) {
    if (value.dataType !== DataType.FLOAT) continue;
    const { buffer, byteOffset, byteLength } = value.rawData.slice();
    const numbers = new Float32Array(buffer, byteOffset, byteLength / 4).map((number) => {
      if (Math.abs(number) <= LARGEST_HALF) return number;
      if (value.name in parameters) throw tooLarge(value.name, number);
      return Math.sign(number) * LARGEST_HALF;
    });
    const half = new Uint16Array(numbers.length);
    float32ToFloat16(numbers, half);
    value.dataType = DataType.FLOAT16;
    value.rawData = new Uint8Array(half.buffer);
  }
  for (const each of graph.node) {
    if (each.opType !== "Cast") continue;
    for (const attribute of each.attribute) {
      if (attribute.i === BigInt(DataType.FLOAT)) attribute.i = BigInt(DataType.FLOAT16);
    }
  }
  const last = graph.node.find(({ output }) => output.includes(OUTPUT));
  if (last === undefined) throw new L3MaskingError("graph-invalid", `no node gives ${OUTPUT}`);
  last.output = [`${OUTPUT}.half`];
  graph.node.push(node("Cast", last.output, OUTPUT, { to: DataType.FLOAT }));
}

function tooLarge(name: string, value: number): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-tensor",
    `expected values up to ${LARGEST_HALF} in ${name}, which float16 can hold, got ${value}`,
    { hint: "Export float32 or int8." },
  );
}

function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number>>,
) {
  return create(NodeProtoSchema, {
    name: `${output}/${type}`,
    opType: type,
    input: [...inputs],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => ({
      name,
      type: AttributeType.INT,
      i: BigInt(value),
    })),
  });
}
