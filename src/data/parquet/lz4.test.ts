import { describe, expect, it } from "vitest";
import { unpackLz4, unpackLz4Block } from "./lz4.js";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const block = (...bytes: readonly number[]) => Uint8Array.from(bytes);
const letters = "abcdefghijklmnopqrst";

// By hand from the description of the format.
describe("unpackLz4Block", () => {
  it.each([
    ["literals alone", block(0x30, 97, 98, 99), "abc"],
    ["literals with a longer length", block(0xf0, 5, ...Buffer.from(letters)), letters],
    ["a copy that reads what it writes", block(0x22, 97, 98, 2, 0, 0x10, 99), "ababababc"],
    ["a copy with a longer length", block(0x1f, 97, 1, 0, 1, 0x00), "a".repeat(21)],
  ])("reads %s", (_, packed, expected) => {
    expect(text(unpackLz4Block(packed, expected.length))).toBe(expected);
  });

  it.each([
    ["no bytes", block(), 0],
    ["fewer bytes than announced", block(0x30, 97, 98, 99), 4],
    ["more bytes than announced", block(0x30, 97, 98, 99), 2],
    ["literals cut off", block(0x30, 97, 98), 3],
    ["a copy from before the beginning", block(0x12, 97, 2, 0, 0x00), 7],
    ["a copy from nowhere", block(0x12, 97, 0, 0, 0x00), 7],
    ["a copy beyond the end", block(0x1f, 97, 1, 0, 255, 255, 1, 0x00), 20],
    ["a length without an end", block(0xf0, 255, 255, 255), 1000],
  ])("refuses %s", (_, packed, size) => {
    expect(() => unpackLz4Block(packed, size)).toThrow(
      expect.objectContaining({ code: "data-format" }),
    );
  });
});

describe("unpackLz4", () => {
  it("reads a bare block, and blocks in Hadoop's frames", () => {
    const bare = block(0x30, 97, 98, 99);
    const framed = block(0, 0, 0, 3, 0, 0, 0, 4, ...bare, 0, 0, 0, 3, 0, 0, 0, 4, ...bare);
    expect(text(unpackLz4(bare, 3))).toBe("abc");
    expect(text(unpackLz4(framed, 6))).toBe("abcabc");
  });

  it("refuses a frame that announces more bytes than there are", () => {
    const cut = block(0, 0, 0, 3, 0, 0, 0, 9, 0x30, 97, 98, 99);
    expect(() => unpackLz4(cut, 3)).toThrow(expect.objectContaining({ code: "data-format" }));
  });

  it("refuses frames that add up to another size", () => {
    expect(() => unpackLz4(block(0, 0, 0, 3, 0, 0, 0, 4, 0x30, 97, 98, 99), 4)).toThrow(
      expect.objectContaining({ code: "data-format" }),
    );
  });
});
