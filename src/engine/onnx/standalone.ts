/**
 * A graph of a classifier as a file of its own, for other programs: weights inside, and the inputs that they feed, padded
 * texts instead of packed ones.
 *
 * Inputs, int64 [batch, sequence]: `input_ids`, `attention_mask` (1 for a token, 0 for padding) and, where there are token
 * types, `token_type_ids`. Output: `logits`, float32 [batch, labels].
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { L3MaskingError } from "../../base/errors.js";
import { float32ToFloat16 } from "../../base/half.js";
import type { OnnxModel } from "./export.js";
import { TensorProto_DataType as DataType, type GraphProto, ModelProtoSchema } from "./onnx_pb.js";
import { createPrologue, node, parameterTensors } from "./prologue.js";
import { valueInfo } from "./protos.js";

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
  graph.initializer.push(...parameterTensors(model, options.parameters));
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

/** The nodes that make the inputs of a packed classifier from padded texts, one text a row. */
function prologue(model: OnnxModel, options: StandaloneOptions) {
  const { nodes, constants, emit, into, ints, shapesOf } = createPrologue();
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
  shapesOf(model, (name) => sizes.get(axes.get(name) ?? -1));
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
