import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "./sha256.js";

describe("sha256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
  ])("of the standard's example %j", (text, digest) => {
    expect(sha256([text])).toBe(digest);
  });

  it("agrees with the platform's hash, in whatever parts the text comes", () => {
    const part = fc.string({ unit: "grapheme", maxLength: 150 });
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(sha256(parts)).toBe(createHash("sha256").update(parts.join("")).digest("hex"));
      }),
    );
  });
});
