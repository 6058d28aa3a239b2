import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePreTokenizer, letterOfByte } from "./pre-tokenize.js";

const byteLevel = compilePreTokenizer({ type: "ByteLevel", add_prefix_space: false }, "test");

describe("compilePreTokenizer", () => {
  it("cuts at GPT-2's classes and leaves each space with the word after it", () => {
    expect(byteLevel.split("It's 20% off,  don't!\n\nNow")).toEqual([
      ..."It|'s| 20|%| off|,| | don|'t|!|\n|\n|Now".split("|"),
    ]);
  });

  it("cuts at spaces and around punctuation for BERT", () => {
    const bert = compilePreTokenizer({ type: "BertPreTokenizer" }, "test");
    expect(bert.split(" it's [MASK]ed…\tno ")).toEqual("it|'|s|[|MASK|]|ed|…|no".split("|"));
    expect(bert.spell("it")).toBe("it");
  });

  it("loses nothing of a text at byte level", () => {
    const byteOfLetter = new Map(letterOfByte.map((letter, byte) => [letter, byte]));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const words = byteLevel.split(text);
        expect(words.join("")).toBe(text);
        const bytes = [...words.map(byteLevel.spell).join("")].map((letter) =>
          byteOfLetter.get(letter),
        );
        expect(bytes).toEqual([...new TextEncoder().encode(text)]);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it("adds a space in front only where it is asked to and there is none", () => {
    const spaced = compilePreTokenizer({ type: "ByteLevel", add_prefix_space: true }, "test");
    expect(spaced.split("a b")).toEqual([" a", " b"]);
    expect(spaced.split(" a")).toEqual([" a"]);
    expect(spaced.split("")).toEqual([]);
  });

  it("marks spaces, one before the text too, and begins a word at each mark", () => {
    const marked = (settings: Record<string, unknown>) =>
      compilePreTokenizer({ type: "Metaspace", replacement: "\u2581", ...settings }, "test");
    expect(marked({}).split("a  b")).toEqual(["\u2581a", "\u2581", "\u2581b"]);
    expect(marked({}).split(" a ")).toEqual(["\u2581a", "\u2581"]);
    expect(marked({ prepend_scheme: "never" }).split("a b")).toEqual(["a", "\u2581b"]);
    expect(marked({ add_prefix_space: true, split: false }).split("a b")).toEqual([
      "\u2581a\u2581b",
    ]);
    expect(marked({}).split("")).toEqual([]);
    expect(marked({}).spelling).toBe("marked");
  });

  it("applies a sequence step by step, each to the words of the one before", () => {
    const steps = [{ type: "WhitespaceSplit" }, { type: "ByteLevel", use_regex: false }];
    const sequence = compilePreTokenizer({ type: "Sequence", pretokenizers: steps }, "test");
    expect(sequence.split(" it's  é ")).toEqual([" it's", " é"]);
    expect(sequence.spell(" é")).toBe("ĠÃ©");
  });

  it("takes a text whole without a pre-tokenizer", () => {
    expect(compilePreTokenizer(null, "test").split("a b")).toEqual(["a b"]);
    expect(compilePreTokenizer(null, "test").split("")).toEqual([]);
    const empty = compilePreTokenizer({ type: "Sequence", pretokenizers: [] }, "test");
    expect(empty.split("a b")).toEqual(["a b"]);
  });

  it.each([
    [{ type: "Split" }, /expected one of .*, got Split$/],
    [{ type: "Metaspace", replacement: "_" }, /replacement/],
    [{ type: "Metaspace", replacement: "\u2581", prepend_scheme: "first" }, /"first" depends/],
    [
      {
        type: "Metaspace",
        replacement: "\u2581",
        prepend_scheme: "always",
        add_prefix_space: false,
      },
      /say the same/,
    ],
    [
      { type: "Sequence", pretokenizers: [{ type: "ByteLevel" }, { type: "WhitespaceSplit" }] },
      /expected ByteLevel or Metaspace to come last/,
    ],
    [{ type: "ByteLevel", use_regex: "yes" }, /use_regex/],
    [{}, /type/],
  ])("refuses %j", (settings, message) => {
    expect(() => compilePreTokenizer(settings, "tokenizer.json")).toThrow(
      expect.objectContaining({
        code: "tokenizer-format",
        message: expect.stringMatching(message),
      }),
    );
  });
});
