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

  it("strips, replaces and prepends as it is told", () => {
    const strip = (left: boolean, right: boolean) =>
      compileNormalizer({ type: "Strip", strip_left: left, strip_right: right }, "test");
    expect(strip(false, true)("\u3000 a b\n ")).toBe("\u3000 a b");
    expect(strip(true, true)(" \t")).toBe("");
    const replace = (pattern: Record<string, string>, content: string) =>
      compileNormalizer({ type: "Replace", pattern, content }, "test");
    expect(replace({ Regex: " {2,}" }, "$&")(" a   b  ")).toBe(" a$&b$&");
    expect(replace({ String: "``" }, '"')("``a`")).toBe('"a`');
    const prepend = compileNormalizer({ type: "Prepend", prepend: "\u2581" }, "test");
    expect([prepend("a"), prepend("")]).toEqual(["\u2581a", ""]);
  });

  it("refuses steps that make a text very long", () => {
    const double = { type: "Replace", pattern: { String: "a" }, content: "aaaaaaaa" };
    const steps = Array.from({ length: 200 }, () => double);
    const normalize = compileNormalizer({ type: "Sequence", normalizers: steps }, "test");
    expect(() => normalize("a")).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: expect.stringMatching(
          /^test: .* at most 20 times as long, got .* characters of 1$/,
        ),
      }),
    );
  });

  it("strips and replaces long rows of spaces in linear time", () => {
    const spaces = `${" ".repeat(1e6)}a`;
    const steps = [
      { type: "Replace", pattern: { Regex: " {2,}" }, content: " " },
      { type: "Strip", strip_left: false, strip_right: true },
    ];
    const normalize = compileNormalizer({ type: "Sequence", normalizers: steps }, "test");
    expect(normalize(spaces)).toBe(" a");
  });

  it.each<[unknown, RegExp]>([
    [{ type: "Other" }, /^tokenizer\.json\.normalizers\[1\].*got Other$/],
    [{ type: "Precompiled", precompiled_charsmap: "" }, /compiled character map/],
    [{ type: "Precompiled", precompiled_charsmap: "CAAAAA==" }, /compiled character map/],
    [{ type: "Precompiled", precompiled_charsmap: "é" }, /in Base64/],
    [
      { type: "Replace", pattern: { Regex: "\\s+$" }, content: "" },
      /regular expression "\\\\s\+\$"/,
    ],
    [{ type: "Replace", pattern: { Regex: "(a*)*b" }, content: "" }, /regular expression/],
  ])("refuses %j, by its place", (step, message) => {
    const steps = [{ type: "NFC" }, step];
    expect(() =>
      compileNormalizer({ type: "Sequence", normalizers: steps }, "tokenizer.json"),
    ).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: expect.stringMatching(message),
      }),
    );
  });
});
