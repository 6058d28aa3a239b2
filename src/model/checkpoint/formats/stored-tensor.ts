/** Tensors as they lie in weight files: element types, and reading a run of them as float32. */
import { L3MaskingError } from "../../../base/errors.js";
import { bfloat16ToFloat32, float16ToFloat32 } from "../../../base/half.js";
import { type ByteSource, requireRange } from "./bytes.js";

/** Bytes of an element, by the type names of the safetensors format. */
export const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type StoredType = keyof typeof elementBytes;

export function isStoredType(name: string): name is StoredType {
  return Object.hasOwn(elementBytes, name);
}

/** A tensor in a weight file, not read yet. */
export interface StoredTensor {
  readonly name: string;
  /** Path of the file. */
  readonly where: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  /** The elements as float32, row-major. Throws `checkpoint-format` for types that are no floats. */
  read(): Promise<Float32Array>;
}

/** A run of elements in a file. */
export interface ElementRun {
  readonly tensor: string;
  readonly dtype: StoredType;
  /** Of the first element, in bytes. */
  readonly offset: number;
  /** In elements. */
  readonly count: number;
}

/** Elements widened at a time: keeps the copy of narrow types to a few MiB. */
const CHUNK = 1 << 20;

/**
 * Reads a run as float32: F32 straight into place, F16 and BF16 widened exactly, F64 rounded.
 * Bytes are little-endian in the file and taken to be so in memory (every platform with an ONNX
 * Runtime binary is).
 */
export async function readFloats(source: ByteSource, run: ElementRun): Promise<Float32Array> {
  requireRange(source, run.offset, run.count * elementBytes[run.dtype], `tensor ${run.tensor}`);
  switch (run.dtype) {
    case "F32": {
      const values = new Float32Array(run.count);
      await source.read(run.offset, new Uint8Array(values.buffer));
      return values;
    }
    case "F16":
      return readChunks(source, run, (bytes, target) =>
        float16ToFloat32(new Uint16Array(bytes, 0, target.length), target),
      );
    case "BF16":
      return readChunks(source, run, (bytes, target) =>
        bfloat16ToFloat32(new Uint16Array(bytes, 0, target.length), target),
      );
    case "F64":
      return readChunks(source, run, (bytes, target) =>
        target.set(new Float64Array(bytes, 0, target.length)),
      );
    default:
      throw new L3MaskingError(
        "checkpoint-format",
        `expected tensor ${run.tensor} as F32, F16, BF16 or F64, got ${run.dtype} in ${source.name}`,
        { hint: "Use the float checkpoint; quantised and integer weights cannot be trained." },
      );
  }
}

async function readChunks(
  source: ByteSource,
  run: ElementRun,
  convert: (bytes: ArrayBuffer, target: Float32Array) => void,
): Promise<Float32Array> {
  const width = elementBytes[run.dtype];
  const values = new Float32Array(run.count);
  const bytes = new ArrayBuffer(Math.min(run.count, CHUNK) * width);
  for (let start = 0; start < run.count; start += CHUNK) {
    const target = values.subarray(start, start + CHUNK);
    await source.read(run.offset + start * width, new Uint8Array(bytes, 0, target.length * width));
    convert(bytes, target);
  }
  return values;
}
