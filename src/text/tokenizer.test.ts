import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tokenizer } from "./encoding.js";
import { createTokenizer } from "./tokenizer.js";

const vocabText = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\n[\n]\nmask\nCat\nété\nete\n";
const fromVocabulary = createTokenizer(new Map([["vocab.txt", vocabText]]));

/** The JSON of the vocabulary above with some of its parts replaced. */
function changedJson(change: Record<string, unknown>, model: Record<string, unknown> = {}): string {
  const json: { model: object } = JSON.parse(fromVocabulary.files().get("tokenizer.json") ?? "");
  return JSON.stringify({ ...json, ...change, model: { ...json.model, ...model } });
}

function fromJson(json: string, config: object = {}): Tokenizer {
  return createTokenizer(
    new Map([
      ["tokenizer.json", json],
      ["tokenizer_config.json", JSON.stringify(config)],
    ]),
  );
}

function tokensOf(tokenizer: Tokenizer, text: string): string[] {
  return [...tokenizer.encode(text, 512).ids].map((id) => tokenizer.token(id));
}

function expectRefusal(make: () => unknown, code: string, message: RegExp): void {
  expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  expect(make).toThrow(expect.objectContaining({ hint: expect.stringMatching(/\w/) }));
}

describe("createTokenizer", () => {
  it("builds BERT's tokenizer from vocab.txt", () => {
    const { ids, wordIds, truncated } = fromVocabulary.encode("The cats [MASK]", 16);
    expect([...ids]).toEqual([2, 5, 6, 7, 8, 10, 9, 3]);
    expect([...wordIds]).toEqual([-1, 0, 1, 1, 2, 3, 4, -1]);
    expect(truncated).toBe(0);
    expect(fromVocabulary.special).toEqual({ first: 2, last: 3, pad: 0, mask: 4, unknown: 1 });
    expect([...fromVocabulary.specialIds].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(fromVocabulary.vocabularySize).toBe(14);
    // Other programs look for the special tokens in the text as it was written.
    const { added_tokens } = JSON.parse(fromVocabulary.files().get("tokenizer.json") ?? "");
    const rules = { special: true, normalized: false, single_word: false };
    expect(added_tokens).toMatchObject(Array(5).fill(rules));
  });

  it("cuts from the end and counts what it cut", () => {
    const { ids, wordIds, truncated } = fromVocabulary.encode("The cats [MASK]", 5);
    expect([...ids]).toEqual([2, 5, 6, 7, 3]);
    expect([...wordIds]).toEqual([-1, 0, 1, 1, -1]);
    expect(truncated).toBe(3);
    expect([...fromVocabulary.encode("", 2).ids]).toEqual([2, 3]);
  });

  it("follows tokenizer_config.json, and settings over it", () => {
    const files = new Map([
      ["vocab.txt", vocabText],
      ["tokenizer_config.json", '{"do_lower_case": false}'],
    ]);
    expect(tokensOf(createTokenizer(files), "Cat été")).toEqual(["[CLS]", "Cat", "été", "[SEP]"]);
    expect(tokensOf(createTokenizer(files, { lowercase: true }), "Cat été")).toEqual([
      "[CLS]",
      "cat",
      "ete",
      "[SEP]",
    ]);
    expect(tokensOf(createTokenizer(files, { stripAccents: true }), "Cat été")).toEqual([
      "[CLS]",
      "Cat",
      "ete",
      "[SEP]",
    ]);
  });

  it("leaves tokenizer.json alone under the class that reads nothing else", () => {
    const config = { do_lower_case: false, tokenizer_class: "PreTrainedTokenizerFast" };
    expect(tokensOf(fromJson(changedJson({}), config), "Cat")).toEqual(["[CLS]", "cat", "[SEP]"]);
    const bert = { ...config, tokenizer_class: "BertTokenizer" };
    expect(tokensOf(fromJson(changedJson({}), bert), "Cat")).toEqual(["[CLS]", "Cat", "[SEP]"]);
  });

  it("keeps the token of the later of two equal lines, ids by line, CRLF or LF", () => {
    const files = new Map([
      ["vocab.txt", "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\nb\r\na"],
    ]);
    expect([...createTokenizer(files).encode("a b", 9).ids]).toEqual([2, 7, 6, 3]);
  });

  it("takes white space at the end of a line of vocab.txt for no part of the token", () => {
    const files = new Map([["vocab.txt", vocabText.replace("the\n", "the \u00a0\n")]]);
    expect([...createTokenizer(files).encode("the", 9).ids]).toEqual([2, 5, 3]);
  });

  it("builds RoBERTa's tokenizer from vocab.json and merges.txt", () => {
    const vocab = {
      "<s>": 0,
      "<pad>": 1,
      "</s>": 2,
      "<unk>": 3,
      a: 4,
      b: 5,
      Ġ: 6,
      Ġa: 7,
      "<mask>": 8,
    };
    const build = (merges: string) =>
      createTokenizer(
        new Map([
          ["vocab.json", JSON.stringify(vocab)],
          ["merges.txt", merges],
        ]),
      );
    expect([...build("#version: 0.2\nĠ a\n").encode("ab a", 9).ids]).toEqual([0, 4, 5, 7, 2]);
    expect([...build("").encode("ab a", 9).ids]).toEqual([0, 4, 5, 6, 4, 2]);
  });

  it("keeps a token named like a property of every object", () => {
    const files = new Map([["vocab.txt", `${vocabText}__proto__\n_\n##_\nproto\n`]]);
    const plain = { normalizer: null, pre_tokenizer: { type: "WhitespaceSplit" } };
    const json = JSON.parse(createTokenizer(files).files().get("tokenizer.json") ?? "");
    expect([...fromJson(JSON.stringify({ ...json, ...plain })).encode("__proto__", 9).ids]).toEqual(
      [2, 14, 3],
    );
  });

  it("takes the names of special tokens from the configuration files", () => {
    const text = vocabText.replace("[CLS]", "<start>").replace("[SEP]", "<stop>");
    const map = { cls_token: "<start>", sep_token: { content: "<stop>", lstrip: false } };
    const tokenizer = createTokenizer(
      new Map([
        ["vocab.txt", text],
        ["special_tokens_map.json", JSON.stringify(map)],
      ]),
    );
    expect(tokensOf(tokenizer, "the")).toEqual(["<start>", "the", "<stop>"]);
    expect(JSON.parse(tokenizer.files().get("special_tokens_map.json") ?? "")).toMatchObject({
      cls_token: "<start>",
      sep_token: "<stop>",
    });
  });

  it("reads special tokens that only added_tokens.json or added_tokens_decoder holds", () => {
    const text = vocabText.replace("[MASK]", "[unused]");
    const added = new Map([
      ["vocab.txt", text],
      ["added_tokens.json", '{"[MASK]": 14}'],
    ]);
    expect(createTokenizer(added).special.mask).toBe(14);
    expect(createTokenizer(added).vocabularySize).toBe(15);
    const decoder = { "14": { content: "[MASK]", special: true } };
    const described = new Map([
      ["vocab.txt", text],
      ["tokenizer_config.json", JSON.stringify({ added_tokens_decoder: decoder })],
    ]);
    expect(createTokenizer(described).special.mask).toBe(14);
    const saved = createTokenizer(createTokenizer(added).files());
    expect(saved.special.mask).toBe(14);
  });

  it("reads half a surrogate pair as the replacement character", () => {
    const plain = fromJson(
      changedJson({ normalizer: null }, { vocab: { ...specials, "\ufffd": 5 } }),
    );
    expect([...plain.encode("\ud83d", 9).ids]).toEqual([2, 5, 3]);
  });

  it("reads old files: no type of the model, merges as pairs, no post-processor", () => {
    const model = {
      type: undefined,
      vocab: { ...specials, a: 5, b: 6, ab: 7 },
      merges: [["a", "b"]],
    };
    const json = changedJson(
      { normalizer: null, post_processor: null },
      { ...model, unk_token: null },
    );
    const old = JSON.stringify({
      ...JSON.parse(json),
      model: { vocab: model.vocab, merges: model.merges },
    });
    expect(tokensOf(fromJson(old), "ab ba")).toEqual(["[CLS]", "ab", "b", "a", "[SEP]"]);
  });

  it("never gives more than max_length tokens, and a shorter row starts the longer one", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("the", " ", "cats", "[MASK]", "é", "東", "\n") }),
        fc.integer({ min: 2, max: 12 }),
        (text, maxLength) => {
          const cut = fromVocabulary.encode(text, maxLength);
          const whole = fromVocabulary.encode(text, 10_000);
          expect(cut.ids.length).toBeLessThanOrEqual(maxLength);
          expect(cut.ids.length + cut.truncated).toBe(whole.ids.length);
          expect([...cut.ids.slice(0, -1)]).toEqual([...whole.ids.slice(0, cut.ids.length - 1)]);
          expect(cut.ids.at(-1)).toBe(3);
          expect(cut.wordIds.at(-1)).toBe(-1);
        },
      ),
      { seed: 3, numRuns: 200 },
    );
  });
});

const specials = { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4 };

describe("digest", () => {
  it("depends on what decides ids and on nothing else", () => {
    const digest = fromVocabulary.digest;
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(fromJson(changedJson({}), { model_max_length: 64 }).digest).toBe(digest);
    expect(fromJson(changedJson({ decoder: null }), {}).digest).toBe(digest);
    expect(fromJson(changedJson({}), { do_lower_case: false }).digest).not.toBe(digest);
    const more = createTokenizer(new Map([["vocab.txt", `${vocabText}dog\n`]]));
    expect(more.digest).not.toBe(digest);
  });
});

describe("files", () => {
  it("keeps tokenizer.json to the letter and the settings of the configuration", () => {
    const json = changedJson({ extra: [1, 2] });
    const config = { model_max_length: 64, name_or_path: "somewhere", do_lower_case: true };
    const files = fromJson(json, config).files();
    expect(files.get("tokenizer.json")).toBe(json);
    expect(files.get("vocab.txt")).toBe(vocabText);
    const saved = JSON.parse(files.get("tokenizer_config.json") ?? "");
    expect(saved).toMatchObject({
      tokenizer_class: "BertTokenizer",
      model_max_length: 64,
      do_lower_case: true,
      strip_accents: null,
      mask_token: "[MASK]",
    });
    expect(saved).not.toHaveProperty("name_or_path");
    expect(saved.added_tokens_decoder["4"]).toMatchObject({ content: "[MASK]", special: true });
  });

  it("writes added tokens that only the configuration held into tokenizer.json", () => {
    const decoder = { "4": { content: "[MASK]", special: true } };
    const saved = fromJson(changedJson({ added_tokens: [] }), { added_tokens_decoder: decoder });
    expect(JSON.parse(saved.files().get("tokenizer.json") ?? "").added_tokens).toMatchObject([
      { id: 4, content: "[MASK]" },
    ]);
  });

  it("says where other programs cut a row", () => {
    const limit = (tokenizer: Tokenizer, longest?: number): unknown =>
      JSON.parse(tokenizer.files(longest).get("tokenizer_config.json") ?? "").model_max_length;
    const given = fromJson(changedJson({}), { model_max_length: 64 });
    expect([limit(given), limit(given, 128)]).toEqual([64, 128]);
    expect([limit(fromVocabulary), limit(fromVocabulary, 32)]).toEqual([undefined, 32]);
  });

  it("drops the length that stands for no limit", () => {
    const saved = fromJson(changedJson({}), { model_max_length: 1e30 }).files();
    expect(saved.get("tokenizer_config.json")).not.toContain("model_max_length");
  });

  it("names the plain class for a tokenizer that the named ones cannot express", () => {
    const saved = fromJson(changedJson({ normalizer: { type: "NFC" } })).files();
    expect(saved.get("tokenizer_config.json")).toContain("PreTrainedTokenizerFast");
  });

  it("leaves vocab.txt out where lines cannot stand for ids", () => {
    const gap = fromJson(changedJson({}, { vocab: { ...specials, the: 9 } }));
    expect([...gap.files().keys()]).not.toContain("vocab.txt");
  });
});

describe("what createTokenizer refuses", () => {
  const template = (single: unknown) => ({
    post_processor: { type: "TemplateProcessing", single },
  });
  const text = { Sequence: { id: "A" } };
  const bytePairs = {
    type: "BPE",
    merges: [],
    unk_token: null,
    continuing_subword_prefix: null,
    vocab: { ...specials, a: 5 },
  };

  it.each<[string, RegExp, Record<string, unknown>, Record<string, unknown>]>([
    ["models of whole words", /got WordLevel/, {}, { type: "WordLevel" }],
    ["an empty vocabulary", /vocab: expected an object/, {}, { vocab: {} }],
    ["ids beyond belief", /vocab: expected an object/, {}, { vocab: { ...specials, a: 2 ** 25 } }],
    ["ids twice", /vocab: expected an object/, {}, { vocab: { a: 1, b: 1 } }],
    ["a vocabulary without the unknown token", /unknown token "<u>"/, {}, { unk_token: "<u>" }],
    ["dropout", /dropout: not supported/, {}, { ...bytePairs, dropout: 0.1 }],
    ["byte fallback", /byte_fallback: not supported/, {}, { ...bytePairs, byte_fallback: true }],
    [
      "affixes",
      /end_of_word_suffix: not supported/,
      {},
      { ...bytePairs, end_of_word_suffix: "</w>" },
    ],
    ["broken merges", /merge 1: expected two tokens/, {}, { ...bytePairs, merges: ["a b c"] }],
    ["an unknown byte pair token", /unknown token "x"/, {}, { ...bytePairs, unk_token: "x" }],
    [
      "a missing special token",
      /missing \[MASK\] \(mask_token\)/,
      { added_tokens: [] },
      {
        vocab: { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3 },
      },
    ],
    [
      "more added tokens than a text is searched for",
      /at most 8192 entries/,
      { added_tokens: Array.from({ length: 8193 }, (_, i) => ({ id: 14 + i, content: `w${i}` })) },
      {},
    ],
    [
      "added tokens under another id",
      /to have the id 4 .* got 7/,
      {
        added_tokens: [{ id: 7, content: "[MASK]", special: true }],
      },
      {},
    ],
    [
      "rows without a last token",
      /another template/,
      template([{ SpecialToken: { id: "[CLS]" } }, text]),
      {},
    ],
    [
      "rows with the text first",
      /another template/,
      template([text, { SpecialToken: { id: "[CLS]" } }, { SpecialToken: { id: "[SEP]" } }]),
      {},
    ],
    ["other post-processors", /got Other/, { post_processor: { type: "Other" } }, {}],
  ])("%s", (_, message, change, model) => {
    expectRefusal(() => fromJson(changedJson(change, model)), "tokenizer-format", message);
  });

  it("files without a vocabulary", () => {
    const make = () => createTokenizer(new Map([["merges.txt", ""]]), { folder: "model" });
    expectRefusal(
      make,
      "checkpoint-missing",
      /^model.*vocab\.txt, or sentencepiece\.bpe\.model, found merges\.txt$/,
    );
    expectRefusal(() => createTokenizer(new Map()), "checkpoint-missing", /found none of them$/);
  });

  it("text that is not JSON", () => {
    const make = () => createTokenizer(new Map([["tokenizer.json", "{"]]), { folder: "model" });
    expectRefusal(
      make,
      "tokenizer-format",
      /^bad JSON in model\/tokenizer\.json line 1, column 2: expected/,
    );
  });

  it("a merges.txt with a broken line, by its number", () => {
    const files = new Map([
      ["vocab.json", JSON.stringify({ "<s>": 0, a: 1, b: 2, ab: 3 })],
      ["merges.txt", "#version: 0.2\na b\nab\n"],
    ]);
    expectRefusal(
      () => createTokenizer(files),
      "tokenizer-format",
      /^merges\.txt line 3: .*got "ab"$/,
    );
  });

  it("an id outside the vocabulary, and a length without room for the special tokens", () => {
    expectRefusal(() => fromVocabulary.token(14), "tokenizer-format", /below 14\), got 14$/);
    expectRefusal(() => fromVocabulary.encode("a", 1), "invalid-setting", /^max_length.*got 1$/);
    expectRefusal(() => fromVocabulary.encode("a", 2.5), "invalid-setting", /got 2\.5$/);
  });
});
