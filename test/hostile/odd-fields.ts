/** Settings that decide what a model or tokenizer is, with values that other programs write, and some that none would. */

type Choices = Readonly<Record<string, readonly unknown[]>>;

/** Of config.json. */
export const configFields: Choices = {
  num_labels: [1, 2, 0, "2", null],
  id2label: [{ 0: "a" }, { 0: "a", 1: "b" }, { 1: "a" }, { "00": "a" }, ["a", "b"], {}, null],
  label2id: [{ a: 0 }, { a: 1, b: 0 }, { a: "0" }, {}],
  problem_type: [
    "regression",
    "single_label_classification",
    "multi_label_classification",
    "?",
    null,
  ],
  classifier_dropout: [null, 0, 0.3, 1, "0.1"],
  hidden_dropout_prob: [0, 0.9, null],
  architectures: [["BertForSequenceClassification"], ["BertForMaskedLM"], [], null],
  tokenizer_class: ["BertTokenizer", "RobertaTokenizerFast", "T5Tokenizer", 3],
  pad_token_id: [0, 1, null, -1, 12],
  position_embedding_type: ["absolute", "relative_key"],
};

/** Of tokenizer_config.json. */
export const tokenizerFields: Choices = {
  tokenizer_class: [
    "BertTokenizer",
    "BertTokenizerFast",
    "RobertaTokenizer",
    "PreTrainedTokenizerFast",
    "DebertaV2Tokenizer",
    "BertJapaneseTokenizer",
    "__proto__",
    null,
  ],
  do_lower_case: [true, false, null, "true"],
  strip_accents: [true, false, null],
  tokenize_chinese_chars: [true, false],
  add_prefix_space: [true, false],
  model_max_length: [8, 512, 1e30, -1, null],
  unk_token: ["[UNK]", { content: "[UNK]" }, "<nothing>", null],
  mask_token: ["[MASK]", { content: "a", lstrip: true }, null],
  additional_special_tokens: [["[E1]"], ["a"], [], "x"],
  extra_special_tokens: [["[E1]"], { image: "<i>" }],
  added_tokens_decoder: [
    { 9: { content: "[E1]", special: true } },
    { 5: { content: "a", special: false, single_word: true, lstrip: true, rstrip: true } },
    { 5: { content: "other" } },
    {},
  ],
};

/** Of tokenizer.json. */
export const tokenizerParts: Choices = {
  added_tokens: [
    [{ id: 9, content: "[E1]", special: true }],
    [{ id: 5, content: "a", special: false, single_word: true }],
    [{ id: 9, content: " ", lstrip: true, rstrip: true, normalized: true }],
    [],
    null,
  ],
  normalizer: [null, { type: "BertNormalizer", lowercase: false, strip_accents: true }],
  pre_tokenizer: [
    null,
    { type: "ByteLevel", add_prefix_space: true, use_regex: false },
    { type: "Whitespace" },
    { type: "Metaspace" },
  ],
  post_processor: [null, { type: "RobertaProcessing", cls: ["a", 5], sep: ["b", 6] }],
  truncation: [{ max_length: 4, strategy: "LongestFirst", stride: 0, direction: "Left" }],
};
