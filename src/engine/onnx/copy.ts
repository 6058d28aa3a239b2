/** The graph that copies: what one device holds goes in, what another holds comes out. */
import { create, toBinary } from "@bufbuild/protobuf";
import { TensorProto_DataType as DataType, ModelProtoSchema } from "./onnx_pb.js";
import { IR_VERSION, OPSET } from "./protos.js";

export const COPY_INPUT = "x";
export const COPY_OUTPUT = "y";

/** The bytes of y = x for arrays of any shape. */
export function copyModel(type: "float32" | "int32"): Uint8Array {
  const elemType = type === "float32" ? DataType.FLOAT : DataType.INT32;
  const value = (name: string) => ({
    name,
    type: { value: { case: "tensorType" as const, value: { elemType } } },
  });
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      producerName: "l3masking",
      opsetImport: [{ domain: "", version: OPSET }],
      graph: {
        name: `copy ${type}`,
        node: [{ opType: "Identity", input: [COPY_INPUT], output: [COPY_OUTPUT] }],
        input: [value(COPY_INPUT)],
        output: [value(COPY_OUTPUT)],
      },
    }),
  );
}
