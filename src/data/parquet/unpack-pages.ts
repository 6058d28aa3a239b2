/** Unpacking the pages of a Parquet file, anywhere. */
import { compressors } from "hyparquet-compressors";
import { L3MaskingError } from "../../base/errors.js";
import { unpackLz4, unpackLz4Block } from "./lz4.js";
import type { PackedBytes } from "./pages.js";
import { unpackSnappy } from "./snappy.js";

/**
 * The bytes of each page. For gzip, Brotli and zstd it relies on decoders in JavaScript that trust their input: files
 * of strangers should be read in Node, where `unpack-in-node.ts` does it.
 */
export async function unpackPages(packed: readonly PackedBytes[]): Promise<Uint8Array[]> {
  return packed.map(unpackPage);
}

/** The bytes of a page. Throws `data-format` if they are not as many as announced. */
export function unpackPage({ codec, bytes, size }: PackedBytes): Uint8Array {
  // Writers leave nothing, or anything, where nothing is packed.
  if (size === 0) return new Uint8Array(0);
  if (codec === "UNCOMPRESSED") return requireSize(bytes, size);
  if (codec === "SNAPPY") return unpackSnappy(bytes, size);
  if (codec === "LZ4") return unpackLz4(bytes, size);
  if (codec === "LZ4_RAW") return unpackLz4Block(bytes, size);
  const unpack = compressors[codec];
  if (unpack === undefined) {
    throw new L3MaskingError("data-format", `expected a usual compression, got ${codec}`);
  }
  return requireSize(unpack(bytes, size), size);
}

/** `bytes` if they are as many as announced. */
export function requireSize(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  throw new L3MaskingError(
    "data-format",
    `expected ${size} bytes when unpacked, got ${bytes.length}`,
  );
}
