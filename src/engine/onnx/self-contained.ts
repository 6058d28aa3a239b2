/** A graph as a file of its own, for other programs: parameters inside, sizes read off what it is fed. */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { L3MaskingError } from "../../base/errors.js";
import { sizeNames } from "../graph/shape.js";
import { countInputName, type OnnxModel, shapeInputName } from "./export.js";
import { ModelProtoSchema } from "./onnx_pb.js";
import { createPrologue, parameterTensors } from "./prologue.js";

/**
 * The bytes of `model` (from `toOnnx`, best for the target "portable") with the values of its inputs that are parameters.
 * The other inputs remain, with their names, types and shapes. Throws `graph-invalid` for a parameter that the graph has
 * not or that does not fit, and for a named size that is no axis of an input that remains.
 */
export function selfContainedOnnx(
  model: OnnxModel,
  parameters: Readonly<Record<string, Float32Array | Int8Array>>,
): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model.bytes);
  const { graph } = proto;
  if (graph === undefined) throw new L3MaskingError("graph-invalid", "the model has no graph");
  const computed = new Set([
    ...model.shapeInputs.map(shapeInputName),
    ...model.countInputs.map(countInputName),
  ]);
  const remaining = [...model.inputs].filter(([name]) => !Object.hasOwn(parameters, name));
  const { nodes, constants, emit, ints, shapesOf } = createPrologue();
  const sizes = new Map<string, string>();
  shapesOf(model, (name) => {
    if (sizeNames(name).length === 0) return undefined;
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const [input, { shape }] =
      remaining.find(([, { shape }]) => shape.includes(name)) ?? unread(name);
    const value = emit("Gather", [emit("Shape", [input]), ints([shape.indexOf(name)])], {
      axis: 0,
    });
    sizes.set(name, value);
    return value;
  });
  graph.initializer.push(...parameterTensors(model, parameters), ...constants);
  graph.input = graph.input.filter(
    ({ name }) => !computed.has(name) && !Object.hasOwn(parameters, name),
  );
  graph.node.unshift(...nodes);
  return toBinary(ModelProtoSchema, proto);
}

function unread(size: string): never {
  throw new L3MaskingError(
    "graph-invalid",
    `no input of the exported graph has an axis of the size ${size}`,
    {
      hint: `Give it an input with ${size} alone as one of its sizes, or export a graph of fixed sizes.`,
    },
  );
}
