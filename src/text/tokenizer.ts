/**
 * Text -> ids and word ids, equal to Hugging Face's fast (Rust) tokenizers.
 *
 * For special tokens with a role the equality is with `split_special_tokens=True` (`encode_special_tokens` in the Rust
 * library): a string such as "<mask>" or "[SEP]" in a text is text and never becomes the special token.
 */

import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { sha256 } from "../base/sha256.js";
import { isObject } from "../base/strict-json.js";
import {
  type AddedToken,
  addedTokenSchema,
  compileAddedTokens,
  MAX_ADDED,
  type Piece as TextPart,
} from "./added-tokens.js";
import { checkShape, parseTokenizerJson, requireFewSteps } from "./checked-json.js";
import { type Encoding, NO_WORD, type SpecialIds, type Tokenizer } from "./encoding.js";
import { compileNormalizer } from "./normalize.js";
import { compilePreTokenizer, type PreTokenizer } from "./pre-tokenize.js";
import { savedFiles } from "./saved-files.js";
import {
  bertNames,
  customaryNames,
  type ExtraSpecialTokens,
  extraSpecialTokens,
  namesAround,
  namesIn,
  otherRoles,
  type SpecialNames,
  specialIds,
  withAddedTokens,
} from "./special-tokens.js";
import { compileSubwords, subwordKind } from "./subwords.js";
import {
  asClass,
  otherVocabulary,
  rebuildingClass,
  type TokenizerClass,
  tokenizerClass,
} from "./tokenizer-class.js";
import {
  fileText,
  MODEL_CONFIG,
  type TokenizerFiles,
  type TokenizerJson,
  type TokenizerSettings,
  tokenizerSource,
  vocabularyFiles,
} from "./tokenizer-json.js";
import { wordsWithin } from "./unspaced-scripts.js";
import { isTokenTable, requireFewGaps, type Vocabulary, vocabularySize } from "./vocabulary.js";

/** What wins over the settings in the tokenizer's files. */
export interface TokenizerOptions extends TokenizerSettings {
  /** The folder of the files, for messages. */
  readonly folder?: string;
}

const configSchema = z.looseObject({
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
  tokenizer_class: z.string().nullish(),
  added_tokens_decoder: z
    .record(z.string(), z.unknown())
    .refine(
      (tokens) => Object.keys(tokens).length <= MAX_ADDED,
      `expected at most ${MAX_ADDED} entries`,
    )
    .nullish(),
});

export type TokenizerConfig = z.infer<typeof configSchema>;

/**
 * The tokenizer of a checkpoint's files (see `tokenizerFileNames`), given by name and content.
 *
 * What decides, later over earlier: for a BertTokenizer or RobertaTokenizer the class's defaults, tokenizer_config.json and
 * `options`; for the class that takes tokenizer.json as it is, that and `options`; where no file tells the class, the layout's
 * defaults, tokenizer.json, tokenizer_config.json, `options`.
 *
 * Throws `checkpoint-missing` if no file holds a vocabulary; `tokenizer-format` if a file is malformed,
 * asks for a component we do not compute, or lacks a special token.
 */
export function createTokenizer(files: TokenizerFiles, options: TokenizerOptions = {}): Tokenizer {
  const folder = options.folder === undefined ? "" : `${options.folder}/`;
  const config = optionalJson(files, "tokenizer_config.json", folder);
  const specialTokensMap = optionalJson(files, "special_tokens_map.json", folder);
  const settings = checkShape(configSchema, config, `${folder}tokenizer_config.json`);
  const kind = tokenizerClass(config, optionalJson(files, MODEL_CONFIG, folder), folder);
  const named = givenNames(config, specialTokensMap, folder);
  requireVocabularyOf(kind, files, folder);
  const reading = rebuildingClass(kind);
  const source = tokenizerSource(files, named, folder, reading);
  const { file } = source;
  const ofClass = { ...(reading?.names ?? bertNames), ...named };
  const json = asClass(kind, source.json, mergedSettings(kind, settings, options), ofClass, file);

  for (const part of ["normalizer", "pre_tokenizer", "post_processor"] as const) {
    requireFewSteps(json[part], `${file}, ${part}`);
  }
  const normalize = compileNormalizer(json.normalizer, file);
  const preTokenizer = compilePreTokenizer(json.pre_tokenizer, file);
  const subwords = subwordKind(json.model, file);
  const model = compileSubwords(json.model, file);
  const sources = [
    [config, `${folder}tokenizer_config.json`],
    [specialTokensMap, `${folder}special_tokens_map.json`],
  ] as const;
  const lists = sources.map(([settings, where]) => extraSpecialTokens(settings, where));
  const extra = {
    additional: lists.flatMap(({ additional }) => additional),
    extra: lists.flatMap(({ extra }) => extra),
  };
  const listed = [...json.added_tokens, ...otherAddedTokens(files, settings, extra, folder)];
  const added = [
    ...listed,
    ...onlyNamed([...extra.additional, ...extra.extra], listed, model.vocabulary, file),
  ];
  const addedIds = new Map(added.map((token) => [token.content, token.id]));
  // A class that rebuilds asks no post-processor for special tokens.
  const names = reading
    ? ofClass
    : {
        ...customaryNames(subwords, (token) => addedIds.has(token) || model.vocabulary.has(token)),
        ...named,
        ...namesAround(json.post_processor, file),
      };
  const tokens = withAddedTokens(model.vocabulary, added, file);
  requireFewGaps(tokens, file);
  const special = specialIds(names, tokens, file);
  const withRole = new Set([
    ...Object.values(names),
    ...sources.flatMap(([settings, where]) => otherRoles(settings, where)),
  ]);
  const sought = uniqueById(added.filter(({ content }) => !withRole.has(content)));
  const cut = compileAddedTokens(sought, normalize);

  const size = vocabularySize(tokens);
  const tokenOfId = new Map<number, string>();
  for (const [token, id] of tokens) tokenOfId.set(id, token);
  const spelling = subwords === "Unigram" ? "marked" : preTokenizer.spelling;
  const wordsOf = (ids: readonly number[]) =>
    spelling === "marked" ? wordsWithin(ids.map((id) => tokenOfId.get(id) ?? "")) : undefined;
  return {
    encode: encoder(cut, preTokenizer, model.encoder(withRole), wordsOf, special),
    token(id) {
      const token = tokenOfId.get(id);
      if (token !== undefined) return token;
      throw new L3MaskingError(
        "tokenizer-format",
        `${file}: expected an id of the vocabulary (below ${size}), got ${id}`,
        { hint: "Use the model and tokenizer of the same checkpoint." },
      );
    },
    spelling,
    vocabularySize: size,
    special,
    specialIds: new Set([...Object.values(special), ...addedIds.values()]),
    digest: sha256([
      JSON.stringify(
        [
          json.normalizer,
          json.pre_tokenizer,
          digestible(json.model),
          special,
          ...(sought.length > 0 ? [sought] : []),
        ],
        sortedKeys,
      ),
    ]),
    files: (longest) =>
      savedFiles({
        files,
        json,
        kind,
        unchanged: json === source.json,
        config,
        names,
        added,
        tokens,
        longest,
      }),
  };
}

/** A JSON file that may be absent: then an empty object. */
function optionalJson(files: TokenizerFiles, name: string, folder: string): unknown {
  const text = fileText(files, name, folder);
  return text === undefined ? {} : parseTokenizerJson(text, folder + name);
}

/** Special tokens by name; as in transformers, `special_tokens_map.json` counts where no `added_tokens_decoder` does. */
function givenNames(config: unknown, map: unknown, folder: string): Partial<SpecialNames> {
  const inConfig = namesIn(config, `${folder}tokenizer_config.json`);
  const inMap = namesIn(map, `${folder}special_tokens_map.json`);
  const hasDecoder = isObject(config) && isObject(config.added_tokens_decoder);
  return hasDecoder ? { ...inMap, ...inConfig } : { ...inConfig, ...inMap };
}

/** Throws `tokenizer-format` for files that have a vocabulary, but none that the class reads. */
function requireVocabularyOf(
  kind: TokenizerClass | undefined,
  files: TokenizerFiles,
  folder: string,
): void {
  if (kind === undefined || files.has("tokenizer.json")) return;
  const found = vocabularyFiles.filter((names) => names.every((name) => files.has(name))).flat();
  if (found.length === 0) return;
  const read = rebuildingClass(kind)?.vocabulary ?? "tokenizer.json";
  if (found.some((name) => name === read)) return;
  throw otherVocabulary(kind, found.join(" and "), read, folder || "tokenizer");
}

function mergedSettings(
  kind: TokenizerClass | undefined,
  config: TokenizerConfig,
  options: TokenizerOptions,
): TokenizerSettings {
  const given = kind === "PreTrainedTokenizerFast" ? {} : config;
  return {
    lowercase: options.lowercase ?? given.do_lower_case ?? undefined,
    stripAccents: options.stripAccents === undefined ? given.strip_accents : options.stripAccents,
    separateIdeographs: options.separateIdeographs ?? given.tokenize_chinese_chars ?? undefined,
    addPrefixSpace: options.addPrefixSpace ?? given.add_prefix_space ?? undefined,
  };
}

/**
 * Special tokens that are only listed by name, with their ids in the vocabulary. Throws `tokenizer-format` for one without: a
 * text that has it would be read in pieces.
 */
function onlyNamed(
  names: readonly string[],
  added: readonly AddedToken[],
  vocabulary: Vocabulary,
  where: string,
): AddedToken[] {
  const known = new Set(added.map(({ content }) => content));
  return names.flatMap((content) => {
    if (known.has(content)) return [];
    const id = vocabulary.get(content);
    if (id !== undefined) return [addedTokenSchema.parse({ id, content, special: true })];
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}: expected the special token ${JSON.stringify(content)} in the vocabulary or among the added tokens, found none`,
      {
        hint: "Use the tokenizer files that were saved with the model, added_tokens.json among them.",
      },
    );
  });
}

/** Of two entries for an id the first. */
function uniqueById(added: readonly AddedToken[]): AddedToken[] {
  const first = new Map<number, AddedToken>();
  for (const token of added) if (!first.has(token.id)) first.set(token.id, token);
  return [...first.values()];
}

const tokenTableSchema = z.custom<Readonly<Record<string, number>>>(
  (value) => isObject(value) && Object.keys(value).length <= MAX_ADDED && isTokenTable(value),
  `expected an object that maps at most ${MAX_ADDED} tokens to ids`,
);

/** Added tokens of added_tokens.json (token -> id) and of tokenizer_config.json (id -> token). */
function otherAddedTokens(
  files: TokenizerFiles,
  config: TokenizerConfig,
  { additional, extra }: ExtraSpecialTokens,
  folder: string,
): AddedToken[] {
  const idOfToken = checkShape(
    tokenTableSchema,
    optionalJson(files, "added_tokens.json", folder),
    `${folder}added_tokens.json`,
  );
  const bare = Object.entries(idOfToken).map(([content, id]) =>
    addedTokenSchema.parse({
      id,
      content,
      special: additional.includes(content) || extra.includes(content),
      // As transformers 5 takes those that older versions wrote.
      normalized: !extra.includes(content),
    }),
  );
  const described = Object.entries(config.added_tokens_decoder ?? {}).map(([id, token]) =>
    checkShape(
      addedTokenSchema,
      typeof token === "object" ? { ...token, id: Number(id) } : token,
      `${folder}tokenizer_config.json (added_tokens_decoder.${id})`,
    ),
  );
  return [...bare, ...described];
}

/** Words kept with their ids; when there are more, the store starts afresh. */
const CACHED_WORDS = 2 ** 16;
/** Longer words hardly come twice. */
const CACHED_LENGTH = 64;

/** Tokens that belong together: a pre-token, or an added token. */
interface Piece {
  readonly ids: readonly number[];
  /** The words among them, where they are several: of each token, from 0 on. */
  readonly words?: Int32Array | undefined;
  /** A special added token, which belongs to no word. */
  readonly isMarker?: boolean;
}

/** `wordsOf` gives the words among the ids of a pre-token. */
function encoder(
  cut: (text: string) => readonly TextPart[],
  preTokenizer: PreTokenizer,
  subwords: (word: string) => readonly number[],
  wordsOf: (ids: readonly number[]) => Int32Array | undefined,
  special: SpecialIds,
): Tokenizer["encode"] {
  const known = new Map<string, Piece>();
  const encodeWord = (word: string): Piece => {
    const cached = known.get(word);
    if (cached !== undefined) return cached;
    const ids = subwords(preTokenizer.spell(word));
    const piece = { ids, words: wordsOf(ids) };
    if (word.length <= CACHED_LENGTH) {
      if (known.size >= CACHED_WORDS) known.clear();
      known.set(word, piece);
    }
    return piece;
  };
  const added = ({ id, special }: AddedToken): Piece => ({ ids: [id], isMarker: special });
  return (text, maxLength): Encoding => {
    if (!Number.isInteger(maxLength) || maxLength < 2) {
      throw new L3MaskingError(
        "invalid-setting",
        `max_length: expected an integer of at least 2 (the special tokens), got ${maxLength}`,
        { hint: "Pass a maximum length between 2 and the model's number of positions." },
      );
    }
    const pieces = cut(wellFormed(text)).flatMap((part) =>
      typeof part === "string" ? preTokenizer.split(part).map(encodeWord) : [added(part)],
    );
    const total = pieces.reduce((sum, { ids }) => sum + ids.length, 0);
    const kept = Math.min(total, maxLength - 2);
    const ids = new Int32Array(kept + 2);
    const wordIds = new Int32Array(kept + 2);
    let at = 0;
    ids[at] = special.first;
    wordIds[at++] = NO_WORD;
    let word = 0;
    for (const piece of pieces) {
      if (at > kept) break;
      for (let i = 0; i < piece.ids.length && at <= kept; i++) {
        ids[at] = piece.ids[i];
        wordIds[at++] = piece.isMarker ? NO_WORD : word + (piece.words?.[i] ?? 0);
      }
      word += 1 + (piece.words?.at(-1) ?? 0);
    }
    ids[at] = special.last;
    wordIds[at] = NO_WORD;
    return { ids, wordIds, truncated: total - kept };
  };
}

/** Half a surrogate pair is no character; like every UTF-8 encoder we read U+FFFD instead. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** A list of pieces, of which there can be a quarter of a million, as one text. */
function digestible(model: TokenizerJson["model"]): unknown {
  return Array.isArray(model.vocab) ? { ...model, vocab: JSON.stringify(model.vocab) } : model;
}

/** For JSON.stringify: objects with their keys in order, so that equal settings give equal text. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
