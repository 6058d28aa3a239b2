/**
 * The compact protocol of Thrift, in which Parquet writes its footer and page headers: as far as Parquet uses it, and
 * strictly.
 *
 * Reference: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
import { L3MaskingError } from "../../base/errors.js";

export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftValue[] | ThriftStruct;

/** Values by field id. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** A place in bytes; reading moves it on. */
export interface ThriftReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Describes the file in messages. */
  readonly where: string;
}

/** Structs and lists within each other; Parquet has seven. */
const MAX_DEPTH = 16;

const type = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

/**
 * The struct at the reader's position. Fields must come by rising id, each once, as every writer writes them; so two
 * readers cannot take different values. Throws `data-format` for anything else, with the byte.
 */
export function readThriftStruct(reader: ThriftReader, depth = 0): ThriftStruct {
  if (depth > MAX_DEPTH) throw thriftError(reader, "values nested too deeply");
  const fields = new Map<number, ThriftValue>();
  let id = 0;
  for (;;) {
    const head = uint8(reader);
    if (head === 0) return fields;
    const step = head >> 4;
    const next = step === 0 ? readInt(reader) : id + step;
    if (next <= id) throw thriftError(reader, "fields out of order");
    id = next;
    fields.set(id, readValue(reader, head & 0x0f, depth));
  }
}

function readValue(reader: ThriftReader, kind: number, depth: number): ThriftValue {
  switch (kind) {
    case type.true:
      return true;
    case type.false:
      return false;
    case type.byte:
      return (uint8(reader) << 24) >> 24;
    case type.i16:
    case type.i32:
      return readInt(reader);
    case type.i64:
      return zigzag(readVarint(reader, 10));
    case type.double: {
      const start = advance(reader, 8);
      return new DataView(reader.bytes.buffer, reader.bytes.byteOffset + start).getFloat64(0, true);
    }
    case type.binary: {
      const length = readUint32(reader);
      const start = advance(reader, length);
      return reader.bytes.subarray(start, start + length);
    }
    case type.list:
      return readList(reader, depth + 1);
    case type.struct:
      return readThriftStruct(reader, depth + 1);
    default:
      throw thriftError(reader, `a value of type ${kind}`);
  }
}

function readList(reader: ThriftReader, depth: number): ThriftValue[] {
  if (depth > MAX_DEPTH) throw thriftError(reader, "values nested too deeply");
  const head = uint8(reader);
  const kind = head & 0x0f;
  const length = head >> 4 === 15 ? readUint32(reader) : head >> 4;
  // Every element takes a byte at least.
  if (length > reader.bytes.length - reader.position) {
    throw thriftError(reader, `a list of ${length} elements in fewer bytes`);
  }
  const isBoolean = kind === type.true || kind === type.false;
  return Array.from({ length }, () =>
    isBoolean ? uint8(reader) === 1 : readValue(reader, kind, depth),
  );
}

/** A signed integer of at most 32 bits. */
function readInt(reader: ThriftReader): number {
  return Number(zigzag(BigInt(readUint32(reader))));
}

/** An unsigned integer of at most 32 bits. */
export function readUint32(reader: ThriftReader): number {
  const value = readVarint(reader, 5);
  if (value > 0xffffffffn) throw thriftError(reader, "an integer of over 32 bits");
  return Number(value);
}

function readVarint(reader: ThriftReader, mostBytes: number): bigint {
  let value = 0n;
  for (let i = 0; i < mostBytes; i++) {
    const byte = uint8(reader);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return value;
  }
  throw thriftError(reader, "an unterminated integer");
}

function zigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

function uint8(reader: ThriftReader): number {
  return reader.bytes[advance(reader, 1)];
}

/** Moves past `count` bytes; returns where they begin. */
function advance(reader: ThriftReader, count: number): number {
  const start = reader.position;
  if (count > reader.bytes.length - start) {
    throw thriftError(reader, "the end of the file or section");
  }
  reader.position += count;
  return start;
}

function thriftError(reader: ThriftReader, got: string): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${reader.where}: expected a Parquet file with valid headers, found ${got} at byte ${reader.position}`,
    { hint: "Write the file again, or convert it to JSON Lines." },
  );
}

/** Fields to be written, by rising id: integers of 32 bits, truth values and structs. */
export type ThriftFields = readonly (readonly [
  id: number,
  value: number | boolean | ThriftFields,
])[];

/** The bytes of a struct, each field id less than 16 above the one before. */
export function writeThriftStruct(fields: ThriftFields): number[] {
  const bytes: number[] = [];
  let last = 0;
  for (const [id, value] of fields) {
    const step = (id - last) << 4;
    last = id;
    if (typeof value === "boolean") bytes.push(step | (value ? type.true : type.false));
    else if (typeof value === "number") bytes.push(step | type.i32, ...zigzagBytes(value));
    else bytes.push(step | type.struct, ...writeThriftStruct(value));
  }
  bytes.push(0);
  return bytes;
}

function zigzagBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}
