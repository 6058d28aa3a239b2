/** Writes a verified graph as ONNX. */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type ElementType,
  type GraphOutputs,
  graphInputs,
  type Node,
  orderedNodes,
  type Tensor,
} from "../graph/graph.js";
import type { OnnxAttributes, OnnxEmitter, OnnxTarget, OpName } from "../graph/op.js";
import { ops } from "../graph/ops.js";
import type { Shape, Size } from "../graph/shape.js";
import { verifyGraph } from "../graph/verify.js";
import { executionOrder, nodesFor } from "./execution-order.js";
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProto,
} from "./onnx_pb.js";
import { IR_VERSION, OPSET, tensorProto, valueInfo } from "./protos.js";

/** A graph as an ONNX file, and what it is fed. */
export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: ReadonlyMap<string, { readonly type: ElementType; readonly shape: Shape }>;
  /** Shapes with named sizes that the graph reads; each is an extra int64 input, `shapeInputName`, of shape [rank]. */
  readonly shapeInputs: readonly Shape[];
  /** Sizes that the graph counts up to; each is an extra int32 input `count.SIZE` of shape []. */
  readonly countInputs: readonly Size[];
  readonly outputs: ReadonlyMap<string, { readonly type: ElementType; readonly shape: Shape }>;
}

/** Name of the input that carries a shape. Whole, because not every device computes with the sizes in it. */
export function shapeInputName(shape: Shape): string {
  return `shape.${shape}`;
}

/** Name of the input that carries a size as a number to count up to. */
export function countInputName(size: Size): string {
  return `count.${size}`;
}

/**
 * The ONNX model (opset 20, IR 10) of a graph. Weights are inputs, never part of the file, so the
 * bytes are a few hundred kB for any model size. Throws `graph-invalid` if the graph fails
 * verification.
 */
export function toOnnx(name: string, outputs: GraphOutputs, target: OnnxTarget): OnnxModel {
  verifyGraph(outputs);
  const tensors = Object.values(outputs);
  const inputs = graphInputs(tensors);
  const writer = createWriter(target);
  for (const input of inputs) writer.names.set(input, input.source.name);
  for (const node of orderedNodes(tensors)) writer.write(node);
  const shapeInputs = [...writer.shapes.values()];
  const countInputs = [...writer.counts];
  const written = writer.nodesWithOutputs(outputs);
  const nodes = executionOrder(nodesFor(written, Object.keys(outputs)));
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "l3masking",
    opsetImport: [
      { domain: "", version: OPSET },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: {
      name,
      node: nodes,
      initializer: writer.initializers,
      input: [
        ...inputs.map((input) => valueInfo(input.source.name, onnxType(input.type), input.shape)),
        ...shapeInputs.map((shape) =>
          valueInfo(shapeInputName(shape), DataType.INT64, [shape.length]),
        ),
        ...countInputs.map((size) => valueInfo(countInputName(size), DataType.INT32, [])),
      ],
      output: Object.entries(outputs).map(([key, { type, shape }]) =>
        valueInfo(key, onnxType(type), shape),
      ),
    },
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs: new Map(inputs.map(({ source, type, shape }) => [source.name, { type, shape }])),
    shapeInputs,
    countInputs,
    outputs: new Map(
      Object.entries(outputs).map(([key, { type, shape }]) => [key, { type, shape }]),
    ),
  };
}

type WrittenNode = MessageInitShape<typeof NodeProtoSchema> & {
  input: string[];
  output: string[];
};

function createWriter(target: OnnxTarget) {
  const nodes: WrittenNode[] = [];
  const initializers: TensorProto[] = [];
  const names = new Map<Tensor, string>();
  const shapes = new Map<string, Shape>();
  const counts = new Set<Size>();
  const shared = new Map<string, string>();
  let scope = "graph";
  let count = 0;

  /** Makes a value once, however often it is needed. */
  const once = (key: string, make: () => string) => {
    const known = shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    shared.set(key, made);
    return made;
  };
  const initializer = (type: DataType, dims: readonly number[], data: ArrayBufferView) => {
    const name = `constant.${initializers.length}`;
    initializers.push(tensorProto(name, type, dims, data));
    return name;
  };

  const emit: OnnxEmitter = {
    target,
    node(type, inputs, attributes = {}, options = {}) {
      const outputs = Array.from({ length: options.outputs ?? 1 }, () => `t${count++}`);
      nodes.push({
        name: `${scope}/${type}.${nodes.length}`,
        opType: type,
        domain: options.domain ?? "",
        input: [...inputs],
        output: outputs,
        attribute: attributeProtos(attributes),
      });
      return outputs;
    },
    scalar: (value) =>
      once(`scalar ${value}`, () => initializer(DataType.FLOAT, [], new Float32Array([value]))),
    integer: (value) =>
      once(`integer ${value}`, () => initializer(DataType.INT32, [], Int32Array.of(value))),
    floats: (values) =>
      once(`floats ${values}`, () =>
        initializer(DataType.FLOAT, [values.length], Float32Array.from(values)),
      ),
    ints: (values) =>
      once(`ints ${values}`, () =>
        initializer(DataType.INT64, [values.length], BigInt64Array.from(values, BigInt)),
      ),
    shape(shape) {
      if (shape.every((size) => typeof size === "number")) return emit.ints(shape);
      const name = shapeInputName(shape);
      shapes.set(name, shape);
      return name;
    },
    count(size) {
      if (typeof size === "number") return emit.integer(size);
      counts.add(size);
      return countInputName(size);
    },
    cast: (input, type) => emit.node("Cast", [input], { to: { int: onnxType(type) } })[0],
  };

  function nameOf(tensor: Tensor): string {
    const known = names.get(tensor);
    if (known !== undefined) return known;
    const { source } = tensor;
    if (source.kind !== "constant") return "";
    const dims = tensor.shape.map(Number);
    const data =
      tensor.type === "int32" ? Int32Array.from(source.values) : Float32Array.from(source.values);
    const name = initializer(onnxType(tensor.type), dims, data);
    names.set(tensor, name);
    return name;
  }

  function write<K extends OpName>(node: Node<K>): void {
    scope = node.scope === "" ? node.op : `${node.scope}/${node.op}`;
    const { op, inputs, attributes, outputs } = node;
    const results = ops[op].onnx(emit, inputs.map(nameOf), attributes, outputs, inputs);
    outputs.forEach((output, index) => {
      names.set(output, results[index]);
    });
  }

  /**
   * The nodes so far, with the results that leave the graph under the names of its outputs. What is fed or fixed, or
   * leaves under a second name, passes a node of its own.
   */
  function nodesWithOutputs(outputs: GraphOutputs): WrittenNode[] {
    const made = new Set(nodes.flatMap(({ output }) => output));
    const renamed = new Map<string, string>();
    const passed: WrittenNode[] = [];
    for (const [outputName, tensor] of Object.entries(outputs)) {
      const name = nameOf(tensor);
      if (made.has(name) && !renamed.has(name)) renamed.set(name, outputName);
      else passed.push({ opType: "Identity", input: [name], output: [outputName] });
    }
    const current = (name: string) => renamed.get(name) ?? name;
    return [...nodes, ...passed].map((node) => ({
      ...node,
      input: node.input.map(current),
      output: node.output.map(current),
    }));
  }

  return { initializers, names, shapes, counts, write, nodesWithOutputs };
}

function attributeProtos(
  attributes: OnnxAttributes,
): MessageInitShape<typeof AttributeProtoSchema>[] {
  return Object.entries(attributes).map(([name, value]) => {
    if (typeof value === "number") return { name, type: AttributeType.FLOAT, f: value };
    if ("int" in value) return { name, type: AttributeType.INT, i: BigInt(value.int) };
    if ("ints" in value) return { name, type: AttributeType.INTS, ints: value.ints.map(BigInt) };
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value.text) };
  });
}

function onnxType(type: ElementType): DataType {
  return {
    float32: DataType.FLOAT,
    int32: DataType.INT32,
    int8: DataType.INT8,
    bool: DataType.BOOL,
  }[type];
}
