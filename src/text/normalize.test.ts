import { describe, expect, it } from "vitest";
import { compileNormalizer } from "./normalize.js";

describe("compileNormalizer", () => {
  const bert = (settings: object) =>
    compileNormalizer({ type: "BertNormalizer", ...settings }, "test");

  it("lowercases letter by letter: a final sigma is like any other", () => {
    expect(bert({ lowercase: true })("ΟΔΟΣ")).toBe("οδοσ");
    expect(compileNormalizer({ type: "Lowercase" }, "test")("ΟΔΟΣ")).toBe("οδοσ");
  });

  it("strips accents where it lowercases, unless told otherwise", () => {
    expect(bert({ lowercase: true })("Crème")).toBe("creme");
    expect(bert({ lowercase: false })("Crème")).toBe("Crème");
    expect(bert({ lowercase: true, strip_accents: false })("Crème")).toBe("crème");
    expect(bert({ lowercase: false, strip_accents: true })("Crème")).toBe("Creme");
  });

  it("drops control characters and writes every space as U+0020", () => {
    expect(bert({})("a\u0000b\u200dc\ufffdd")).toBe("abcd");
    expect(bert({})("a\tb\r\nc\u00a0d\u3000e")).toBe("a b  c d e");
    expect(bert({ clean_text: false })("a\tb\u0000")).toBe("a\tb\u0000");
  });

  it("sets ideographs apart, beyond U+FFFF too", () => {
    expect(bert({})("a東b")).toBe("a 東 b");
    expect(bert({})("𠀀")).toBe(" 𠀀 ");
    expect(bert({ handle_chinese_chars: false })("a東b")).toBe("a東b");
  });

  it("decomposes only what the Rust tables know", () => {
    const decompose = compileNormalizer({ type: "NFD" }, "test");
    expect(decompose("é\u{105c9}é")).toBe("e\u0301\u{105c9}e\u0301");
  });

  it("runs the parts of a sequence in order; null changes nothing", () => {
    const steps = [{ type: "NFD" }, { type: "StripAccents" }, { type: "Lowercase" }];
    expect(compileNormalizer({ type: "Sequence", normalizers: steps }, "test")("É")).toBe("e");
    expect(compileNormalizer({ type: "NFKC" }, "test")("ﬁ")).toBe("fi");
    expect(compileNormalizer(null, "test")("É")).toBe("É");
  });

  it("refuses other normalizers, by name and place", () => {
    const steps = [{ type: "NFC" }, { type: "Precompiled", precompiled_charsmap: "" }];
    expect(() =>
      compileNormalizer({ type: "Sequence", normalizers: steps }, "tokenizer.json"),
    ).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: expect.stringMatching(/^tokenizer\.json\.normalizers\[1\].*got Precompiled$/),
      }),
    );
  });
});
