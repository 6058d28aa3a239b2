/** Nodes in front of a graph that make what it is fed from what a file of its own is fed, and the weights inside that file. */
import { create } from "@bufbuild/protobuf";
import { L3MaskingError } from "../../base/errors.js";
import type { Size } from "../graph/shape.js";
import { countInputName, type OnnxModel, shapeInputName } from "./export.js";
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "./onnx_pb.js";
import { tensorProto } from "./protos.js";

export function createPrologue() {
  const nodes: NodeProto[] = [];
  const constants: TensorProto[] = [];
  const emit = (type: string, inputs: readonly string[], attributes: Attributes = {}) => {
    const output = `input.${nodes.length}`;
    nodes.push(node(type, inputs, output, attributes));
    return output;
  };
  const into = (
    name: string,
    type: string,
    inputs: readonly string[],
    attributes: Attributes = {},
  ) => {
    nodes.push(node(type, inputs, name, attributes));
  };
  const ints = (values: readonly number[], isScalar = false) => {
    const name = `input.constant.${constants.length}`;
    const data = BigInt64Array.from(values, BigInt);
    constants.push(tensorProto(name, DataType.INT64, isScalar ? [] : [values.length], data));
    return name;
  };

  /** Makes the inputs that carry shapes and sizes, where `sizeOf` names an int64 [1] that holds a named size. */
  function shapesOf(
    { shapeInputs, countInputs }: OnnxModel,
    sizeOf: (name: string) => string | undefined,
  ) {
    /** int64 [1]: a number, a named size, or a product of them. */
    const vectorOf = (size: Size): string =>
      String(size)
        .split("*")
        .map((factor) => sizeOf(factor) ?? ints([Number(factor)]))
        .reduce((a, b) => emit("Mul", [a, b]));
    for (const shape of shapeInputs) {
      into(shapeInputName(shape), "Concat", shape.map(vectorOf), { axis: 0 });
    }
    for (const size of countInputs) {
      into(countInputName(size), "Cast", [emit("Squeeze", [vectorOf(size)])], {
        to: DataType.INT32,
      });
    }
  }
  return { nodes, constants, emit, into, ints, shapesOf };
}

type Attributes = Readonly<Record<string, number>>;

export function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Attributes,
): NodeProto {
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

/** Values of inputs that are parameters, as initializers. Throws `graph-invalid` for one that the graph has not or that does not fit. */
export function parameterTensors(
  model: OnnxModel,
  parameters: Readonly<Record<string, Float32Array | Int8Array>>,
): TensorProto[] {
  return Object.entries(parameters).map(([name, data]) => {
    const input = model.inputs.get(name);
    const count = input?.shape.reduce<number>((product, size) => product * Number(size), 1);
    if (input === undefined || count !== data.length) {
      const expected = input === undefined ? "no such input" : `${count} elements`;
      throw new L3MaskingError(
        "graph-invalid",
        `parameter ${name}: the graph has ${expected}, got ${data.length} elements`,
        { hint: `Its inputs are ${[...model.inputs.keys()].join(", ")}.` },
      );
    }
    const type = data instanceof Int8Array ? DataType.INT8 : DataType.FLOAT;
    return tensorProto(name, type, input.shape.map(Number), data);
  });
}
