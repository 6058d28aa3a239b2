/** Unpacking the pages of a Parquet file. */
import { compressors } from "hyparquet-compressors";
import { ZSTDDecoder } from "zstddec";
import { L3MaskingError } from "../../base/errors.js";
import { unpackLz4, unpackLz4Block } from "./lz4.js";
import type { PackedBytes, Unpack } from "./pages.js";
import { unpackSnappy } from "./snappy.js";

/** Unpacks bytes that should give `size`; may stop beyond that and give undefined. */
type Decoder = (bytes: Uint8Array, size: number) => Uint8Array | undefined;

/**
 * Decoders of a platform. Those for untrusted files stop at the size that is announced; where there are none, decoders in
 * JavaScript are used, which trust their input.
 */
export interface Decoders {
  readonly GZIP: Decoder;
  readonly BROTLI: Decoder;
}

/** Unpacks pages; throws `data-format` for those that are damaged or not of the size that they announce. */
export function unpackerWith(platform?: Decoders): Unpack {
  const decoders: Readonly<Record<string, Decoder | undefined>> = { ...compressors, ...platform };
  return async (packed) => {
    const zstd = new ZSTDDecoder();
    if (packed.some(({ codec }) => codec === "ZSTD")) await zstd.init();
    return packed.map((page) => unpackPage(page, decoders, zstd));
  };
}

function unpackPage(
  { codec, bytes, size }: PackedBytes,
  decoders: Readonly<Record<string, Decoder | undefined>>,
  zstd: ZSTDDecoder,
): Uint8Array {
  // Writers leave nothing, or anything, where nothing is packed.
  if (size === 0) return new Uint8Array(0);
  switch (codec) {
    case "UNCOMPRESSED":
      return requireSize(bytes, size);
    case "SNAPPY":
      return unpackSnappy(bytes, size);
    case "LZ4":
      return unpackLz4(bytes, size);
    case "LZ4_RAW":
      return unpackLz4Block(bytes, size);
    case "ZSTD":
      return unpackZstd(zstd, bytes, size);
    default: {
      const unpack = decoders[codec];
      if (unpack !== undefined) return requireSize(unpack(bytes, size), size);
      throw new L3MaskingError("data-format", `expected a usual compression, got ${codec}`);
    }
  }
}

/** The decoder has at most 2 GiB of WebAssembly memory for a page, packed and unpacked. */
const MOST_ZSTD = 2 ** 30;

/** By the C library in WebAssembly, which writes no more than `size` bytes; what it gives for a damaged page has another size. */
function unpackZstd(zstd: ZSTDDecoder, bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length + size <= MOST_ZSTD) {
    const unpacked = zstd.decode(bytes, size);
    if (unpacked.length === size) return unpacked;
  }
  throw new L3MaskingError(
    "data-format",
    `expected zstd data of ${size} bytes (at most ${MOST_ZSTD}), got other or damaged data`,
  );
}

function requireSize(bytes: Uint8Array | undefined, size: number): Uint8Array {
  if (bytes?.length === size) return bytes;
  throw new L3MaskingError(
    "data-format",
    `expected ${size} bytes when unpacked, got ${bytes?.length ?? "more"}`,
  );
}
