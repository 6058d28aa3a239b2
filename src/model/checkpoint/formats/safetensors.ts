/**
 * The safetensors format: an unsigned 64-bit header length, a JSON header that gives type, shape and
 * byte range of each tensor, then the raw elements without gaps.
 *
 * Reference: https://github.com/huggingface/safetensors (section "Format").
 */
import * as z from "zod";
import { L3MaskingError } from "../../../base/errors.js";
import { float32ToFloat16 } from "../../../base/half.js";
import { isObject, parseJson } from "../../../base/strict-json.js";
import { elementCount } from "../../parameters.js";
import { type ByteSource, knownStranger, readBytes } from "./bytes.js";
import {
  elementBytes,
  isStoredType,
  readFloats,
  type StoredTensor,
  type StoredType,
} from "./stored-tensor.js";

/** The format's own limit on the header. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of the header length in front of the header. */
const LENGTH_BYTES = 8;

/** Dimensions of a tensor, as in PyTorch. */
const MAX_DIMENSIONS = 64;

function isShape(value: unknown): value is number[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_DIMENSIONS &&
    value.every((extent) => Number.isSafeInteger(extent) && extent >= 0)
  );
}

const size = z.int().nonnegative();
const entrySchema = z.object({
  dtype: z.string(),
  // Not a zod array: that would note the fault of every element, and a header can have millions.
  shape: z.custom<number[]>(
    isShape,
    `expected a list of at most ${MAX_DIMENSIONS} integers that are not negative`,
  ),
  data_offsets: z.tuple([size, size]),
});

/** A tensor as the header describes it; the range is in bytes after the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The tensors of a safetensors file, to be read one by one. Throws `checkpoint-format` if the file
 * is cut off, its header is damaged or larger than 100 MB, or the byte ranges of its tensors do not
 * fit their shapes, overlap, leave gaps or leave the file.
 */
export async function readSafetensors(source: ByteSource): Promise<StoredTensor[]> {
  const prefix = await readBytes(source, 0, LENGTH_BYTES, "the safetensors header length");
  const stranger = knownStranger(await readBytes(source, 0, Math.min(source.size, 64), "start"));
  if (stranger) {
    throw formatError(`expected a safetensors file, found ${stranger} at ${source.name}`);
  }
  const headerBytes = new DataView(prefix.buffer).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw formatError(
      `expected a safetensors header of at most ${MAX_HEADER_BYTES} bytes, got ${headerBytes} in ${source.name}`,
    );
  }
  const length = Number(headerBytes);
  const header = await readBytes(source, LENGTH_BYTES, length, "the safetensors header");
  const dataStart = LENGTH_BYTES + length;
  const entries = parseSafetensorsHeader(header, source.size - dataStart, source.name);
  return entries.map(({ name, dtype, shape, begin }) => ({
    name,
    where: source.name,
    dtype,
    shape,
    read: () =>
      readFloats(source, {
        tensor: name,
        dtype,
        offset: dataStart + begin,
        count: elementCount({ shape }),
      }),
  }));
}

/**
 * Reads a header and checks it against the `dataBytes` that follow it. Entries come in the order
 * of their bytes. `where` is the file's path, for messages.
 */
function parseSafetensorsHeader(
  header: Uint8Array,
  dataBytes: number,
  where: string,
): HeaderEntry[] {
  const entries = Object.entries(parseHeaderObject(header, where))
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(name, value, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let filled = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== filled) {
      const fault = begin < filled ? "overlaps the tensor before it" : "leaves a gap before it";
      throw formatError(
        `expected tensor ${name} to start at byte ${filled}, got ${begin}, which ${fault}, in ${where}`,
      );
    }
    filled = end;
  }
  if (filled !== dataBytes) {
    throw formatError(
      `expected ${filled} bytes of tensors after the header, got ${dataBytes} in ${where}`,
    );
  }
  return entries;
}

/** A tensor to be written. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Element types we write. */
export type WrittenType = "F32" | "F16";

/**
 * The bytes of a safetensors file, piece by piece: the header, then each tensor in the order given.
 * F32 pieces are views of the values, not copies. The header is padded to a multiple of 8 bytes and
 * carries `format: pt`, which Python's transformers asks for. Throws `checkpoint-tensor` if a finite
 * value does not fit in F16.
 */
export function* writeSafetensors(
  tensors: readonly NamedTensor[],
  options: { readonly dtype: WrittenType },
): Generator<Uint8Array> {
  const { dtype } = options;
  const entries = new Map<string, unknown>([["__metadata__", { format: "pt" }]]);
  let offset = 0;
  for (const { name, shape, values } of tensors) {
    requireDistinctAndFull(entries, name, shape, values);
    const end = offset + values.length * elementBytes[dtype];
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, LENGTH_BYTES);
  yield head;
  for (const { name, values } of tensors) {
    yield dtype === "F32" ? byteView(values) : byteView(narrow(name, values));
  }
}

/** The format wants it as the first byte of the header. */
const OPENING_BRACE = 0x7b;

function parseHeaderObject(header: Uint8Array, where: string): object {
  if (header[0] !== OPENING_BRACE) {
    throw formatError(`expected a JSON object as the header, got other bytes in ${where}`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(header);
  } catch (cause) {
    throw formatError(`expected a JSON header in UTF-8, got other bytes in ${where}`, cause);
  }
  const json = parseJson(text, `bad JSON in the header of ${where}`, 1, formatError);
  if (!isObject(json)) {
    throw formatError(`expected the header to be a JSON object, got another value in ${where}`);
  }
  return json;
}

function parseEntry(name: string, value: unknown, where: string): HeaderEntry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw formatError(
      `expected type, shape and byte range of tensor ${name}, got ${issue.path.join(".")}: ${issue.message} in ${where}`,
    );
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.data;
  if (!isStoredType(dtype)) {
    throw formatError(
      `expected a known element type of tensor ${name}, got ${JSON.stringify(dtype)} in ${where}`,
    );
  }
  const bytes = elementCount({ shape }) * elementBytes[dtype];
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes) {
    throw formatError(
      `expected ${bytes} bytes for tensor ${name}, ${dtype} [${shape.join(", ")}], got bytes ${begin} to ${end} in ${where}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

function requireDistinctAndFull(
  entries: ReadonlyMap<string, unknown>,
  name: string,
  shape: readonly number[],
  values: Float32Array,
): void {
  if (entries.has(name)) {
    throw new L3MaskingError("checkpoint-tensor", `expected tensor ${name} once, got it twice`, {
      hint: "Give each tensor its own name.",
    });
  }
  if (elementCount({ shape }) !== values.length) {
    throw new L3MaskingError(
      "checkpoint-shape",
      `expected ${elementCount({ shape })} values for tensor ${name} [${shape.join(", ")}], got ${values.length}`,
      { hint: "Pass as many values as the shape has elements." },
    );
  }
}

function narrow(name: string, values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  float32ToFloat16(values, bits);
  const overflow = values.findIndex((value, i) => {
    const infinite = (bits[i] & 0x7fff) === 0x7c00;
    return infinite && Number.isFinite(value);
  });
  if (overflow >= 0) {
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected values below 65520 for F16, got ${values[overflow]} at element ${overflow} of tensor ${name}`,
      { hint: "Save as F32." },
    );
  }
  return bits;
}

function byteView(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function formatError(message: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("checkpoint-format", message, {
    hint: "Download the file again; it is damaged or not a safetensors file.",
    cause,
  });
}
