import { describe, expect, it } from "vitest";
import { NO_WORD } from "../../text/encoding.js";
import { asWritten, attributedWords } from "./attributed-words.js";

const vocabulary = ["[CLS]", "the", "im", "##pel", "##ler", "lost", "[SEP]", "."];
const written = { token: (id: number) => vocabulary[id], spelling: "written" } as const;

describe("attributedWords", () => {
  it("sums the tokens of a word and leaves special tokens out", () => {
    const encoding = {
      ids: Int32Array.of(0, 1, 2, 3, 4, 5, 7, 6),
      wordIds: Int32Array.of(NO_WORD, 0, 1, 1, 1, 2, 3, NO_WORD),
    };
    const attribution = Float32Array.of(9, 0.5, 1, -0.25, 0.125, -1, 0.25, 9);
    expect(attributedWords(encoding, attribution, written)).toEqual({
      pieces: ["the", " impeller", " lost", " ."],
      attribution: [0.5, 0.875, -1, 0.25],
    });
  });

  it("keeps two words apart that are equal", () => {
    const encoding = { ids: Int32Array.of(1, 1), wordIds: Int32Array.of(0, 1) };
    expect(attributedWords(encoding, [1, 2], written).pieces).toEqual(["the", " the"]);
  });
});

describe("asWritten", () => {
  const words = { pieces: ["it", " '", " s", " wet", " ."], attribution: [1, 2, 3, 4, 5] };

  it("gives words the spelling and the spaces of the text, and what was not read of it", () => {
    const { attribution } = words;
    const pieces = [" It", "'", "s", "  WET", "."];
    expect(asWritten(words, " It's  WET. ")).toEqual({ pieces, attribution });
    const unread = " And cold.";
    expect(asWritten(words, " It's  WET. And cold.")).toEqual({ pieces, attribution, unread });
  });

  it.each([
    ["a word is not there", "It's dry."],
    ["something stands between the words", "It's very wet."],
    ["lower case has another length", "İt's wet. It's wet."],
  ])("leaves them where %s", (_, text) => {
    expect(asWritten(words, text)).toBe(words);
  });
});
