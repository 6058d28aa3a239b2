import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.js";

const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);

describe("crc32c", () => {
  // RFC 3720, B.4; the last is the check value of the CRC catalogue.
  it.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["ascending bytes", ascending, 0x46dd794e],
    ["descending bytes", ascending.toReversed(), 0x113fdb5c],
    ["123456789", new TextEncoder().encode("123456789"), 0xe3069283],
    ["nothing", new Uint8Array(0), 0],
  ])("of %s is the published one", (_, bytes, expected) => {
    expect(crc32c(bytes).toString(16)).toBe(expected.toString(16));
  });
});
