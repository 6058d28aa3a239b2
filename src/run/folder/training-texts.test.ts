import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { trainingTexts, writeTrainingTexts } from "./training-texts.js";

const at = temporaryFolder();

describe("fingerprints of training texts", () => {
  it("are recognised, also with white space around, and others are not", () => {
    writeTrainingTexts(at(""), ["abc", "Grüße", " abc\n", ""]);
    const isKnown = trainingTexts(at(""));
    expect(["abc", "\tabc", "Grüße", "ab", "ABC"].map((text) => isKnown?.(text))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("are the first 64 bits of SHA-256, ascending", () => {
    writeTrainingTexts(at(""), ["abc", ""]);
    // FIPS 180-2, example B.1, and the digest of the empty message.
    expect(readFileSync(at("training_texts.bin")).toString("hex")).toBe(
      "ba7816bf8f01cfea" + "e3b0c44298fc1c14",
    );
  });

  it("may be absent, but not damaged", () => {
    expect(trainingTexts(at("nowhere"))).toBeUndefined();
    writeFileSync(at("training_texts.bin"), "seven b");
    expect(() => trainingTexts(at(""))).toThrow("8 bytes each");
    expect(() => trainingTexts(at(""))).toThrow(
      expect.objectContaining({ code: "checkpoint-config" }),
    );
  });
});
