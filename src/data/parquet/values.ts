/**
 * What stands in an unpacked page of a Parquet file, checked so that a reader that believes it neither runs on nor
 * asks for more memory than its values take.
 *
 * Reference: https://github.com/apache/parquet-format (Encodings.md).
 */
import { L3MaskingError } from "../../base/errors.js";
import type { LeafColumn } from "./footer.js";
import { readUint32, type ThriftReader } from "./thrift.js";

/** Why a page cannot be read: what was expected and what came. Who knows the file and the page adds them. */
export function pageFault(message: string): L3MaskingError {
  return new L3MaskingError("data-format", message);
}

/**
 * `count` values of a run-length and bit-packing hybrid of `width` bits each, which must end within `bytes`. Only the
 * padding of the last bit-packed run may go beyond `count`.
 */
export function readHybrid(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width > 32) throw pageFault(`expected values of at most 32 bits, got ${width}`);
  const values = new Uint32Array(count);
  const reader: ThriftReader = { bytes, position: 0, where: "page" };
  const take = (length: number): number => {
    const start = reader.position;
    if (length > bytes.length - start)
      throw pageFault("expected a whole run, found only its start");
    reader.position += length;
    return start;
  };
  for (let at = 0; at < count; ) {
    const head = readUint32(reader);
    const length = head >>> 1;
    if ((head & 1) === 0) {
      if (length > count - at) {
        throw pageFault(`expected a run of at most ${count - at} values, got ${length}`);
      }
      const width8 = (width + 7) >> 3;
      const start = take(width8);
      let value = 0;
      for (let i = 0; i < width8; i++) value += bytes[start + i] * 2 ** (8 * i);
      values.fill(value, at, at + length);
      at += length;
    } else {
      if ((length - 1) * 8 >= count - at) {
        throw pageFault(`expected bit-packed values for ${count - at}, got ${length * 8}`);
      }
      // Writers may leave out the bytes of the padding.
      const used = Math.min(length * 8, count - at);
      const start = take(Math.min(length * width, bytes.length - reader.position));
      if (Math.ceil((used * width) / 8) > reader.position - start) {
        throw pageFault("expected a whole run, found only its start");
      }
      unpackBits(bytes, start, width, values.subarray(at, at + used));
      at += used;
    }
  }
  return values;
}

function unpackBits(bytes: Uint8Array, start: number, width: number, target: Uint32Array): void {
  for (let i = 0; i < target.length; i++) {
    let value = 0;
    for (let bit = 0; bit < width; bit++) {
      const place = i * width + bit;
      if ((bytes[start + (place >> 3)] >> (place & 7)) & 1) value += 2 ** bit;
    }
    target[i] = value;
  }
}

/** A run-length hybrid with its length in four bytes before it. */
export function prefixedHybrid(
  bytes: Uint8Array,
  width: number,
  count: number,
): { readonly values: Uint32Array; readonly end: number } {
  const length = uint32At(bytes, 0);
  const end = 4 + length;
  if (end > bytes.length) throw pageFault(`expected ${length} bytes of levels, found fewer`);
  return { values: readHybrid(bytes.subarray(4, end), width, count), end };
}

const fixedWidths = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 } as const;

/** Throws a `pageFault` unless `bytes` hold `count` values of the column, encoded as `encoding` says. */
export function checkValues(
  bytes: Uint8Array,
  count: number,
  encoding: string,
  column: LeafColumn,
  dictionarySize: number | undefined,
): void {
  const { type, type_length: typeLength = 0 } = column.element;
  switch (encoding) {
    case "PLAIN":
      checkPlain(bytes, count, column);
      return;
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      if (dictionarySize === undefined) throw pageFault("expected a dictionary, found none");
      if (count === 0) return;
      if (bytes.length === 0) throw pageFault("expected indices into a dictionary, found none");
      const indices = bytes[0] === 0 ? [0] : readHybrid(bytes.subarray(1), bytes[0], count);
      if (indices.some((index) => index >= dictionarySize)) {
        throw pageFault(`expected indices below ${dictionarySize}, got larger ones`);
      }
      return;
    }
    case "RLE":
      if (type !== "BOOLEAN") throw pageFault(`expected truth values in RLE, got ${type}`);
      prefixedHybrid(bytes, 1, count);
      return;
    case "DELTA_BINARY_PACKED":
      if (type !== "INT32" && type !== "INT64") {
        throw pageFault(`expected integers in ${encoding}, got ${type}`);
      }
      checkDeltaHead(bytes, count);
      return;
    case "DELTA_LENGTH_BYTE_ARRAY":
      if (type !== "BYTE_ARRAY") throw pageFault(`expected texts in ${encoding}, got ${type}`);
      checkDeltaHead(bytes, count);
      return;
    case "BYTE_STREAM_SPLIT": {
      const width = type === "FIXED_LEN_BYTE_ARRAY" ? typeLength : widthOf(type);
      if (count * width > bytes.length) throw tooFew(count, bytes);
      return;
    }
    default:
      // DELTA_BYTE_ARRAY could repeat one long text in every value; its writers are asked for it by name.
      throw pageFault(`expected a usual encoding, got ${encoding}`);
  }
}

/** The values of a dictionary, or of a page without one. */
export function checkPlain(bytes: Uint8Array, count: number, column: LeafColumn): void {
  const { type, type_length: typeLength = 0 } = column.element;
  if (type === "BYTE_ARRAY") {
    let at = 0;
    for (let i = 0; i < count; i++) {
      const length = uint32At(bytes, at);
      at += 4 + length;
      if (at > bytes.length) throw tooFew(count, bytes);
    }
    return;
  }
  if (type === "FIXED_LEN_BYTE_ARRAY" && typeLength <= 0) {
    throw pageFault(`expected a length of the values, got ${typeLength}`);
  }
  const width =
    type === "BOOLEAN" ? 1 / 8 : type === "FIXED_LEN_BYTE_ARRAY" ? typeLength : widthOf(type);
  if (Math.ceil(count * width) > bytes.length) throw tooFew(count, bytes);
}

/** Block size, miniblocks per block and number of values. */
function checkDeltaHead(bytes: Uint8Array, count: number): void {
  if (count === 0 && bytes.length === 0) return;
  const reader: ThriftReader = { bytes, position: 0, where: "page" };
  const block = readUint32(reader);
  const miniblocks = readUint32(reader);
  const total = readUint32(reader);
  const fits =
    block > 0 &&
    block <= 2 ** 16 &&
    block % 128 === 0 &&
    miniblocks > 0 &&
    (block / miniblocks) % 32 === 0;
  if (!fits || total !== count) {
    throw pageFault(
      `expected ${count} differences in blocks of 128, got ${total} in blocks of ${block} by ${miniblocks}`,
    );
  }
}

function widthOf(type: string): number {
  const width = Object.entries(fixedWidths).find(([name]) => name === type)?.[1];
  if (width === undefined) throw pageFault(`expected values of fixed size, got ${type}`);
  return width;
}

function uint32At(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) throw pageFault("expected a length, got the end of the page");
  return new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);
}

function tooFew(count: number, bytes: Uint8Array): L3MaskingError {
  return pageFault(`expected ${count} values, got ${bytes.length} bytes`);
}
