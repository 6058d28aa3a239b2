import { describe, expect, it } from "vitest";
import { decodeUtf8 } from "./utf8.js";

const encoder = new TextEncoder();

describe("decodeUtf8", () => {
  it("decodes and drops a byte order mark", () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41), "a.csv")).toBe("A");
    expect(decodeUtf8(encoder.encode("caf\u00e9 \u{1f600}"), "a.csv")).toBe("café 😀");
  });

  it("names the first line with a byte that is not UTF-8", () => {
    const latin1 = Uint8Array.from([...encoder.encode("ünï\ntext\ncaf"), 0xe9, 0x0a, 0xff]);
    expect(() => decodeUtf8(latin1, "a.csv")).toThrow(
      expect.objectContaining({
        code: "data-encoding",
        message: "a.csv line 3: expected UTF-8 text, found bytes that are not UTF-8",
      }),
    );
  });

  it("recognises a sequence that the end of the file cuts", () => {
    expect(() => decodeUtf8(Uint8Array.of(0x41, 0x0a, 0xe2, 0x82), "a.csv")).toThrow("line 2");
  });

  it.each([
    [0xff, 0xfe],
    [0xfe, 0xff],
  ])("names UTF-16 (%i %i)", (...bytes) => {
    expect(() => decodeUtf8(Uint8Array.of(...bytes, 0x41, 0), "a.csv")).toThrow(
      expect.objectContaining({
        code: "data-encoding",
        message: expect.stringContaining("UTF-16"),
      }),
    );
  });
});
