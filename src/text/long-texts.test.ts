import { describe, expect, it } from "vitest";
import type { Encoding } from "./encoding.js";
import { keepingOfLongTexts, wholeText, windowsOf } from "./long-texts.js";
import { createTokenizer } from "./tokenizer.js";

const words = ["a", "b", "c", "d", "e", "f", "##s"];
const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words].join("\n");
const whole = createTokenizer(new Map([["vocab.txt", vocabulary]]));
const tokenizer = keepingOfLongTexts(whole, "head-tail");

const read = (text: string, maxLength: number) => {
  const { ids, wordIds, truncated } = tokenizer.encode(text, maxLength);
  return { tokens: Array.from(ids, (id) => tokenizer.token(id)), wordIds: [...wordIds], truncated };
};

describe("keepingOfLongTexts", () => {
  it("keeps the first and the last tokens, one more of the first", () => {
    expect(read("a b c d e fs", 7)).toEqual({
      tokens: ["[CLS]", "a", "b", "c", "f", "##s", "[SEP]"],
      wordIds: [-1, 0, 1, 2, 5, 5, -1],
      truncated: 2,
    });
    expect(read("a b c d e fs", 6).tokens).toEqual(["[CLS]", "a", "b", "f", "##s", "[SEP]"]);
    expect(read("a b c d e fs", 3).tokens).toEqual(["[CLS]", "a", "[SEP]"]);
  });

  it("leaves texts that fit", () => {
    expect(read("a b c", 5)).toMatchObject({ truncated: 0, wordIds: [-1, 0, 1, 2, -1] });
    expect(tokenizer.encode("a b c d", 6)).toEqual(whole.encode("a b c d", 6));
  });

  it("has a digest of its own, and is the tokenizer itself for heads", () => {
    expect(tokenizer.digest).not.toBe(whole.digest);
    expect(tokenizer.keeps).toBe("head-tail");
    expect(keepingOfLongTexts(whole, "head")).toBe(whole);
  });
});

describe("windows", () => {
  const windows = keepingOfLongTexts(whole, "windows");
  const named = ({ ids }: Encoding) => Array.from(ids, (id) => windows.token(id)).join(" ");

  it("are adjacent, as equal in length as can be, and framed by the special tokens", () => {
    const found = windowsOf(windows.encode("a b c d e fs", 5));
    expect(found.map(named)).toEqual(["[CLS] a b [SEP]", "[CLS] c d e [SEP]", "[CLS] f ##s [SEP]"]);
    expect(Array.from(found[1].wordIds)).toEqual([-1, 2, 3, 4, -1]);
    expect(found.every(({ truncated }) => truncated === 0)).toBe(true);
  });

  it("make up the text", () => {
    const { ids, wordIds } = whole.encode("a b c d e fs", 64);
    for (const length of [3, 4, 5, 8, 9]) {
      const joined = wholeText(windows.encode("a b c d e fs", length));
      expect(joined).toEqual({ ids, wordIds, truncated: 0 });
    }
  });

  it("are one where the text fits", () => {
    expect(windows.encode("a b c", 5)).toEqual(whole.encode("a b c", 5));
    expect(windows.keeps).toBe("windows");
  });
});
