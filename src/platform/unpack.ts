/** Unpacking compressed bytes of untrusted files: never to more than the caller allows. */
import { Readable } from "node:stream";
import { brotliDecompressSync, createGunzip, gunzipSync } from "node:zlib";
import { systemCode } from "./files/failures.js";

/**
 * What unpacks the pages of Parquet files: the unpacked bytes; undefined for more than `mostBytes`. Throws for bytes that are
 * damaged or cut off.
 */
export const pageDecoders = { GZIP: gunzip, BROTLI: unbrotli };

function gunzip(bytes: Uint8Array, mostBytes: number): Uint8Array | undefined {
  return within(() => gunzipSync(bytes, { maxOutputLength: mostBytes }));
}

function unbrotli(bytes: Uint8Array, mostBytes: number): Uint8Array | undefined {
  return within(() => brotliDecompressSync(bytes, { maxOutputLength: mostBytes }));
}

function within(unpack: () => Uint8Array): Uint8Array | undefined {
  try {
    return unpack();
  } catch (error) {
    if (systemCode(error) === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

const LEAST_PIECE = 64;

/**
 * Unpacks gzip data that comes in pieces, which may be overwritten once the next is asked for. Gives pieces of about
 * `pieceBytes`. Throws for data that is damaged or cut off, and what `packed` throws.
 */
export async function* gunzipPieces(
  packed: Iterable<Uint8Array>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const copies = function* () {
    // Pieces wait in the stream while the buffer they were read into is filled anew.
    for (const piece of packed) yield piece.slice();
  };
  const source = Readable.from(copies(), { objectMode: false, highWaterMark: pieceBytes });
  const unzip = createGunzip({ chunkSize: Math.max(LEAST_PIECE, pieceBytes) });
  // Errors of the source reach the reader of the unzipped stream only if they are passed on.
  source.on("error", (error) => unzip.destroy(error));
  source.pipe(unzip);
  try {
    yield* unzip;
  } finally {
    source.destroy();
    unzip.destroy();
  }
}
