import { describe, expect, it } from "vitest";
import { pageDecoders } from "../../platform/unpack.js";
import type { Codec } from "./footer.js";
import { unpackerWith } from "./unpack-pages.js";

const text = "the bilge pump runs, but nothing comes out. ".repeat(3);

/** The text as pyarrow 25.0.1 packs it (pyarrow.compress). */
const written: readonly (readonly [Codec, string])[] = [
  ["SNAPPY", "hAGwdGhlIGJpbGdlIHB1bXAgcnVucywgYnV0IG5vdGhpbmcgY29tZXMgb3V0LiB0/iwAWiwA"],
  [
    "GZIP",
    "H4sIAAAAAAACAyvJSFVIysxJT1UoKM0tUCgqzSvWUUgqLVHIyy/JyMxLV0jOz00tVsgvLdFTKKGRWgDVXL0YhAAAAA==",
  ],
  ["BROTLI", "G4MAAATKbaleSNagPCo4N3TLQioCMK3tC7lE32eKKAte3fe0rGS46eOVDQ8="],
  ["LZ4_RAW", "/x10aGUgYmlsZ2UgcHVtcCBydW5zLCBidXQgbm90aGluZyBjb21lcyBvdXQuICwAQFBvdXQuIA=="],
  ["ZSTD", "KLUv/SCEpQEAxAJ0aGUgYmlsZ2UgcHVtcCBydW5zLCBidXQgbm90aGluZyBjb21lcyBvdXQuIAEArDepMg=="],
];
const packed = written.map(([codec, bytes]) => ({
  codec,
  bytes: Uint8Array.from(Buffer.from(bytes, "base64")),
  size: text.length,
}));

const unpack = unpackerWith(pageDecoders);

describe("unpackerWith", () => {
  it("unpacks pages of all codecs, in their order, again and again", async () => {
    for (const pages of [packed, [...packed].reverse(), []]) {
      const unpacked = await unpack(pages);
      expect(unpacked.map((bytes) => new TextDecoder().decode(bytes))).toEqual(
        pages.map(() => text),
      );
    }
  });

  it("needs no decoders of a platform", async () => {
    const unpacked = await unpackerWith()(packed);
    expect(unpacked.map((bytes) => new TextDecoder().decode(bytes))).toEqual(
      packed.map(() => text),
    );
  });

  it.each(packed.map((page) => [page.codec, page] as const))(
    "refuses %s pages that are smaller or larger than announced, or cut off",
    async (_, page) => {
      const { bytes, size } = page;
      for (const forged of [
        { ...page, size: size - 1 },
        { ...page, size: size + 1 },
        { ...page, bytes: bytes.subarray(0, -9) },
      ]) {
        await expect(unpack([forged])).rejects.toThrow();
      }
      expect(await unpack([page])).toHaveLength(1);
    },
  );

  it("takes pages of nothing, whatever stands there", async () => {
    const nothing = packed.map(({ codec }) => ({ codec, bytes: Uint8Array.of(1, 2), size: 0 }));
    expect((await unpack(nothing)).map((bytes) => bytes.length)).toEqual([0, 0, 0, 0, 0]);
  });
});
