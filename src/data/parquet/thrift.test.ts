import { describe, expect, it } from "vitest";
import { readThriftStruct, writeThriftStruct } from "./thrift.js";

const read = (...bytes: readonly number[]) =>
  readThriftStruct({ bytes: Uint8Array.from(bytes), position: 0, where: "a.parquet" });

describe("readThriftStruct", () => {
  // By hand from the description of the compact protocol.
  it("reads every kind of value that Parquet uses", () => {
    const bytes = [
      [0x11], // 1: true
      [0x12], // 2: false
      [0x13, 0xfe], // 3: a byte, -2
      [0x14, 0x03], // 4: 16 bits, -2
      [0x15, 0xac, 0x02], // 5: 32 bits, 150
      [0x16, 0x01], // 6: 64 bits, -1
      [0x17, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f], // 7: 1.5
      [0x18, 0x02, 0x61, 0x62], // 8: "ab"
      [0x19, 0x25, 0x02, 0x04], // 9: a list of 1 and 2
      [0x1c, 0x15, 0x02, 0x00], // 10: a struct whose field 1 is 1
      [0x05, 0xc8, 0x01, 0x02], // 100, not by a step: 1
      [0x19, 0x21, 0x01, 0x02], // 101: a list of true and false
      [0x00],
    ].flat();
    expect(read(...bytes)).toEqual(
      new Map<number, unknown>([
        [1, true],
        [2, false],
        [3, -2],
        [4, -2],
        [5, 150],
        [6, -1n],
        [7, 1.5],
        [8, Uint8Array.of(0x61, 0x62)],
        [9, [1, 2]],
        [10, new Map([[1, 1]])],
        [100, 1],
        [101, [true, false]],
      ]),
    );
  });

  it.each([
    ["the end inside a struct", [0x15]],
    ["the end inside a text", [0x18, 0x05, 0x61]],
    ["a list longer than the bytes", [0x19, 0xf5, 0xff, 0xff, 0x03]],
    ["an integer of over 32 bits", [0x15, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00]],
    ["an unterminated integer", [0x16, ...Array(11).fill(0x80)]],
    ["a map", [0x1b, 0x00, 0x00]],
    ["a field twice", [0x15, 0x02, 0x05, 0x02, 0x02, 0x00]],
    ["fields out of order", [0x35, 0x02, 0x05, 0x02, 0x02, 0x00]],
    ["structs within each other beyond all need", Array(20).fill(0x1c)],
  ])("refuses %s", (_, bytes) => {
    expect(() => read(...bytes)).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringMatching(/^a\.parquet.* at byte \d+$/),
      }),
    );
  });
});

describe("writeThriftStruct", () => {
  it("writes what is read back", () => {
    const bytes = writeThriftStruct([
      [1, 0],
      [2, -1],
      [3, 2 ** 31 - 1],
      [
        8,
        [
          [1, true],
          [7, false],
        ],
      ],
    ]);
    expect(read(...bytes)).toEqual(
      new Map<number, unknown>([
        [1, 0],
        [2, -1],
        [3, 2 ** 31 - 1],
        [
          8,
          new Map([
            [1, true],
            [7, false],
          ]),
        ],
      ]),
    );
  });
});
