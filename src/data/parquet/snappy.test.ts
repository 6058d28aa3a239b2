import { describe, expect, it } from "vitest";
import { unpackSnappy } from "./snappy.js";

const sentence = "the bilge pump runs, but nothing comes out. ";

describe("unpackSnappy", () => {
  it("reads what Google's Snappy wrote", () => {
    // pyarrow 25.0.1, pyarrow.compress(3 * sentence, codec="snappy")
    const packed = Buffer.from(
      "hAGwdGhlIGJpbGdlIHB1bXAgcnVucywgYnV0IG5vdGhpbmcgY29tZXMgb3V0LiB0/iwAWiwA",
      "base64",
    );
    expect(new TextDecoder().decode(unpackSnappy(packed, 132))).toBe(sentence.repeat(3));
  });

  // By hand from the format's description: the size, then tags.
  it.each([
    ["a literal", [3, 0x08, 97, 98, 99], "abc"],
    ["a literal with its length in a byte", [3, 0xf0, 2, 97, 98, 99], "abc"],
    ["a near copy that reads what it writes", [6, 0x04, 97, 98, 0x01, 2], "ababab"],
    ["a copy with two bytes", [4, 0x04, 97, 98, 0x06, 2, 0], "abab"],
    ["a copy with four bytes", [4, 0x04, 97, 98, 0x07, 2, 0, 0, 0], "abab"],
  ])("reads %s", (_, packed, text) => {
    expect(new TextDecoder().decode(unpackSnappy(Uint8Array.from(packed), text.length))).toBe(text);
  });

  it("reads a near copy from more than 255 bytes before", () => {
    // 304 bytes: a literal of 300, its length in two bytes, and a copy of four from 300 before.
    const literal = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 251));
    const packed = [0xb0, 0x02, 0xf4, 0x2b, 0x01, ...literal, 0x21, 0x2c];
    const expected = [...literal, 0, 1, 2, 3];
    expect([...unpackSnappy(Uint8Array.from(packed), 304)]).toEqual(expected);
  });

  it.each([
    ["fewer bytes than announced", [4, 0x08, 97, 98, 99], 4],
    ["more bytes than announced", [2, 0x08, 97, 98, 99], 2],
    ["a literal cut off", [3, 0x08, 97, 98], 3],
    ["a copy from before the beginning", [8, 0x04, 97, 98, 0x01, 3], 6],
    ["a copy from nowhere", [8, 0x04, 97, 98, 0x01, 0], 6],
    ["a length of 2^32 - 16", [9, 0xfc, 0xf0, 0xff, 0xff, 0xff, 97], 9],
    ["no size", [], 0],
    ["a size without an end", [0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 0],
  ])("refuses %s", (_, packed, size) => {
    expect(() => unpackSnappy(Uint8Array.from(packed), size)).toThrow(
      expect.objectContaining({ code: "data-format" }),
    );
  });
});
