/**
 * Text -> ids and word ids, equal to Hugging Face's fast (Rust) tokenizers.
 *
 * The equality is with `split_special_tokens=True` (`encode_special_tokens` in the Rust library): a
 * string such as "<mask>" or "[SEP]" in a text is text and never becomes the special token.
 */

import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { sha256 } from "../base/sha256.js";
import { isObject } from "../base/strict-json.js";
import { checkShape, parseTokenizerJson, requireFewSteps } from "./checked-json.js";
import { type Encoding, NO_WORD, type SpecialIds, type Tokenizer } from "./encoding.js";
import { compileNormalizer, type Normalize } from "./normalize.js";
import { asWritten, compilePreTokenizer, type PreTokenizer } from "./pre-tokenize.js";
import { savedFiles } from "./saved-files.js";
import {
  type AddedToken,
  addedTokenSchema,
  customaryNames,
  namesAround,
  namesIn,
  specialIds,
  withAddedTokens,
} from "./special-tokens.js";
import { compileSubwords, type SubwordModel, subwordKind } from "./subwords.js";
import {
  type TokenizerFiles,
  type TokenizerSettings,
  tokenizerSource,
  withSettings,
} from "./tokenizer-json.js";
import { isTokenTable, requireFewGaps, vocabularySize } from "./vocabulary.js";

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
  added_tokens_decoder: z.record(z.string(), z.unknown()).nullish(),
});

export type TokenizerConfig = z.infer<typeof configSchema>;

/** Classes of transformers that take tokenizer.json as it is, whatever tokenizer_config.json says. */
const plainClasses: ReadonlySet<string> = new Set(["PreTrainedTokenizerFast", "TokenizersBackend"]);

/**
 * The tokenizer of a checkpoint's files (see `tokenizerFileNames`), given by name and content.
 *
 * What decides, later over earlier: the layout's defaults (vocab.txt alone lowercases, as in
 * transformers), tokenizer.json, tokenizer_config.json, `options`.
 *
 * Throws `checkpoint-missing` if no file holds a vocabulary; `tokenizer-format` if a file is malformed,
 * asks for a component we do not compute, or lacks a special token.
 */
export function createTokenizer(files: TokenizerFiles, options: TokenizerOptions = {}): Tokenizer {
  const folder = options.folder === undefined ? "" : `${options.folder}/`;
  const config = optionalJson(files, "tokenizer_config.json", folder);
  const specialTokensMap = optionalJson(files, "special_tokens_map.json", folder);
  const settings = checkShape(configSchema, config, `${folder}tokenizer_config.json`);
  const named = {
    ...namesIn(specialTokensMap, `${folder}special_tokens_map.json`),
    ...namesIn(config, `${folder}tokenizer_config.json`),
  };
  const source = tokenizerSource(files, named, folder);
  const { file } = source;
  const json = withSettings(source.json, mergedSettings(settings, options));

  for (const part of ["normalizer", "pre_tokenizer", "post_processor"] as const) {
    requireFewSteps(json[part], `${file}, ${part}`);
  }
  const normalize = compileNormalizer(json.normalizer, file);
  const preTokenizer = compilePreTokenizer(json.pre_tokenizer, file);
  const model = compileSubwords(json.model, file);
  const added = [...json.added_tokens, ...otherAddedTokens(files, settings, folder)];
  const around = namesAround(json.post_processor, file);
  const addedIds = new Map(added.map((token) => [token.content, token.id]));
  const customary = customaryNames(
    subwordKind(json.model, file),
    new Map([...model.vocabulary, ...addedIds]),
  );
  const names = { ...customary, ...named, ...around };
  const tokens = withAddedTokens(model.vocabulary, added, names, file);
  requireFewGaps(tokens, file);
  const special = specialIds(names, tokens, file);

  const tokenOfId = new Map([...tokens].map(([token, id]) => [id, token]));
  const size = vocabularySize(tokens);
  return {
    encode: encoder(normalize, preTokenizer, model, special),
    token(id) {
      const token = tokenOfId.get(id);
      if (token !== undefined) return token;
      throw new L3MaskingError(
        "tokenizer-format",
        `${file}: expected an id of the vocabulary (below ${size}), got ${id}`,
        { hint: "Use the model and tokenizer of the same checkpoint." },
      );
    },
    spelling: preTokenizer.spell === asWritten ? "written" : "bytes",
    vocabularySize: size,
    special,
    specialIds: new Set([...Object.values(special), ...addedIds.values()]),
    digest: sha256([
      JSON.stringify([json.normalizer, json.pre_tokenizer, json.model, special], sortedKeys),
    ]),
    files: (longest) =>
      savedFiles({
        files,
        json,
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
  const text = files.get(name);
  return text === undefined ? {} : parseTokenizerJson(text, folder + name);
}

function mergedSettings(config: TokenizerConfig, options: TokenizerOptions): TokenizerSettings {
  const plain = plainClasses.has(config.tokenizer_class ?? "");
  const bert = plain ? {} : config;
  return {
    lowercase: options.lowercase ?? bert.do_lower_case ?? undefined,
    stripAccents: options.stripAccents === undefined ? bert.strip_accents : options.stripAccents,
    separateIdeographs: options.separateIdeographs ?? bert.tokenize_chinese_chars ?? undefined,
    addPrefixSpace: options.addPrefixSpace ?? config.add_prefix_space ?? undefined,
  };
}

const tokenTableSchema = z.custom<Readonly<Record<string, number>>>(
  isTokenTable,
  "expected an object that maps tokens to ids",
);

/** Added tokens of added_tokens.json (token -> id) and of tokenizer_config.json (id -> token). */
function otherAddedTokens(
  files: TokenizerFiles,
  config: TokenizerConfig,
  folder: string,
): AddedToken[] {
  const idOfToken = checkShape(
    tokenTableSchema,
    optionalJson(files, "added_tokens.json", folder),
    `${folder}added_tokens.json`,
  );
  const bare = Object.entries(idOfToken).map(([content, id]) => ({ id, content, special: false }));
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

function encoder(
  normalize: Normalize,
  preTokenizer: PreTokenizer,
  model: SubwordModel,
  special: SpecialIds,
): Tokenizer["encode"] {
  const idsOfWord = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const cached = idsOfWord.get(word);
    if (cached !== undefined) return cached;
    const ids = model.encode(preTokenizer.spell(word));
    if (word.length <= CACHED_LENGTH) {
      if (idsOfWord.size >= CACHED_WORDS) idsOfWord.clear();
      idsOfWord.set(word, ids);
    }
    return ids;
  };
  return (text, maxLength): Encoding => {
    if (!Number.isInteger(maxLength) || maxLength < 2) {
      throw new L3MaskingError(
        "invalid-setting",
        `max_length: expected an integer of at least 2 (the special tokens), got ${maxLength}`,
        { hint: "Pass a maximum length between 2 and the model's number of positions." },
      );
    }
    const words = preTokenizer.split(normalize(wellFormed(text))).map(encodeWord);
    const total = words.reduce((sum, ids) => sum + ids.length, 0);
    const kept = Math.min(total, maxLength - 2);
    const ids = new Int32Array(kept + 2);
    const wordIds = new Int32Array(kept + 2);
    let at = 0;
    ids[at] = special.first;
    wordIds[at++] = NO_WORD;
    for (let word = 0; at <= kept; word++) {
      for (const id of words[word]) {
        if (at > kept) break;
        ids[at] = id;
        wordIds[at++] = word;
      }
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

/** For JSON.stringify: objects with their keys in order, so that equal settings give equal text. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
