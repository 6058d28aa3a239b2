/**
 * The bytes of a score cache segment: one JSON line that says whose scores these are, then records.
 *
 *     record = magic u32 | crc u32 | key 32 bytes | count u32 | count x float32     (little-endian)
 *
 * The CRC-32 covers key, count and scores. A process killed while writing leaves an incomplete last
 * record; reading stops there and keeps everything before it.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { Estimator, TokenScores } from "./estimators.js";

/** What a set of cached scores belongs to. */
export interface ScoreScope {
  /** Digest of the weights and of anything else that changes the scores (such as quantization). */
  readonly checkpointDigest: string;
  readonly tokenizerDigest: string;
  readonly estimator: Estimator;
  readonly maxLength: number;
}

/** Where a record's scores lie in its segment. */
export interface RecordPlace {
  /** 64 hex digits. */
  readonly key: string;
  /** Byte offset of the first score. */
  readonly offset: number;
  readonly count: number;
}

export interface Segment {
  readonly records: RecordPlace[];
  /** Bytes after the last complete record: 0 unless a writer was killed or the file was damaged. */
  readonly ignoredBytes: number;
}

const KEY_BYTES = 32;
const MAGIC = 0x5333_4c2e;
const HEAD_BYTES = 4 + 4 + KEY_BYTES + 4;
const CHECKED_FROM = 8;
const FORMAT = "l3masking-scores-1";

/** The first line of a segment. */
export function segmentHeader(scope: ScoreScope): Uint8Array {
  return new TextEncoder().encode(`${canonicalScope(scope)}\n`);
}

/** One line of JSON that is equal for equal scopes; it also determines the name of a scope's folder. */
export function canonicalScope(scope: ScoreScope): string {
  const { checkpointDigest, tokenizerDigest, estimator, maxLength } = scope;
  return JSON.stringify({
    format: FORMAT,
    checkpointDigest,
    tokenizerDigest,
    estimator,
    maxLength,
  });
}

/** One record: the scores of the text with this key (32 bytes). */
export function encodeRecord(key: Uint8Array, scores: TokenScores): Uint8Array {
  if (key.length !== KEY_BYTES) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a cache key of ${KEY_BYTES} bytes, got ${key.length}`,
      { hint: "Use the SHA-256 of the text's tokens as the key." },
    );
  }
  const bytes = new Uint8Array(HEAD_BYTES + 4 * scores.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  bytes.set(key, CHECKED_FROM);
  view.setUint32(CHECKED_FROM + KEY_BYTES, scores.length, true);
  scores.forEach((score, i) => {
    view.setFloat32(HEAD_BYTES + 4 * i, score, true);
  });
  view.setUint32(4, crc32(bytes.subarray(CHECKED_FROM)), true);
  return bytes;
}

/**
 * The complete records of a segment, up to the first incomplete or damaged one.
 *
 * Errors: `data-format` if the segment's first line names another scope.
 */
export function readSegment(bytes: Uint8Array, scope: ScoreScope, file: string): Segment {
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd < 0) return { records: [], ignoredBytes: bytes.length };
  const header = new TextDecoder().decode(bytes.subarray(0, lineEnd));
  if (header !== canonicalScope(scope)) {
    throw new L3MaskingError(
      "data-format",
      `expected scores of ${canonicalScope(scope)}, got ${header.slice(0, 300)} in ${file}, line 1`,
      { hint: "Delete this file; the scores will be computed again." },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: RecordPlace[] = [];
  let at = lineEnd + 1;
  while (at + HEAD_BYTES <= bytes.length && view.getUint32(at, true) === MAGIC) {
    const count = view.getUint32(at + CHECKED_FROM + KEY_BYTES, true);
    const offset = at + HEAD_BYTES;
    const end = offset + 4 * count;
    if (end > bytes.length) break;
    if (crc32(bytes.subarray(at + CHECKED_FROM, end)) !== view.getUint32(at + 4, true)) break;
    const key = bytes.subarray(at + CHECKED_FROM, at + CHECKED_FROM + KEY_BYTES);
    records.push({ key: toHex(key), offset, count });
    at = end;
  }
  return { records, ignoredBytes: bytes.length - at };
}

/** The scores whose little-endian float32 bytes these are. */
export function decodeScores(bytes: Uint8Array): TokenScores {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

/** CRC-32 as in zip and PNG (polynomial 0xEDB88320). */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ crcTable[(value ^ byte) & 0xff];
  return (value ^ 0xffffffff) >>> 0;
}
