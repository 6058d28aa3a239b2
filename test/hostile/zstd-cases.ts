/** A zstd page over which the decoder in JavaScript never ends: a thread does it, and is ended. */
import { casesOf, type HostileCase } from "./case.js";
import { page, textPages, zstdBlock, zstdFrame } from "./forge-parquet.js";

/** What RFC 8878 calls a compressed literals section, 4 bytes from 20. */
const LITERALS = [0x42, 0x00, 0x05];

/**
 * Huffman weights packed by a table of 32 states in which the first symbol has them all. A step from state to state then
 * takes no bits, so the bits never come to an end.
 */
const WEIGHTS = [6, 0xf0, 0x03, 0, 0, 0, 0x80];

const content = Uint8Array.from([...LITERALS, ...WEIGHTS, ...Array(16).fill(0)]);

export const slowZstdCases: readonly HostileCase[] = casesOf("parquet", [
  [
    "zstd Huffman weights that never end",
    "data-format",
    () => {
      const frame = zstdFrame(10, zstdBlock(2, content.length, true, content));
      return textPages(2, [page({ content: frame, size: 10 })], { codec: 6 });
    },
    "seconds",
  ],
]);
