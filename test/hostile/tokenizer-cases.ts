/** Hostile tokenizer files. */
import { casesOf, type Files, type HostileCase } from "./case.js";
import { joined } from "./forge.js";

const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "##b", "moo"];
const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));

/** A small WordPiece tokenizer, as fields of tokenizer.json. */
export const plainTokenizer = {
  version: "1.0",
  added_tokens: tokens.slice(0, 5).map((content, id) => ({ id, content, special: true })),
  normalizer: { type: "BertNormalizer" },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] },
  model: { type: "WordPiece", unk_token: "[UNK]", vocab },
};

const robertaVocab = Object.fromEntries(
  ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "ab", "\u0120a"].map((token, id) => [
    token,
    id,
  ]),
);

/** A small byte-level BPE tokenizer. */
export const plainBytePairs = {
  added_tokens: Object.entries(robertaVocab)
    .slice(0, 5)
    .map(([content, id]) => ({ id, content, special: true })),
  normalizer: null,
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
  post_processor: { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2] },
  model: { type: "BPE", vocab: robertaVocab, merges: ["a b"] },
};

/** A small Unigram tokenizer. */
export const plainUnigram = {
  added_tokens: ["<s>", "<pad>", "</s>", "<unk>"].map((content, id) => ({
    id,
    content,
    special: true,
  })),
  normalizer: null,
  pre_tokenizer: { type: "Metaspace", replacement: "\u2581", prepend_scheme: "always" },
  post_processor: { type: "RobertaProcessing", cls: ["<s>", 0], sep: ["</s>", 2] },
  model: {
    type: "Unigram",
    unk_id: 3,
    vocab: ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "\u2581a", "b", "moo"].map((piece, id) => [
      piece,
      id < 5 ? 0 : -id,
    ]),
  },
};
const pieces = (fields: Readonly<Record<string, unknown>>) => () =>
  JSON.stringify({ ...plainUnigram, model: { ...plainUnigram.model, ...fields } });
const scored = (...more: unknown[]) => pieces({ vocab: [...plainUnigram.model.vocab, ...more] });
const charsmap = (...bytes: number[]) =>
  JSON.stringify({
    ...plainUnigram,
    normalizer: {
      type: "Precompiled",
      precompiled_charsmap: Buffer.from(bytes).toString("base64"),
    },
  });

const json = (fields: Readonly<Record<string, unknown>>) => () =>
  JSON.stringify({ ...plainTokenizer, ...fields });
const model = (fields: Readonly<Record<string, unknown>>) =>
  json({ model: { ...plainTokenizer.model, ...fields } });
const pairs = (fields: Readonly<Record<string, unknown>>) => () =>
  JSON.stringify({ ...plainBytePairs, model: { ...plainBytePairs.model, ...fields } });
const edited = (from: string, to: string) => () => JSON.stringify(plainTokenizer).replace(from, to);
const nest = (levels: number, inner: unknown): unknown =>
  levels === 0 ? inner : { type: "Sequence", normalizers: [nest(levels - 1, inner)] };
const beside = (files: Files) => (): Files => ({
  "tokenizer.json": JSON.stringify(plainTokenizer),
  ...files,
});

const tokenizerCases = casesOf("tokenizer", [
  ["a plain WordPiece file", "accepted", json({})],
  ["a plain BPE file", "accepted", pairs({})],
  ["a plain Unigram file", "accepted", pieces({})],
  ["a Unigram vocabulary without pieces", "tokenizer-format", pieces({ vocab: [] }), "vocab"],
  ["a piece twice", "tokenizer-format", scored(["b", -2]), "vocab"],
  ["a score that is a text", "tokenizer-format", scored(["c", "-2"]), "vocab"],
  ["a piece without a score", "tokenizer-format", scored(["c"]), "vocab"],
  ["a piece of a megabyte", "tokenizer-format", scored(["x".repeat(1e6), -2]), "1000 letters"],
  ["an empty piece", "accepted", scored(["", -2])],
  ["a piece __proto__", "accepted", scored(["__proto__", -2])],
  ["a piece of half a surrogate pair", "accepted", scored(["\ud800", -2])],
  ["an unknown token beyond the pieces", "tokenizer-format", pieces({ unk_id: 8 }), "unk_id"],
  ["no unknown token among the pieces", "tokenizer-format", pieces({ unk_id: null }), "unk_id"],
  ["a character map of no units", "tokenizer-format", charsmap(0, 0, 0, 0), "character map"],
  [
    "a character map cut off",
    "tokenizer-format",
    charsmap(16, 0, 0, 0, 1, 0, 0, 0),
    "character map",
  ],
  [
    "a character map that leads out of itself",
    "tokenizer-format",
    charsmap(4, 0, 0, 0, 0, 255, 255, 255),
    "character map",
  ],
  ["no bytes", "tokenizer-format", "", "line 1"],
  ["an array", "tokenizer-format", "[]"],
  ["null", "tokenizer-format", "null"],
  [
    "cut off",
    "tokenizer-format",
    () => JSON.stringify(plainTokenizer).slice(0, 200),
    "line 1, column 201",
  ],
  [
    "a byte that is no UTF-8",
    "tokenizer-format",
    () => joined('{"model": "', [0x80], '"}'),
    "UTF-8",
  ],
  ["100 000 open brackets", "tokenizer-format", "[".repeat(100_000), "column 101"],
  ["model twice", "tokenizer-format", edited('"model":', '"model":{},"model":'), "again"],
  ["a token twice", "tokenizer-format", edited('"a":5', '"a":5,"a":6'), "again"],
  ["an id twice", "tokenizer-format", model({ vocab: { ...vocab, c: 5 } }), "vocab"],
  ["a negative id", "tokenizer-format", model({ vocab: { ...vocab, c: -1 } }), "vocab"],
  ["an id of 1.5", "tokenizer-format", model({ vocab: { ...vocab, c: 9.5 } }), "vocab"],
  ["an id of 1e300", "tokenizer-format", model({ vocab: { ...vocab, c: 1e300 } }), "vocab"],
  [
    "an id of four million in a vocabulary of ten",
    "tokenizer-format",
    model({ vocab: { ...vocab, c: 4_000_000 } }),
    "gaps",
  ],
  [
    "an added token with an id of four million",
    "tokenizer-format",
    json({
      added_tokens: [
        ...plainTokenizer.added_tokens,
        { id: 4_000_000, content: "<x>", special: true },
      ],
    }),
    "gaps",
  ],
  [
    "an added token with an id of 2^52",
    "tokenizer-format",
    json({
      added_tokens: [
        ...plainTokenizer.added_tokens,
        { id: 2 ** 52, content: "<x>", special: true },
      ],
    }),
    "id",
  ],
  ["an id that is a text", "tokenizer-format", model({ vocab: { ...vocab, c: "9" } }), "vocab"],
  ["an empty vocabulary", "tokenizer-format", model({ vocab: {} }), "vocab"],
  ["a vocabulary that is a list", "tokenizer-format", model({ vocab: tokens }), "vocab"],
  ["no vocabulary", "tokenizer-format", model({ vocab: undefined }), "vocab"],
  ["a token __proto__", "accepted", edited('"a":5', '"__proto__":9,"a":5')],
  ["a token constructor", "accepted", model({ vocab: { ...vocab, constructor: 9 } })],
  ["a token of half a surrogate pair", "accepted", edited('"a":5', '"\\ud800":9,"a":5')],
  ["a token of a megabyte", "accepted", model({ vocab: { ...vocab, ["x".repeat(1e6)]: 9 } })],
  ["an empty token", "accepted", model({ vocab: { ...vocab, "": 9 } })],
  ["no unknown token", "tokenizer-format", model({ unk_token: "<nothing>" }), "<nothing>"],
  [
    "the unknown token __proto__",
    "tokenizer-format",
    model({ unk_token: "__proto__" }),
    "__proto__",
  ],
  [
    "words of a billion characters",
    "tokenizer-format",
    model({ max_input_chars_per_word: 1e9 }),
    "max_input_chars_per_word",
  ],
  ["words of no characters", "accepted", model({ max_input_chars_per_word: 0 })],
  ["a model of type WordLevel", "tokenizer-format", model({ type: "WordLevel" }), "WordLevel"],
  ["tokens with ids for pieces", "tokenizer-format", model({ type: "Unigram" }), "vocab"],
  ["a model of type __proto__", "tokenizer-format", model({ type: "__proto__" }), "__proto__"],
  ["a model that is a list", "tokenizer-format", json({ model: [] }), "model"],
  [
    "merges of a token that is not there",
    "tokenizer-format",
    pairs({ merges: ["a z"] }),
    "merge 1",
  ],
  [
    "a merge into a token that is not there",
    "tokenizer-format",
    pairs({ merges: ["b a"] }),
    "merge 1",
  ],
  ["a merge of three", "tokenizer-format", pairs({ merges: ["a b a"] }), "merge 1"],
  [
    "a merge of a megabyte of spaces",
    "tokenizer-format",
    pairs({ merges: [" ".repeat(1e6)] }),
    "merge 1",
  ],
  [
    "a million merges that are numbers",
    "tokenizer-format",
    pairs({ merges: Array(1e6).fill(1) }),
    "merges",
  ],
  ["merges of both forms", "tokenizer-format", pairs({ merges: ["a b", ["a", "b"]] }), "merges"],
  ["a merge 100 000 times", "accepted", pairs({ merges: Array(100_000).fill("a b") })],
  ["dropout", "tokenizer-format", pairs({ dropout: 0.1 }), "dropout"],
  ["byte fallback", "tokenizer-format", pairs({ byte_fallback: true }), "byte_fallback"],
  [
    "an unknown normalizer",
    "tokenizer-format",
    json({ normalizer: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } }),
    "Replace",
  ],
  ["a normalizer without a type", "tokenizer-format", json({ normalizer: {} }), "type"],
  [
    "a normalizer of type constructor",
    "tokenizer-format",
    json({ normalizer: { type: "constructor" } }),
    "constructor",
  ],
  [
    "normalizers 60 levels deep",
    "tokenizer-format",
    json({ normalizer: nest(60, { type: "NFC" }) }),
    "levels of nesting",
  ],
  ["normalizers 20 levels deep", "accepted", json({ normalizer: nest(20, { type: "NFC" }) })],
  [
    "normalizers 100 000 levels deep",
    "tokenizer-format",
    () => `{"normalizer":${'{"type":"Sequence","normalizers":['.repeat(50_000)}`,
    "column",
  ],
  [
    "100 000 normalizers",
    "tokenizer-format",
    json({ normalizer: { type: "Sequence", normalizers: Array(100_000).fill({ type: "NFKD" }) } }),
    "steps",
  ],
  [
    "100 000 pre-tokenizers",
    "tokenizer-format",
    json({
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: Array(100_000).fill({ type: "WhitespaceSplit" }),
      },
    }),
    "steps",
  ],
  [
    "a pre-tokenizer with an expression of its own",
    "tokenizer-format",
    json({ pre_tokenizer: { type: "Split", pattern: { Regex: "(a|a)*$" }, behavior: "Isolated" } }),
    "Split",
  ],
  [
    "normalizers that are no list",
    "tokenizer-format",
    json({ normalizer: { type: "Sequence", normalizers: { length: 1e9 } } }),
    "normalizers",
  ],
  [
    "another template",
    "tokenizer-format",
    json({ post_processor: { type: "TemplateProcessing", single: [] } }),
    "template",
  ],
  [
    "a template of 60 parts",
    "tokenizer-format",
    json({
      post_processor: {
        type: "TemplateProcessing",
        single: Array(60).fill({ Sequence: { id: "A" } }),
      },
    }),
    "single",
  ],
  [
    "a first token that is not there",
    "tokenizer-format",
    json({ post_processor: { type: "BertProcessing", cls: ["[X]", 2], sep: ["[SEP]", 3] } }),
    "[X]",
  ],
  [
    "a first token toString",
    "tokenizer-format",
    json({ post_processor: { type: "BertProcessing", cls: ["toString", 2], sep: ["[SEP]", 3] } }),
    "toString",
  ],
  [
    "added tokens that are numbers",
    "tokenizer-format",
    json({ added_tokens: Array(50_000).fill(1) }),
    "added_tokens",
  ],
  [
    "a million added tokens",
    "tokenizer-format",
    json({ added_tokens: Array(1_000_000).fill(1) }),
    "added_tokens",
  ],
  [
    "an added token with another id than in the vocabulary",
    "tokenizer-format",
    json({ added_tokens: [{ id: 3, content: "a", special: true }] }),
    '"a"',
  ],
  [
    "an added word",
    "accepted",
    json({ added_tokens: [{ id: 9, content: "word", special: false }] }),
  ],
  [
    "config: no JSON",
    "tokenizer-format",
    beside({ "tokenizer_config.json": "{" }),
    "tokenizer_config.json",
  ],
  [
    "config: a list",
    "tokenizer-format",
    beside({ "tokenizer_config.json": "[]" }),
    "tokenizer_config.json",
  ],
  [
    "config: a name __proto__",
    "accepted",
    beside({ "tokenizer_config.json": '{"__proto__": {"mask_token": "a"}}' }),
  ],
  [
    "config: a mask token that is not there",
    "tokenizer-format",
    beside({ "tokenizer_config.json": '{"mask_token": "<m>"}' }),
    "<m>",
  ],
  [
    "config: added tokens by an id that is none",
    "tokenizer-format",
    beside({
      "tokenizer_config.json":
        '{"added_tokens_decoder": {"__proto__": {"content": "a"}, "x": {"content": "<x>", "special": true}}}',
    }),
    "added_tokens_decoder",
  ],
  [
    "config: do_lower_case as a text",
    "tokenizer-format",
    beside({ "tokenizer_config.json": '{"do_lower_case": "yes"}' }),
    "do_lower_case",
  ],
  [
    "config: do_lower_case twice",
    "tokenizer-format",
    beside({ "tokenizer_config.json": '{"do_lower_case": true, "do_lower_case": false}' }),
    "again",
  ],
  [
    "special_tokens_map: a number as a token",
    "tokenizer-format",
    beside({ "special_tokens_map.json": '{"mask_token": 7}' }),
    "special_tokens_map.json",
  ],
  [
    "special_tokens_map: 100 000 open braces",
    "tokenizer-format",
    beside({ "special_tokens_map.json": '{"a":'.repeat(100_000) }),
    "special_tokens_map.json",
  ],
  [
    "special_tokens_map: a token constructor",
    "tokenizer-format",
    beside({ "special_tokens_map.json": '{"mask_token": {"content": "constructor"}}' }),
    "constructor",
  ],
  [
    "added_tokens.json: a list",
    "tokenizer-format",
    beside({ "added_tokens.json": "[]" }),
    "added_tokens.json",
  ],
  [
    "added_tokens.json: an id of 2^52",
    "tokenizer-format",
    beside({ "added_tokens.json": `{"<x>": ${2 ** 52}}` }),
    "added_tokens.json",
  ],
  [
    "added_tokens.json: a word __proto__",
    "accepted",
    beside({ "added_tokens.json": '{"__proto__": 9}' }),
  ],
]);

const text = (content: string | Uint8Array) => (): Files => ({ "vocab.txt": content });
const twoFiles = (vocabulary: string, merges: string) => (): Files => ({
  "vocab.json": vocabulary,
  "merges.txt": merges,
});
const bare = (bytes: Iterable<number>) => (): Files => ({
  "sentencepiece.bpe.model": Uint8Array.from(bytes),
});
const lines = `${tokens.join("\n")}\n`;
const written = JSON.stringify(robertaVocab);

const vocabularyCases = casesOf("vocabulary", [
  ["a plain vocab.txt", "accepted", text(lines)],
  ["Windows line ends", "accepted", text(lines.replaceAll("\n", "\r\n"))],
  ["an empty vocab.txt", "tokenizer-format", text(""), "[UNK]"],
  ["no special tokens", "tokenizer-format", text("a\nb\n"), "[UNK]"],
  ["zero bytes", "tokenizer-format", text("\u0000".repeat(1000)), "[UNK]"],
  ["Latin-1", "tokenizer-format", () => ({ "vocab.txt": joined(lines, [0xe9, 0x0a]) }), "UTF-8"],
  [
    "UTF-16",
    "tokenizer-format",
    () => ({ "vocab.txt": Buffer.from(`\ufeff${lines}`, "utf16le") }),
    "UTF-8",
  ],
  ["five million empty lines", "tokenizer-format", text("\n".repeat(5_000_000)), "lines"],
  ["a million empty lines after the tokens", "accepted", text(lines + "\n".repeat(1_000_000))],
  [
    "a million empty lines before a token",
    "tokenizer-format",
    text(`${lines}${"\n".repeat(1_000_000)}sea\n`),
    "gaps",
  ],
  [
    "words in added_tokens.json without end",
    "tokenizer-format",
    () => ({
      "vocab.txt": lines,
      "added_tokens.json": JSON.stringify(
        Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`w${i}`, 100 + i])),
      ),
    }),
    "8192",
  ],
  ["a token __proto__", "accepted", text(`${lines}__proto__\nconstructor\n`)],
  ["a line of a megabyte", "accepted", text(`${lines}${"x".repeat(1e6)}\n`)],
  ["plain vocab.json and merges.txt", "accepted", twoFiles(written, "#version: 0.2\na b\n")],
  ["vocab.json without merges.txt", "checkpoint-missing", () => ({ "vocab.json": written })],
  ["vocab.json that is a list", "tokenizer-format", twoFiles("[]", "a b\n"), "vocab.json"],
  ["vocab.json cut off", "tokenizer-format", twoFiles(written.slice(0, 20), "a b\n"), "vocab.json"],
  [
    "vocab.json with a token twice",
    "tokenizer-format",
    twoFiles(written.replace("{", '{"a": 77,'), "a b\n"),
    "again",
  ],
  [
    "a merge without a second half",
    "tokenizer-format",
    twoFiles(written, "a b\na\n"),
    "merges.txt line 2",
  ],
  ["a merge of three", "tokenizer-format", twoFiles(written, "a b c\n"), "merges.txt line 1"],
  [
    "an empty line among merges",
    "tokenizer-format",
    twoFiles(written, "a b\n\na b\n"),
    "merges.txt line 2",
  ],
  [
    "three million merges",
    "tokenizer-format",
    twoFiles(written, "a b\n".repeat(3_000_000)),
    "lines",
  ],
  ["a merge of __proto__", "tokenizer-format", twoFiles(written, "__proto__ a\n"), "__proto__"],
  ["a SentencePiece model without bytes", "tokenizer-format", bare([]), "without pieces"],
  [
    "a SentencePiece model that is text",
    "tokenizer-format",
    bare(Buffer.from("no model")),
    "bytes",
  ],
  [
    "a SentencePiece model whose piece goes on for ever",
    "tokenizer-format",
    bare([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]),
    "other bytes",
  ],
  ["a SentencePiece model of merges", "tokenizer-format", bare([0x12, 2, 0x18, 2]), "BPE"],
  ["a SentencePiece model of one piece", "accepted", bare([0x0a, 3, 0x0a, 1, 0x61])],
]);

export const tokenizerFileCases: readonly HostileCase[] = [...tokenizerCases, ...vocabularyCases];
