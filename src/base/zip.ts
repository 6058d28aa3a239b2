/** Zip archives of files as they are, without compression: weights do not shrink. */
import { L3MaskingError } from "./errors.js";

export interface ZipFile {
  /** With slashes: "model/config.json". */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
/** 2.0, the oldest that knows folders. */
const VERSION = 20;
/** Names are UTF-8. */
const UTF8 = 0x0800;
/** 1 January 1980, the first day that the format knows: archives of equal files are equal. */
const DATE = 0x0021;

/**
 * The pieces of an archive, in their order. Files and archive may have less than 4 GiB (APPNOTE.TXT of PKWARE, without ZIP64).
 * Throws `output-unwritable` beyond that.
 */
export function zipPieces(files: readonly ZipFile[]): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const central: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const encoded = new TextEncoder().encode(name);
    const common = [
      [2, UTF8],
      [2, 0], // stored
      [2, 0], // time
      [2, DATE],
      [4, crc32(bytes)],
      [4, bytes.length],
      [4, bytes.length],
      [2, encoded.length],
      [2, 0], // extra field
    ] as const;
    const local = [fields([4, LOCAL_HEADER], [2, VERSION], ...common), encoded, bytes];
    central.push(
      fields(
        [4, CENTRAL_HEADER],
        [2, VERSION],
        [2, VERSION],
        ...common,
        [2, 0], // comment
        [2, 0], // disk
        [2, 0], // internal attributes
        [4, 0], // external attributes
        [4, offset],
      ),
      encoded,
    );
    pieces.push(...local);
    offset += sizeOf(local);
  }
  const size = sizeOf(central);
  if (offset + size > 0xffffffff || files.length > 0xffff) {
    throw new L3MaskingError(
      "output-unwritable",
      `expected less than 4 GiB in a zip archive, got ${offset + size} bytes`,
      { hint: "Take the folder home in parts." },
    );
  }
  const end = fields(
    ...([
      [4, END],
      [2, 0],
      [2, 0],
      [2, files.length],
      [2, files.length],
      [4, size],
      [4, offset],
      [2, 0],
    ] as const),
  );
  return [...pieces, ...central, end];
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Numbers of 2 or 4 bytes, the lowest byte first. */
function fields(...numbers: readonly (readonly [bytes: 2 | 4, value: number])[]) {
  const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of numbers) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of ISO 3309, as zip, gzip and PNG use it. */
export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
