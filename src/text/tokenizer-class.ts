/**
 * The class of transformers that reads a tokenizer's files, which decides what they mean: BertTokenizer, RobertaTokenizer
 * and others take the vocabulary from tokenizer.json, and all else from tokenizer_config.json and their own defaults.
 *
 * Reference: `AutoTokenizer.from_pretrained` of transformers 5; test/golden/tokenizer-classes.json.gz holds what it does.
 */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { isObject } from "../base/strict-json.js";
import { checkShape } from "./checked-json.js";
import {
  bertNames,
  mpnetNames,
  namesAround,
  robertaNames,
  type SpecialNames,
} from "./special-tokens.js";
import { type ScoredPiece, type SubwordKind, subwordKind, unigramSchema } from "./subwords.js";
import {
  type BareReading,
  bertJson,
  mpnetJson,
  robertaJson,
  type TokenizerJson,
  type TokenizerSettings,
  withSettings,
} from "./tokenizer-json.js";
import { camembertJson, unigramJson, xlmRobertaJson } from "./unigram-json.js";
import { vocabularySchema } from "./vocabulary.js";

/** A way of reading, by the class that it is named after; the last takes tokenizer.json as it is. */
export type TokenizerClass =
  | "BertTokenizer"
  | "MPNetTokenizer"
  | "RobertaTokenizer"
  | "XLMRobertaTokenizer"
  | "CamembertTokenizer"
  | "PreTrainedTokenizerFast";

/** A class that builds a tokenizer of its own from the vocabulary and settings. */
export interface RebuildingClass extends BareReading {
  /** Special tokens where no file names them. */
  readonly names: SpecialNames;
  readonly subwords: SubwordKind;
  /** What it can express. */
  readonly standard: z.ZodType;
  /** What it builds of a tokenizer.json. */
  rebuilt(json: TokenizerJson, names: SpecialNames, file: string): TokenizerJson;
  /** The settings of tokenizer_config.json that make the class build this tokenizer; undefined where none do. */
  settings(json: TokenizerJson, names: SpecialNames): Record<string, unknown> | undefined;
}

/** The names of each, without the ending "Fast". */
const namesOfClass: Readonly<Record<TokenizerClass, readonly string[]>> = {
  BertTokenizer: [
    "BertTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "LayoutLMTokenizer",
    "LxmertTokenizer",
    "MobileBertTokenizer",
    "SqueezeBertTokenizer",
  ],
  MPNetTokenizer: ["MPNetTokenizer"],
  RobertaTokenizer: [
    "RobertaTokenizer",
    "BartTokenizer",
    "LEDTokenizer",
    "LongformerTokenizer",
    "MvpTokenizer",
  ],
  XLMRobertaTokenizer: ["XLMRobertaTokenizer"],
  CamembertTokenizer: ["CamembertTokenizer"],
  PreTrainedTokenizerFast: ["PreTrainedTokenizer", "TokenizersBackend", "PythonBackend"],
};

/** The class of a model whose files name none. */
const classOfModel: Readonly<Record<string, TokenizerClass>> = {
  bert: "BertTokenizer",
  distilbert: "BertTokenizer",
  electra: "BertTokenizer",
  mpnet: "MPNetTokenizer",
  modernbert: "PreTrainedTokenizerFast",
  roberta: "RobertaTokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
  camembert: "CamembertTokenizer",
};

const namedClassSchema = z.looseObject({ tokenizer_class: z.string().nullish() });
const modelSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  model_type: z.string().nullish(),
});

/**
 * The class that tokenizer_config.json names, else config.json, else that of config.json's model type; undefined where neither
 * file tells. Throws `tokenizer-format` for a class that reads texts in a way that is not computed here.
 */
export function tokenizerClass(
  tokenizerConfig: unknown,
  modelConfig: unknown,
  folder: string,
): TokenizerClass | undefined {
  const tokenizerFile = `${folder}tokenizer_config.json`;
  const named = checkShape(namedClassSchema, tokenizerConfig, tokenizerFile).tokenizer_class;
  const model = checkShape(modelSchema, modelConfig, `${folder}config.json`);
  const name = named ?? model.tokenizer_class;
  if (typeof name !== "string") return classOfModel[model.model_type ?? ""];
  const found = kinds.find((kind) => namesOfClass[kind].includes(name.replace(/Fast$/, "")));
  if (found !== undefined) return found;
  const where = typeof named === "string" ? tokenizerFile : `${folder}config.json`;
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected a tokenizer_class that is computed here (${kinds.join(", ")} or one like them), got ${JSON.stringify(name)}`,
    {
      hint: `Choose a checkpoint with a tokenizer of BERT, RoBERTa or XLM-RoBERTa; where tokenizer.json alone says how texts are read, put "tokenizer_class": "PreTrainedTokenizerFast" into tokenizer_config.json.`,
    },
  );
}

const kinds = [
  "BertTokenizer",
  "MPNetTokenizer",
  "RobertaTokenizer",
  "XLMRobertaTokenizer",
  "CamembertTokenizer",
  "PreTrainedTokenizerFast",
] as const;

/** What BertTokenizer can express. */
const standardBert = z.object({
  normalizer: z.object({
    type: z.literal("BertNormalizer"),
    clean_text: z.literal(true).optional(),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullable().default(null),
    lowercase: z.boolean().default(true),
  }),
  pre_tokenizer: z.object({ type: z.literal("BertPreTokenizer") }),
  model: z.object({
    type: z.literal("WordPiece"),
    continuing_subword_prefix: z.literal("##").optional(),
    max_input_chars_per_word: z.literal(100).optional(),
  }),
});

/** What RobertaTokenizer can express. */
const standardRoberta = z.object({
  normalizer: z.null().optional(),
  pre_tokenizer: z.object({
    type: z.literal("ByteLevel"),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.literal(true).optional(),
  }),
  model: z.object({
    type: z.literal("BPE"),
    unk_token: z.null().optional(),
    ignore_merges: z.literal(false).nullish(),
  }),
});

/** What XLMRobertaTokenizer and CamembertTokenizer can express. */
const standardUnigram = z.object({
  normalizer: z
    .object({ type: z.literal("Precompiled"), precompiled_charsmap: z.string() })
    .nullish()
    .transform((normalizer) => normalizer ?? null),
  pre_tokenizer: z.object({
    type: z.literal("Sequence"),
    pretokenizers: z.tuple([
      z.object({ type: z.literal("WhitespaceSplit") }),
      z
        .object({
          type: z.literal("Metaspace"),
          replacement: z.string(),
          add_prefix_space: z.literal(true).nullish(),
          prepend_scheme: z.enum(["always", "never"]).default("always"),
          split: z.literal(true).nullish(),
        })
        .transform(({ replacement, prepend_scheme }) => ({ replacement, prepend_scheme })),
    ]),
  }),
  model: z.object({
    type: z.literal("Unigram"),
    unk_id: z.int(),
    byte_fallback: z
      .literal(false)
      .nullish()
      .transform(() => false),
  }),
});

const unigramVocabulary = z.looseObject({ vocab: unigramSchema.shape.vocab });

/** Base64 of the character map of a normalizer; empty where it has none. */
function characterMapOf(normalizer: unknown): string {
  const steps = isObject(normalizer) ? (normalizer.normalizers ?? [normalizer]) : [];
  for (const step of Array.isArray(steps) ? steps : []) {
    const map: unknown = isObject(step) ? step.precompiled_charsmap : undefined;
    if (typeof map === "string") return map;
  }
  return "";
}

/** `unknownOf` gives the id of the unknown token in a vocabulary. */
function unigramClass(
  fromPieces: RebuildingClass["fromPieces"],
  unknownOf: (vocab: readonly ScoredPiece[], name: string) => number,
): RebuildingClass {
  return {
    names: robertaNames,
    subwords: "Unigram",
    vocabulary: "sentencepiece.bpe.model",
    standard: standardUnigram,
    ...(fromPieces && { fromPieces }),
    rebuilt({ model, normalizer, added_tokens }, names, file) {
      const { vocab } = checkShape(unigramVocabulary, model, file);
      const unknown = unknownOf(vocab, names.unknown);
      const parts = { vocab, unknown, characterMap: characterMapOf(normalizer) };
      return unigramJson({ ...parts, added: added_tokens }, names);
    },
    settings(json, names) {
      const parsed = standardUnigram.safeParse(json);
      if (!parsed.success) return undefined;
      const { pretokenizers } = parsed.data.pre_tokenizer;
      return { ...ends(names), add_prefix_space: pretokenizers[1].prepend_scheme === "always" };
    },
  };
}

/** Where XLMRobertaTokenizer takes the unknown token to be, whatever its name. */
const XLM_ROBERTA_UNKNOWN = 3;

const vocabularyOnly = z.looseObject({ vocab: vocabularySchema });
const vocabularyAndMerges = z.looseObject({
  vocab: vocabularySchema,
  merges: z.array(z.unknown()),
});

const wordPieces = {
  subwords: "WordPiece",
  vocabulary: "vocab.txt",
  standard: standardBert,
  settings: bertSettings,
} as const;

function bertSettings(json: TokenizerJson): Record<string, unknown> | undefined {
  const parsed = standardBert.safeParse(json);
  if (!parsed.success) return undefined;
  const { lowercase, strip_accents, handle_chinese_chars } = parsed.data.normalizer;
  return {
    do_lower_case: lowercase,
    strip_accents,
    tokenize_chinese_chars: handle_chinese_chars,
  };
}

/** The class would add these two to the vocabulary under its own names. */
const ends = (names: SpecialNames) => ({ bos_token: names.first, eos_token: names.last });

/** The classes that build a tokenizer of their own; the first that can express one saves it. */
export const rebuilding: Readonly<
  Record<Exclude<TokenizerClass, "PreTrainedTokenizerFast">, RebuildingClass>
> = {
  BertTokenizer: {
    ...wordPieces,
    names: bertNames,
    rebuilt: ({ model }, names, file) =>
      bertJson(checkShape(vocabularyOnly, model, file).vocab, names),
  },
  RobertaTokenizer: {
    names: robertaNames,
    subwords: "BPE",
    vocabulary: "vocab.json",
    standard: standardRoberta,
    rebuilt({ model }, names, file) {
      const { vocab, merges } = checkShape(vocabularyAndMerges, model, file);
      return robertaJson(vocab, merges, names);
    },
    settings(json, names) {
      const parsed = standardRoberta.safeParse(json);
      if (!parsed.success) return undefined;
      return { ...ends(names), add_prefix_space: parsed.data.pre_tokenizer.add_prefix_space };
    },
  },
  MPNetTokenizer: {
    ...wordPieces,
    names: mpnetNames,
    rebuilt: ({ model }, names, file) =>
      mpnetJson(checkShape(vocabularyOnly, model, file).vocab, names),
    settings(json, names) {
      const settings = bertSettings(json);
      return settings && { ...settings, ...ends(names) };
    },
  },
  XLMRobertaTokenizer: unigramClass(xlmRobertaJson, () => XLM_ROBERTA_UNKNOWN),
  CamembertTokenizer: unigramClass(camembertJson, (vocab, name) =>
    Math.max(
      0,
      vocab.findIndex(([piece]) => piece === name),
    ),
  ),
};

/** The record of a class; undefined where it takes tokenizer.json as it is, or no file tells the class. */
export function rebuildingClass(kind: TokenizerClass | undefined): RebuildingClass | undefined {
  return kind === undefined || kind === "PreTrainedTokenizerFast" ? undefined : rebuilding[kind];
}

/**
 * What `kind` makes of a tokenizer.json: the same object where that says what the class would compute. `names` are the special
 * tokens, by the files or the class. Throws `tokenizer-format` where it holds a vocabulary of the other kind.
 */
export function asClass(
  kind: TokenizerClass | undefined,
  json: TokenizerJson,
  settings: TokenizerSettings,
  names: SpecialNames,
  file: string,
): TokenizerJson {
  const reading = rebuildingClass(kind);
  if (kind === undefined || reading === undefined) return withSettings(json, settings);
  const found = subwordKind(json.model, file);
  if (found !== reading.subwords) {
    throw otherVocabulary(kind, `a ${found} model`, reading.subwords, file);
  }
  const ofClass = withSettings(reading.rebuilt(json, names, file), settings);
  const { normalizer, pre_tokenizer, post_processor, model } = ofClass;
  // The tokens that a tokenizer.json adds count, whatever the class; a bare vocabulary adds none of its own.
  const added_tokens = file.endsWith("tokenizer.json") ? json.added_tokens : ofClass.added_tokens;
  const built = { ...json, added_tokens, normalizer, pre_tokenizer, post_processor, model };
  const [ours, theirs] = [reading.standard.safeParse(built), reading.standard.safeParse(json)];
  const unchanged =
    theirs.success &&
    JSON.stringify(theirs.data) === JSON.stringify(ours.data) &&
    unknownToken(json) === unknownToken(built) &&
    hasEnds(json, names, file);
  return unchanged ? json : built;
}

function hasEnds(json: TokenizerJson, names: SpecialNames, file: string): boolean {
  const { first, last } = namesAround(json.post_processor, file);
  return first === names.first && last === names.last;
}

function unknownToken({ model }: TokenizerJson): unknown {
  return model.unk_token;
}

/** The error for files of another kind than the class reads. */
export function otherVocabulary(
  kind: TokenizerClass,
  found: string,
  expected: string,
  file: string,
): L3MaskingError {
  const other = Object.entries(rebuilding).find(
    ([name, { subwords, vocabulary }]) =>
      name !== kind && (found.includes(subwords) || found.includes(vocabulary)),
  )?.[0];
  return new L3MaskingError(
    "tokenizer-format",
    `${file}: expected ${expected}, which ${kind} reads, got ${found}`,
    {
      hint: `Use the tokenizer files of the checkpoint; if they are, name their class in tokenizer_config.json: "tokenizer_class": "${other ?? "BertTokenizer"}", or "PreTrainedTokenizerFast" for tokenizer.json as it is.`,
    },
  );
}
