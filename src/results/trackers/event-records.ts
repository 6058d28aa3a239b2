/**
 * The bytes of TensorBoard's event files: Event messages of TensorFlow in the frames of TFRecord files.
 *
 * A frame is, with all numbers little-endian,
 *
 *     uint64 n, uint32 masked(crc32c(the 8 bytes of n)), n bytes of message, uint32 masked(crc32c(message))
 *     masked(c) = rotate_right(c, 15) + 0xa282ead8 modulo 2^32
 *
 * The few messages are written by hand with the field numbers of TensorFlow's event.proto, summary.proto and tensor.proto.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { crc32c } from "./crc32c.js";
import type { Point } from "./scalars.js";

/** Field numbers. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY_VALUES = 1;
const VALUE = { tag: 1, simpleValue: 2, tensor: 8, metadata: 9 } as const;
const METADATA_PLUGIN = 1;
const PLUGIN_NAME = 1;
const TENSOR = { type: 1, shape: 2, strings: 8 } as const;
const SHAPE_DIMENSIONS = 2;
const DIMENSION_SIZE = 1;
const SESSION_STATUS = 1;

/** DataType.DT_STRING */
const STRINGS = 7;
/** SessionLog.SessionStatus.START */
const START = 1;

/** When an event was, in seconds since 1970, and after how many optimizer steps. */
export interface EventPlace {
  readonly wallTime: number;
  readonly step: number;
}

/** The first record of a file. */
export function versionRecord(wallTime: number): Uint8Array {
  return record({ wallTime, step: 0 }, (event) =>
    event.tag(EVENT.fileVersion, WireType.LengthDelimited).string("brain.Event:2"),
  );
}

/** Says that what follows takes the place of what earlier files have from this step on. */
export function startRecord(place: EventPlace): Uint8Array {
  return record(place, (event) => {
    event.tag(EVENT.sessionLog, WireType.LengthDelimited).fork();
    event.tag(SESSION_STATUS, WireType.Varint).int32(START).join();
  });
}

/** Numbers; a reader gets them as float32. */
export function pointRecord(wallTime: number, { step, scalars }: Point): Uint8Array {
  return record({ wallTime, step }, (event) => {
    event.tag(EVENT.summary, WireType.LengthDelimited).fork();
    for (const { tag, value } of scalars) {
      event.tag(SUMMARY_VALUES, WireType.LengthDelimited).fork();
      event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
      event.tag(VALUE.simpleValue, WireType.Bit32).float(value);
      event.join();
    }
    event.join();
  });
}

/** A text in Markdown, for the text plugin. */
export function textRecord(place: EventPlace, tag: string, text: string): Uint8Array {
  return record(place, (event) => {
    event.tag(EVENT.summary, WireType.LengthDelimited).fork();
    event.tag(SUMMARY_VALUES, WireType.LengthDelimited).fork();
    event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    event.tag(VALUE.tensor, WireType.LengthDelimited).fork();
    event.tag(TENSOR.type, WireType.Varint).int32(STRINGS);
    event.tag(TENSOR.shape, WireType.LengthDelimited).fork();
    event.tag(SHAPE_DIMENSIONS, WireType.LengthDelimited).fork();
    event.tag(DIMENSION_SIZE, WireType.Varint).int64(1).join();
    event.join();
    event.tag(TENSOR.strings, WireType.LengthDelimited).string(text);
    event.join();
    event.tag(VALUE.metadata, WireType.LengthDelimited).fork();
    event.tag(METADATA_PLUGIN, WireType.LengthDelimited).fork();
    event.tag(PLUGIN_NAME, WireType.LengthDelimited).string("text").join();
    event.join();
    event.join();
    event.join();
  });
}

function record(
  { wallTime, step }: EventPlace,
  writeWhat: (event: BinaryWriter) => unknown,
): Uint8Array {
  const event = new BinaryWriter();
  event.tag(EVENT.wallTime, WireType.Bit64).double(wallTime);
  // Zero is what a reader takes for an absent number.
  if (step !== 0) event.tag(EVENT.step, WireType.Varint).int64(step);
  writeWhat(event);
  return framed(event.finish());
}

const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

function framed(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + message.length + TAIL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(message, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + message.length, maskedChecksum(message), true);
  return bytes;
}

function maskedChecksum(bytes: Uint8Array): number {
  const sum = crc32c(bytes);
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}

/** A record that was read, with its frame. */
export interface ReadRecord extends EventPlace {
  readonly kind: "summary" | "start" | "other";
  readonly bytes: Uint8Array;
}

/** The records of a file up to the first that is torn or damaged: a process that is killed may leave half a one. */
export function readRecords(bytes: Uint8Array): ReadRecord[] {
  const records: ReadRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEAD_BYTES + TAIL_BYTES <= bytes.length; ) {
    const length = view.getBigUint64(at, true);
    const isWhole = BigInt(bytes.length - at - HEAD_BYTES - TAIL_BYTES) >= length;
    const end = at + HEAD_BYTES + Number(length);
    if (!isWhole || view.getUint32(at + 8, true) !== maskedChecksum(bytes.subarray(at, at + 8))) {
      break;
    }
    const message = bytes.subarray(at + HEAD_BYTES, end);
    if (view.getUint32(end, true) !== maskedChecksum(message)) break;
    records.push({ ...readEvent(message), bytes: bytes.subarray(at, end + TAIL_BYTES) });
    at = end + TAIL_BYTES;
  }
  return records;
}

/** Place and kind of an event that `record` wrote, whose checksum has been found right. */
function readEvent(message: Uint8Array): Omit<ReadRecord, "bytes"> {
  const reader = new BinaryReader(message);
  let wallTime = 0;
  let step = 0;
  let kind: ReadRecord["kind"] = "other";
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === EVENT.wallTime) wallTime = reader.double();
    else if (field === EVENT.step) step = Number(reader.int64());
    else {
      if (field === EVENT.summary) kind = "summary";
      if (field === EVENT.sessionLog) kind = "start";
      reader.skip(type, field);
    }
  }
  return { wallTime, step, kind };
}
