import { describe, expect, it } from "vitest";
import { createTokenizer } from "./tokenizer.js";

const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n[E1]\n";
const bytePairs = {
  "vocab.json": '{"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "a": 5}',
  "merges.txt": "#version: 0.2\n",
};

/** The tokenizer of files, the objects among them as JSON. */
function read(files: Readonly<Record<string, string | object>>) {
  const texts = Object.entries(files).map(
    ([name, content]) =>
      [name, typeof content === "string" ? content : JSON.stringify(content)] as const,
  );
  return createTokenizer(new Map(texts), { folder: "model" });
}

function refusal(files: Readonly<Record<string, string | object>>, message: RegExp): void {
  const error = expect.objectContaining({
    code: "tokenizer-format",
    message: expect.stringMatching(message),
    hint: expect.stringMatching(/\w/),
  });
  expect(() => read(files)).toThrow(error);
}

describe("a tokenizer class that reads texts in another way", () => {
  it.each([
    "BertJapaneseTokenizer",
    "HerbertTokenizerFast",
    "BertweetTokenizer",
    "PhobertTokenizer",
    "AlbertTokenizer",
    "GPT2Tokenizer",
    "LlamaTokenizerFast",
    "KoBertTokenizer",
  ])("is refused by its name: %s", (tokenizer_class) => {
    refusal(
      { "vocab.txt": vocabulary, "tokenizer_config.json": { tokenizer_class } },
      new RegExp(`^model/tokenizer_config.json: .*got "${tokenizer_class}"$`),
    );
    refusal(
      { "vocab.txt": vocabulary, "config.json": { model_type: "bert", tokenizer_class } },
      new RegExp(`^model/config.json: .*got "${tokenizer_class}"$`),
    );
  });

  it("does not count in config.json where tokenizer_config.json names another", () => {
    const files = {
      "vocab.txt": vocabulary,
      "config.json": { tokenizer_class: "BertJapaneseTokenizer" },
      "tokenizer_config.json": { tokenizer_class: "BertTokenizer" },
    };
    expect([...read(files).encode("the", 9).ids]).toEqual([2, 5, 3]);
  });
});

describe("a vocabulary that the class does not read", () => {
  it("is refused: vocab.txt for RoBERTa, merges for BERT, either for tokenizer.json alone", () => {
    const roberta = { "config.json": { model_type: "roberta" } };
    refusal({ "vocab.txt": vocabulary, ...roberta }, /RobertaTokenizer reads, got vocab\.txt/);
    const bert = { "config.json": { model_type: "bert" } };
    refusal({ ...bytePairs, ...bert }, /BertTokenizer reads, got vocab\.json and merges\.txt/);
    const plain = { "tokenizer_config.json": { tokenizer_class: "TokenizersBackend" } };
    refusal({ "vocab.txt": vocabulary, ...plain }, /expected tokenizer\.json/);
  });

  it("is refused in tokenizer.json", () => {
    const wordPiece = read({ "vocab.txt": vocabulary }).files().get("tokenizer.json") ?? "";
    const config = { "tokenizer_config.json": { tokenizer_class: "RobertaTokenizer" } };
    refusal({ "tokenizer.json": wordPiece, ...config }, /expected BPE.*got a WordPiece model/);
  });

  it("is passed over beside the one that it reads", () => {
    const files = { ...bytePairs, "vocab.txt": vocabulary, "config.json": { model_type: "bert" } };
    expect([...read(files).encode("The", 9).ids]).toEqual([2, 5, 3]);
  });

  it("is taken by its layout where no file tells the class", () => {
    expect([...read(bytePairs).encode("a", 9).ids]).toEqual([0, 5, 2]);
    const other = { "config.json": { model_type: "another" } };
    expect([...read({ "vocab.txt": vocabulary, ...other }).encode("the", 9).ids]).toEqual([
      2, 5, 3,
    ]);
  });
});

describe("special tokens that are only listed", () => {
  it.each(["additional_special_tokens", "extra_special_tokens"])("have their id: %s", (list) => {
    for (const content of [["[E1]"], [{ content: "[E1]" }], { marker: "[E1]" }]) {
      const map = { "special_tokens_map.json": { [list]: content } };
      const { ids, wordIds } = read({ "vocab.txt": vocabulary, ...map }).encode("the[E1]the", 9);
      expect([...ids]).toEqual([2, 5, 6, 5, 3]);
      expect([...wordIds]).toEqual([-1, 0, -1, 2, -1]);
    }
  });

  it("are refused without one", () => {
    const map = { "special_tokens_map.json": { additional_special_tokens: ["[E2]"] } };
    refusal({ "vocab.txt": vocabulary, ...map }, /special token "\[E2\]" in the vocabulary/);
  });
});

it("a token with a role stays text, by whatever list it is named", () => {
  const map = {
    "special_tokens_map.json": {
      additional_special_tokens: ["[MASK]"],
      bos_token: "[E1]",
    },
  };
  const tokenizer = read({ "vocab.txt": vocabulary, ...map });
  expect([...tokenizer.encode("the [MASK] [E1]", 20).ids].filter((id) => id > 3)).toEqual([5]);
});
