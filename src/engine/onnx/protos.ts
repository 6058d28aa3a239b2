/** Pieces of an ONNX file that the graph's writer and the standalone classifier share. */
import { create } from "@bufbuild/protobuf";
import {
  type TensorProto_DataType as DataType,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./onnx_pb.js";

export const OPSET = 20n;
export const IR_VERSION = 10n;

/** A tensor whose numbers lie in the file, without a copy of them. */
export function tensorProto(
  name: string,
  dataType: DataType,
  shape: readonly number[],
  data: ArrayBufferView,
): TensorProto {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });
}

/** Name and type of an input or output; text in the shape is a named size. */
export function valueInfo(
  name: string,
  elemType: DataType,
  shape: readonly (number | string)[],
): ValueInfoProto {
  const dim = shape.map((size) =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  const type = { value: { case: "tensorType" as const, value: { elemType, shape: { dim } } } };
  return create(ValueInfoProtoSchema, { name, type });
}
