/** The text of a file piece by piece: unpacked where it is packed, and decoded. */
import { L3MaskingError } from "../base/errors.js";
import { systemCode } from "../platform/files/failures.js";
import { gunzipPieces } from "../platform/unpack.js";
import { unpackedLimit } from "./formats/limits.js";
import { utf8Decoder } from "./formats/utf8.js";
import { damagedGzip, missingFile, unpackedTooLarge } from "./read.js";

/** A file as bytes that may be overwritten once the next piece is asked for. */
export interface PackedFile {
  readonly path: string;
  /** Bytes of all of it. */
  readonly size: number;
  readonly gzipped: boolean;
  readonly bytes: Iterable<Uint8Array>;
}

export type TextPiece = readonly [piece: string, last: boolean];

/**
 * Pieces of about `chunkBytes`. Throws `file-missing`, `data-encoding` for bytes that are not UTF-8, and `data-format` for a
 * damaged .gz file or one that unpacks to more than `unpackedLimit`.
 */
export async function* textPieces(file: PackedFile, chunkBytes: number): AsyncGenerator<TextPiece> {
  const decode = utf8Decoder(file.path);
  try {
    const chunks = file.gzipped ? unzipped(file, chunkBytes) : file.bytes;
    for await (const bytes of chunks) yield [decode(bytes, false), false];
    yield [decode(new Uint8Array(0), true), true];
  } catch (cause) {
    throw cause instanceof L3MaskingError ? cause : missingFile(file.path, cause);
  }
}

async function* unzipped(
  { path, size, bytes }: PackedFile,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  let unpacked = 0;
  try {
    for await (const chunk of gunzipPieces(bytes, chunkBytes)) {
      unpacked += chunk.length;
      if (unpacked > unpackedLimit(size)) throw unpackedTooLarge(path, size);
      yield chunk;
    }
  } catch (cause) {
    throw systemCode(cause)?.startsWith("Z_") ? damagedGzip(path, cause) : cause;
  }
}
