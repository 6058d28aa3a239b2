/** The tokenizer's part of a saved model folder, for Python's transformers and transformers.js. */
import * as z from "zod";
import type { AddedToken } from "./added-tokens.js";
import { checkShape } from "./checked-json.js";
import { fieldsOf, type SpecialNames } from "./special-tokens.js";
import { subwordKind } from "./subwords.js";
import { rebuilding, type TokenizerClass } from "./tokenizer-class.js";
import { fileText, type TokenizerFiles, type TokenizerJson } from "./tokenizer-json.js";
import { type Vocabulary, vocabularySize } from "./vocabulary.js";

export interface SavedTokenizer {
  /** The files it came from. */
  readonly files: TokenizerFiles;
  readonly json: TokenizerJson;
  /** The class that read them, where a file tells. */
  readonly kind: TokenizerClass | undefined;
  /** Whether `json` says what the source's tokenizer.json said, which is then kept to the letter. */
  readonly unchanged: boolean;
  /** Parsed tokenizer_config.json, an empty object if there was none. */
  readonly config: unknown;
  readonly names: SpecialNames;
  readonly added: readonly AddedToken[];
  /** Vocabulary and added tokens. */
  readonly tokens: Vocabulary;
  /** See `Tokenizer.files`. */
  readonly longest: number | undefined;
}

/** Fields of tokenizer_config.json that name files of the machine where it was written. */
const machineFields: ReadonlySet<string> = new Set([
  "name_or_path",
  "special_tokens_map_file",
  "tokenizer_file",
]);

/** transformers writes 10^30 for "no limit", which JavaScript could only write as 1e+30. */
const NO_LIMIT = 1e20;

/**
 * tokenizer.json, tokenizer_config.json, special_tokens_map.json and the bare vocabulary (vocab.txt, or
 * vocab.json and merges.txt; a Unigram vocabulary has none beside tokenizer.json).
 *
 * transformers 5 rebuilds a BertTokenizer or RobertaTokenizer from the vocabulary and the *settings*,
 * so the settings are written out in full; a tokenizer that these classes cannot express is saved under
 * the class that takes tokenizer.json as it is, and without a vocab.txt that would say something else.
 */
export function savedFiles(saved: SavedTokenizer): ReadonlyMap<string, string> {
  const { json, names, added, tokens } = saved;
  const source = fileText(saved.files, "tokenizer.json", "");
  const files = new Map<string, string>();
  const unique = uniqueTokens(added, names);
  const complete = unique.length === json.added_tokens.length;
  files.set(
    "tokenizer.json",
    saved.unchanged && complete && source !== undefined
      ? source
      : written({ ...json, added_tokens: unique }),
  );
  files.set("tokenizer_config.json", written(configOf(saved)));
  files.set("special_tokens_map.json", written(fieldsOf(names)));
  const kind = subwordKind(json.model, "tokenizer.json");
  if (kind === "BPE") {
    const { merges } = checkShape(mergesSchema, json.model, "tokenizer.json");
    const lines = merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
    files.set("vocab.json", `${JSON.stringify(Object.fromEntries(byId(tokens)))}\n`);
    files.set("merges.txt", `#version: 0.2\n${lines.map((line) => `${line}\n`).join("")}`);
  } else if (kind === "WordPiece" && writableAsLines(tokens)) {
    files.set(
      "vocab.txt",
      byId(tokens)
        .map(([token]) => `${token}\n`)
        .join(""),
    );
  }
  return files;
}

const mergesSchema = z.object({
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
});

const anyObject = z.record(z.string(), z.unknown());

function configOf(saved: SavedTokenizer): Record<string, unknown> {
  const { config, names, added, longest } = saved;
  const source = Object.entries(checkShape(anyObject, config, "tokenizer_config.json")).filter(
    ([key, value]) =>
      !machineFields.has(key) && !(key === "model_max_length" && Number(value) >= NO_LIMIT),
  );
  const decoder = uniqueTokens(added, names).map(
    ({ id, content, single_word, lstrip, rstrip, normalized, special, ...rest }) => [
      String(id),
      { content, single_word, lstrip, rstrip, normalized, special, ...rest },
    ],
  );
  return {
    ...Object.fromEntries(source),
    ...fieldsOf(names),
    ...classSettings(saved),
    ...(longest !== undefined && { model_max_length: longest }),
    added_tokens_decoder: Object.fromEntries(decoder),
  };
}

/**
 * The class of transformers that computes this tokenizer, and its settings: the one that read it, else the first that can express it, else
 * the one that takes tokenizer.json as it is.
 */
function classSettings({ kind, json, names }: SavedTokenizer): Record<string, unknown> {
  const read = Object.entries(rebuilding).filter(([name]) => name === kind);
  for (const [tokenizer_class, { settings }] of [...read, ...Object.entries(rebuilding)]) {
    const found = settings(json, names);
    if (found !== undefined) return { tokenizer_class, ...found };
  }
  return { tokenizer_class: "PreTrainedTokenizerFast" };
}

/** Sorted by id; of two entries for a token the first. Those with a role are special, whatever the source calls them. */
function uniqueTokens(added: readonly AddedToken[], names: SpecialNames): AddedToken[] {
  const first = new Map<string, AddedToken>();
  const withRole = new Set(Object.values(names));
  for (const token of added) {
    if (first.has(token.content)) continue;
    const isRole = withRole.has(token.content) && !token.special;
    first.set(token.content, isRole ? { ...token, special: true, normalized: false } : token);
  }
  return [...first.values()].sort((a, b) => a.id - b.id);
}

function byId(tokens: Vocabulary): [string, number][] {
  return [...tokens].sort(([, a], [, b]) => a - b);
}

/** Whether line i can stand for id i: no gaps, no token that would break or lose its end. */
function writableAsLines(tokens: Vocabulary): boolean {
  if (vocabularySize(tokens) !== tokens.size) return false;
  return [...tokens.keys()].every((token) => !/[\r\n]|\p{White_Space}$/u.test(token));
}

function written(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
