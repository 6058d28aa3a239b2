import { describe, expect, it } from "vitest";
import { tinyModel } from "../../../test/fixtures/host.js";
import { alteredSplits } from "../../data/check/text-counts.js";
import { buildDataset } from "../../data/dataset.js";
import { buildUnlabelled } from "../../data/unlabelled.js";
import { loadTokenizer } from "../../text/load.js";
import { createTokenizer } from "../../text/tokenizer.js";
import {
  alteredNotice,
  countEncodings,
  countSplits,
  requireKnownWords,
  summedCounts,
} from "./text-counts.js";

const record = (text: string, label = "a", line = 1) => ({ text, label, line, columns: {} });

describe("requireKnownWords", () => {
  const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsea\n";
  const tokenizer = createTokenizer(new Map([["vocab.txt", vocabulary]]));
  const require = (...texts: string[]) =>
    requireKnownWords(
      countEncodings(
        texts.map((text) => tokenizer.encode(text, 64)),
        tokenizer,
      ),
      "texts.csv",
    );

  it("refuses texts of which more than half of the words are unknown", () => {
    const error = expect.objectContaining({
      code: "texts-unknown",
      message: expect.stringContaining("of texts.csv, got one to which 6 of 11 are unknown"),
    });
    expect(() => require("sea ship sea ship sea ship", "ship sea ship sea ship")).toThrow(error);
  });

  it("takes half of them, and a few words of any kind", () => {
    require("sea ship ".repeat(5), "sea ship ".repeat(5));
    require("ship ".repeat(9));
    require("", " ");
  });
});

describe("countEncodings", () => {
  it("counts a word once, whether it is known, unknown, or split into several tokens", () => {
    const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nsea\n##side\n";
    const tokenizer = createTokenizer(new Map([["vocab.txt", vocabulary]]));
    const texts = ["seaside sea seaside ship ship", "", "ship"].map((text) =>
      tokenizer.encode(text, 64),
    );
    expect(countEncodings(texts, tokenizer)).toMatchObject({ words: 6, unknown_words: 3 });
  });
});

describe("countSplits", () => {
  it("counts cut texts, unknown words, texts without tokens and repetitions, split by split", async () => {
    const tokenizer = await loadTokenizer(tinyModel("bert"));
    const encode = (text: string) => tokenizer.encode(text, 8);
    // A word of more than 100 characters is unknown; a lone variation selector leaves no token.
    const long = "w".repeat(101);
    const train = ["the dog", " the dog", "the ".repeat(21), `the ${long}`];
    const dataset = buildDataset({
      train: [...train.map((text) => record(text)), record("a cat", "b"), record("\u0000", "b")],
      dev: [record("the cat")],
      splitSeed: 0,
    });
    const further = buildUnlabelled([record("the dog"), record(long)], dataset);
    const counts = countSplits(
      {
        ...dataset,
        encodings: {
          train: dataset.train.texts.map(encode),
          dev: dataset.dev.texts.map(encode),
          test: [],
        },
      },
      { ...further, encodings: further.texts.map(encode) },
      tokenizer,
    );
    expect(counts).toEqual({
      train: {
        texts: 6,
        // 21 words and 2 special tokens, of which 8 are kept.
        truncated_texts: 1,
        truncated_tokens: 15,
        unknown_words: 1,
        texts_without_tokens: 1,
        repeated_texts: 1,
      },
      dev: expect.objectContaining({ texts: 1, truncated_texts: 0 }),
      unlabelled: expect.objectContaining({ texts: 2, unknown_words: 1 }),
    });
    expect(alteredSplits(counts)).toEqual([
      "train: 1 text truncated to the maximum length (15 tokens lost), 1 word unknown to the tokenizer, 1 text without tokens to score or mask, 1 text repeating an earlier one",
      "unlabelled: 1 word unknown to the tokenizer",
    ]);
  });
});

describe("alteredNotice", () => {
  it("is there only where the model does not see everything", async () => {
    const tokenizer = await loadTokenizer(tinyModel("roberta"));
    const counts = (texts: readonly string[], longest: number) =>
      countEncodings(
        texts.map((text) => tokenizer.encode(text, longest)),
        tokenizer,
      );
    const whole = counts(["the dog", "a cat"], 32);
    expect(alteredNotice(whole)).toBeUndefined();
    const parts = summedCounts([whole, counts([""], 32), counts(["moo moo moo moo"], 3)]);
    expect(parts).toMatchObject({ texts: 4, texts_without_tokens: 1, truncated_texts: 1 });
    expect(alteredNotice(parts)?.text).toMatch(
      /^of 4 texts: 1 text truncated to the maximum length .*, 1 text without tokens to score or mask$/,
    );
  });
});
