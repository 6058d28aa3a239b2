/**
 * The content of a tokenizer.json, read or built from a bare vocabulary, and the settings of
 * tokenizer_config.json that change it.
 */

import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { isObject } from "../base/strict-json.js";
import { addedTokenSchema, MAX_ADDED } from "./added-tokens.js";
import { checkShape, listOf, parseTokenizerJson } from "./checked-json.js";
import { readSentencePiece, type SentencePieceModel } from "./sentencepiece-file.js";
import { bertNames, robertaNames, type SpecialNames } from "./special-tokens.js";
import { MAX_MERGES, splitMerge } from "./subwords.js";
import { xlmRobertaJson } from "./unigram-json.js";
import { MAX_ID, vocabularySchema } from "./vocabulary.js";

/** File name -> content, of the files in `tokenizerFileNames`: text, or the bytes of the file. */
export type TokenizerFiles = ReadonlyMap<string, string | Uint8Array>;

/** Files that hold a vocabulary, in the order of preference; one of these sets is enough. */
export const vocabularyFiles = [
  ["tokenizer.json"],
  ["vocab.json", "merges.txt"],
  ["vocab.txt"],
  ["sentencepiece.bpe.model"],
] as const;

/** "tokenizer.json, or vocab.json with merges.txt, or vocab.txt, or sentencepiece.bpe.model" */
export const vocabularyText = vocabularyFiles.map((names) => names.join(" with ")).join(", or ");

/** Files that change how a vocabulary is read, where they are there. */
export const tokenizerSideFiles = [
  "added_tokens.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
] as const;

/** The model's own settings, which may name the tokenizer's class. */
export const MODEL_CONFIG = "config.json";

/** The files of a checkpoint that decide how text becomes ids. */
export const tokenizerFileNames: readonly string[] = [
  ...vocabularyFiles.flat(),
  ...tokenizerSideFiles,
  MODEL_CONFIG,
];

/** The text of a file, where there is one. Throws `tokenizer-format` for bytes that are not UTF-8. */
export function fileText(files: TokenizerFiles, name: string, folder: string): string | undefined {
  const content = files.get(name);
  if (content === undefined || typeof content === "string") return content;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${folder}${name}: expected UTF-8 text, found other bytes`,
      { hint: "Download the file again.", cause },
    );
  }
}

const tokenizerJsonSchema = z.looseObject({
  added_tokens: listOf(addedTokenSchema, MAX_ADDED)
    .nullish()
    .transform((tokens) => tokens ?? []),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  model: z.looseObject({}),
});

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;

/** Where the tokenizer comes from. */
export interface TokenizerSource {
  readonly json: TokenizerJson;
  /** File of the vocabulary, for messages. */
  readonly file: string;
}

/** A file that holds a vocabulary and nothing else, or the one of two that does. */
export type BareVocabulary = "sentencepiece.bpe.model" | "vocab.json" | "vocab.txt";

/** What a class makes of a bare vocabulary. */
export interface BareReading {
  readonly vocabulary: BareVocabulary;
  /** The tokenizer of a SentencePiece model, where that is what it reads. */
  fromPieces?(model: SentencePieceModel, names: SpecialNames, file: string): TokenizerJson;
}

/**
 * The tokenizer of a set of files: tokenizer.json, else vocab.json with merges.txt (RoBERTa), else
 * vocab.txt (BERT), else sentencepiece.bpe.model (XLM-RoBERTa), or of these the one that `bare` reads. `names` are special tokens that
 * differ from the customary ones.
 *
 * Throws `checkpoint-missing` if there is none of these, `tokenizer-format` if one is malformed.
 */
export function tokenizerSource(
  files: TokenizerFiles,
  names: Partial<SpecialNames>,
  folder: string,
  bare?: BareReading,
): TokenizerSource {
  const reads = (name: BareVocabulary) => bare === undefined || bare.vocabulary === name;
  const json = fileText(files, "tokenizer.json", folder);
  if (json !== undefined) {
    const file = `${folder}tokenizer.json`;
    return { json: checkShape(tokenizerJsonSchema, parseTokenizerJson(json, file), file), file };
  }
  const vocabJson = fileText(files, "vocab.json", folder);
  const merges = fileText(files, "merges.txt", folder);
  if (vocabJson !== undefined && merges !== undefined && reads("vocab.json")) {
    const file = `${folder}vocab.json`;
    const vocab = checkShape(vocabularySchema, parseTokenizerJson(vocabJson, file), file);
    const pairs = mergeLines(merges, `${folder}merges.txt`);
    return { json: robertaJson(vocab, pairs, { ...robertaNames, ...names }), file };
  }
  const vocabText = fileText(files, "vocab.txt", folder);
  if (vocabText !== undefined && reads("vocab.txt")) {
    const file = `${folder}vocab.txt`;
    requireFewLines(vocabText, MAX_ID, file);
    return { json: bertJson(vocabularyLines(vocabText), { ...bertNames, ...names }), file };
  }
  const pieces = files.get("sentencepiece.bpe.model");
  if (pieces !== undefined && reads("sentencepiece.bpe.model")) {
    const file = `${folder}sentencepiece.bpe.model`;
    const bytes = typeof pieces === "string" ? new TextEncoder().encode(pieces) : pieces;
    const build = bare?.fromPieces ?? xlmRobertaJson;
    const json = build(readSentencePiece(bytes, file), { ...robertaNames, ...names }, file);
    return { json: checkShape(tokenizerJsonSchema, json, file), file };
  }
  const found = [...files.keys()].join(", ") || "none of them";
  throw new L3MaskingError(
    "checkpoint-missing",
    `${folder || "tokenizer"}: expected ${vocabularyText}, found ${found}`,
    { hint: "Add the tokenizer files that belong to the model." },
  );
}

/**
 * Line i is the token with id i; of a token on two lines the later counts. White space at the end of
 * a line is no part of the token, as in Hugging Face's `WordPiece.read_file`; blank lines at the end are no tokens.
 */
function vocabularyLines(text: string): Record<string, number> {
  const tokens = text.split(/\r?\n/).map((line) => line.replace(/\p{White_Space}+$/u, ""));
  const count = Math.max(1, 1 + tokens.findLastIndex((token) => token !== ""));
  return Object.fromEntries(new Map(tokens.slice(0, count).map((token, id) => [token, id])));
}

function requireFewLines(text: string, most: number, file: string): void {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1 && lines <= most; at = text.indexOf("\n", at + 1)) {
    lines++;
  }
  if (lines <= most) return;
  throw new L3MaskingError(
    "tokenizer-format",
    `${file}: expected at most ${most} lines, got more`,
    {
      hint: "Download the file again.",
    },
  );
}

/** Merges, one per line, after an optional line with the version. */
function mergeLines(text: string, file: string): string[] {
  requireFewLines(text, MAX_MERGES, file);
  const lines = text.trimEnd().split(/\r?\n/);
  return lines.flatMap((line, i) => {
    if (line.startsWith("#version") || (line === "" && lines.length === 1)) return [];
    return splitMerge(line, `${file} line ${i + 1}`).join(" ");
  });
}

/** What transformers' BertTokenizer builds from a vocabulary alone. */
export function bertJson(
  vocab: Readonly<Record<string, number>>,
  names: SpecialNames,
): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocab, names, []),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [template(names.first), sequence("A", 0), template(names.last)],
      pair: [
        template(names.first),
        sequence("A", 0),
        template(names.last),
        sequence("B", 1),
        { SpecialToken: { id: names.last, type_id: 1 } },
      ],
      special_tokens: Object.fromEntries(
        [names.first, names.last].map((id) => [id, { id, ids: [vocab[id]], tokens: [id] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: names.unknown,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** What transformers' MPNetTokenizer builds from a vocabulary alone. */
export function mpnetJson(
  vocab: Readonly<Record<string, number>>,
  names: SpecialNames,
): TokenizerJson {
  return {
    ...bertJson(vocab, names),
    added_tokens: addedTokens(vocab, names, [names.mask]),
    post_processor: robertaProcessing(vocab, names),
  };
}

function robertaProcessing(vocab: Readonly<Record<string, number>>, names: SpecialNames) {
  return {
    type: "RobertaProcessing",
    sep: [names.last, vocab[names.last]],
    cls: [names.first, vocab[names.first]],
    trim_offsets: true,
    add_prefix_space: false,
  };
}

/** What transformers' RobertaTokenizer builds from a vocabulary and its merges. */
export function robertaJson(
  vocab: Readonly<Record<string, number>>,
  merges: readonly unknown[],
  names: SpecialNames,
): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    // "<mask>" takes the space before it along, so that it replaces a word with its space.
    added_tokens: addedTokens(vocab, names, [names.mask]),
    normalizer: null,
    pre_tokenizer: {
      type: "ByteLevel",
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: robertaProcessing(vocab, names),
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

function addedTokens(
  vocab: Readonly<Record<string, number>>,
  names: SpecialNames,
  stripped: readonly string[],
): TokenizerJson["added_tokens"] {
  return [...new Set(Object.values(names))]
    .filter((content) => Object.hasOwn(vocab, content))
    .map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: stripped.includes(content),
      rstrip: false,
      normalized: false,
      special: true,
    }))
    .sort((a, b) => a.id - b.id);
}

function template(id: string) {
  return { SpecialToken: { id, type_id: 0 } };
}

function sequence(id: "A" | "B", typeId: number) {
  return { Sequence: { id, type_id: typeId } };
}

/** Settings of tokenizer_config.json that reach into tokenizer.json; undefined leaves it alone. */
export interface TokenizerSettings {
  readonly lowercase?: boolean | undefined;
  /** null: as `lowercase`. */
  readonly stripAccents?: boolean | null | undefined;
  readonly separateIdeographs?: boolean | undefined;
  readonly addPrefixSpace?: boolean | undefined;
}

/** The same tokenizer with other settings; the very same object if nothing changes. */
export function withSettings(json: TokenizerJson, settings: TokenizerSettings): TokenizerJson {
  const bert = {
    lowercase: settings.lowercase,
    strip_accents: settings.stripAccents,
    handle_chinese_chars: settings.separateIdeographs,
  };
  const { addPrefixSpace } = settings;
  const scheme = addPrefixSpace === undefined ? undefined : addPrefixSpace ? "always" : "never";
  const normalizer = changed(json.normalizer, "BertNormalizer", bert);
  const byteLevel = { add_prefix_space: addPrefixSpace };
  const spaced = changed(json.pre_tokenizer, "ByteLevel", byteLevel);
  const preTokenizer = changed(spaced, "Metaspace", { prepend_scheme: scheme });
  if (normalizer === json.normalizer && preTokenizer === json.pre_tokenizer) return json;
  return { ...json, normalizer, pre_tokenizer: preTokenizer };
}

/** `component` with new values in every part (of a Sequence) of the given type. */
function changed(
  component: unknown,
  type: string,
  values: Readonly<Record<string, boolean | string | null | undefined>>,
): unknown {
  if (!isObject(component)) return component;
  const result = { ...component };
  for (const list of ["normalizers", "pretokenizers"]) {
    const steps = component[list];
    if (Array.isArray(steps)) result[list] = steps.map((step) => changed(step, type, values));
  }
  if (component.type === type) {
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) result[key] = value;
    }
  }
  return JSON.stringify(result) === JSON.stringify(component) ? component : result;
}
