import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { gunzipPieces, pageDecoders } from "./unpack.js";

const text = "to be or not to be, ".repeat(500);
const decoded = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

describe.each([
  ["gunzip", pageDecoders.GZIP, gzipSync(text)],
  ["unbrotli", pageDecoders.BROTLI, brotliCompressSync(text)],
])("%s", (_name, unpack, packed) => {
  it("unpacks to no more than allowed", () => {
    expect(decoded(unpack(packed, text.length))).toBe(text);
    expect(unpack(packed, text.length - 1)).toBeUndefined();
  });

  it("refuses bytes that are damaged or cut off", () => {
    expect(() => unpack(packed.subarray(0, -9), 1e6)).toThrow();
    expect(() => unpack(Uint8Array.of(1, 2, 3), 1e6)).toThrow();
  });
});

describe("gunzipPieces", () => {
  const unpacked = async (packed: Iterable<Uint8Array>, pieceBytes: number) => {
    let all = "";
    for await (const piece of gunzipPieces(packed, pieceBytes)) all += decoded(piece);
    return all;
  };
  /** Pieces in one buffer that is filled anew each time. */
  function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
    const buffer = new Uint8Array(size);
    for (let from = 0; from < bytes.length; from += size) {
      const piece = bytes.subarray(from, from + size);
      buffer.set(piece);
      yield buffer.subarray(0, piece.length);
    }
  }

  it.each([1, 7, 1000])("takes pieces of %d bytes", async (size) => {
    expect(await unpacked(pieces(gzipSync(text), size), size)).toBe(text);
  });

  it("throws what the source throws, and for data that is cut off", async () => {
    function* failing() {
      yield gzipSync(text).subarray(0, 20);
      throw new Error("stopped");
    }
    await expect(unpacked(failing(), 64)).rejects.toThrow("stopped");
    await expect(unpacked([gzipSync(text).subarray(0, -9)], 64)).rejects.toThrow();
  });
});
