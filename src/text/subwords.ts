/** The `model` entry of tokenizer.json: its settings, checked, and the function from a word to ids. */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { bytePairs } from "./byte-pairs.js";
import { checkShape, unsupported } from "./checked-json.js";
import { unigramPieces } from "./unigram.js";
import { MAX_ID, type Vocabulary, vocabularySchema } from "./vocabulary.js";
import { wordPieces } from "./wordpiece.js";

export interface SubwordModel {
  readonly vocabulary: Vocabulary;
  /**
   * The function from a word, as the vocabulary spells it, to its ids. Tokens of `never` have a role, and no text becomes one: in a Unigram
   * vocabulary they are pieces like others.
   */
  encoder(never: ReadonlySet<string>): (word: string) => number[];
}

const emptyAffix = z
  .string()
  .nullish()
  .refine((affix) => (affix ?? "") === "", "not supported: expected null or an empty string");

/** Merges of one tokenizer; the largest have half a million. */
export const MAX_MERGES = 2 ** 21;

/** Not a zod array: that would note the fault of every element, and a file can have millions. */
function isMergeList(value: unknown): value is readonly (string | readonly [string, string])[] {
  if (!Array.isArray(value) || value.length > MAX_MERGES) return false;
  const merges: readonly unknown[] = value;
  const isString = (part: unknown) => typeof part === "string";
  return (
    merges.every(isString) ||
    merges.every((merge) => Array.isArray(merge) && merge.length === 2 && merge.every(isString))
  );
}

const bytePairSchema = z.object({
  vocab: vocabularySchema,
  merges: z.custom<readonly (string | readonly [string, string])[]>(
    isMergeList,
    "expected a list of merges: all strings, or all pairs of strings",
  ),
  unk_token: z.string().nullish(),
  fuse_unk: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  continuing_subword_prefix: emptyAffix,
  end_of_word_suffix: emptyAffix,
  // A tokenizer that drops merges at random has no one answer to give.
  dropout: z
    .number()
    .nullish()
    .refine((rate) => (rate ?? 0) === 0, "not supported: expected null or 0"),
  byte_fallback: z.literal(false, "not supported: expected false").nullish(),
});

/** Characters of a word that is looked up piece by piece: the work grows with their square. BERT has 100. */
const MAX_WORD = 1000;

const wordPieceSchema = z.object({
  vocab: vocabularySchema,
  unk_token: z.string().default("[UNK]"),
  continuing_subword_prefix: z.string().default("##"),
  max_input_chars_per_word: z.int().nonnegative().max(MAX_WORD).default(100),
});

/** A piece of a Unigram vocabulary, and the logarithm of its probability. */
export type ScoredPiece = readonly [piece: string, score: number];

/** Letters of a piece; SentencePiece's have 16 unless asked for more. The work on a text can grow with the longest. */
const MAX_PIECE = 1000;

/** Lists that were looked at: a class that rebuilds a tokenizer asks again. */
const pieceLists = new WeakSet<object>();

/** Not a zod array: that is slow for the quarter of a million pieces of XLM-RoBERTa. */
function isPieceList(value: unknown): value is readonly ScoredPiece[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ID) return false;
  if (pieceLists.has(value)) return true;
  const entries: readonly unknown[] = value;
  const seen = new Set<string>();
  const isList = entries.every((entry) => {
    if (!Array.isArray(entry) || entry.length !== 2) return false;
    const [piece, score]: readonly unknown[] = entry;
    if (typeof piece !== "string" || piece.length > MAX_PIECE || seen.has(piece)) return false;
    seen.add(piece);
    return Number.isFinite(score);
  });
  if (isList) pieceLists.add(value);
  return isList;
}

export const unigramSchema = z.object({
  unk_id: z.int().nonnegative(),
  vocab: z.custom<readonly ScoredPiece[]>(
    isPieceList,
    `expected a list of distinct pieces of at most ${MAX_PIECE} letters, each with its score`,
  ),
  byte_fallback: z.boolean().nullish(),
});

export type SubwordKind = "BPE" | "Unigram" | "WordPiece";

/** Kind of a `model` entry. Throws `tokenizer-format` for anything but WordPiece, BPE and Unigram. */
export function subwordKind(settings: unknown, where: string): SubwordKind {
  const schema = z.looseObject({
    type: z.string().optional(),
    merges: z.unknown().optional(),
    vocab: z.unknown().optional(),
  });
  const model = checkShape(schema, settings, where);
  // Files of 2019 and 2020 lack the type; only BPE has merges, only Unigram a list of pieces.
  const other = Array.isArray(model.vocab) ? "Unigram" : "WordPiece";
  const type = model.type ?? (model.merges === undefined ? other : "BPE");
  if (type === "BPE" || type === "Unigram" || type === "WordPiece") return type;
  throw unsupported(`${where} (model)`, type, ["BPE", "Unigram", "WordPiece"]);
}

/**
 * The function of a `model` entry. Throws `tokenizer-format` if the entry is malformed, asks for what
 * is not computed here (dropout, byte fallback, affixes), or names tokens that its vocabulary lacks.
 */
export function compileSubwords(settings: unknown, where: string): SubwordModel {
  const kind = subwordKind(settings, where);
  if (kind === "Unigram") return compileUnigram(settings, where);
  if (kind === "WordPiece") {
    const model = checkShape(wordPieceSchema, settings, where);
    const vocabulary: Vocabulary = new Map(Object.entries(model.vocab));
    const encode = wordPieces({
      vocabulary,
      unknown: idOf(model.unk_token, vocabulary, where),
      continuation: model.continuing_subword_prefix,
      maxCharacters: model.max_input_chars_per_word,
    });
    return { vocabulary, encoder: () => encode };
  }
  const model = checkShape(bytePairSchema, settings, where);
  const vocabulary: Vocabulary = new Map(Object.entries(model.vocab));
  const unknown = model.unk_token ?? undefined;
  const encode = bytePairs(
    {
      vocabulary,
      merges: model.merges.map((merge, i) =>
        typeof merge === "string" ? splitMerge(merge, `${where}, merge ${i + 1}`) : merge,
      ),
      unknown: unknown === undefined ? undefined : idOf(unknown, vocabulary, where),
      fuseUnknown: model.fuse_unk ?? false,
      ignoreMerges: model.ignore_merges ?? false,
    },
    where,
  );
  return { vocabulary, encoder: () => encode };
}

function compileUnigram(settings: unknown, where: string): SubwordModel {
  const { unk_id, vocab, byte_fallback } = checkShape(unigramSchema, settings, where);
  if (unk_id >= vocab.length) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}: expected unk_id below the ${vocab.length} pieces of the vocabulary, got ${unk_id}`,
      { hint: "Use the tokenizer files that were saved with the model." },
    );
  }
  const pieces = vocab.map(([piece]) => piece);
  const scores = new Float64Array(vocab.length);
  const vocabulary = new Map<string, number>();
  for (const [id, [piece, score]] of vocab.entries()) {
    scores[id] = score;
    vocabulary.set(piece, id);
  }
  return {
    vocabulary,
    encoder: (never) =>
      unigramPieces({
        pieces,
        scores,
        unknown: unk_id,
        byteFallback: byte_fallback ?? false,
        never,
      }),
  };
}

/** The two halves of a merge written as one line. */
export function splitMerge(line: string, where: string): [string, string] {
  const [left = "", right = "", ...rest] = line.split(" ", 3);
  if (left !== "" && right !== "" && rest.length === 0) return [left, right];
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected two tokens with one space between them, got ${JSON.stringify(line)}`,
    { hint: "Download the file again." },
  );
}

function idOf(unknownToken: string, vocabulary: Vocabulary, where: string): number {
  const id = vocabulary.get(unknownToken);
  if (id !== undefined) return id;
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected the unknown token ${JSON.stringify(unknownToken)} in the vocabulary, found none`,
    { hint: "Use the model and vocabulary of the same checkpoint." },
  );
}
