import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "./load.js";
import { createTokenizer } from "./tokenizer.js";
import { countWords, readsCase } from "./word-counts.js";

const xlmRoberta = await loadTokenizer(
  fileURLToPath(new URL("../../test/golden/families/xlm-roberta", import.meta.url)),
);
const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\n.\na\n1\nword\nA\n##2\n";
const uncased = createTokenizer(new Map([["vocab.txt", vocabulary]]));
const cased = createTokenizer(new Map([["vocab.txt", vocabulary]]), { lowercase: false });

describe("countWords", () => {
  const counts = (text: string) => countWords(uncased.encode(text, 64), uncased);

  it("counts words, their pieces, and those that are split or unknown", () => {
    expect(counts("The cats, the cat.")).toEqual({ words: 5, pieces: 6, split: 1, unknown: 1 });
  });

  it("counts neither numbers nor marks nor special tokens", () => {
    expect(counts("12 . 1")).toEqual({ words: 0, pieces: 0, split: 0, unknown: 0 });
    expect(counts("")).toEqual({ words: 0, pieces: 0, split: 0, unknown: 0 });
  });

  it("takes no pieces of a Unigram vocabulary for words that are split", () => {
    const encoding = xlmRoberta.encode("The patient rests, 漢 at ease", 64);
    const { words, pieces, split, unknown } = countWords(encoding, xlmRoberta);
    expect({ words, split, unknown }).toEqual({ words: 6, split: 0, unknown: 1 });
    expect(pieces).toBeGreaterThan(6);
  });
});

describe("readsCase", () => {
  it("compares what a tokenizer makes of capitals", () => {
    expect(readsCase(uncased)).toBe(false);
    expect(readsCase(cased)).toBe(true);
  });
});
