/**
 * Special tokens: which tokens open and close a row, pad, mask, and stand for the unknown; and which
 * tokens were added to a vocabulary.
 */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import type { AddedToken } from "./added-tokens.js";
import { checkShape, componentType, listOf, unsupported } from "./checked-json.js";
import type { SpecialIds } from "./encoding.js";
import type { SubwordKind } from "./subwords.js";
import type { Vocabulary } from "./vocabulary.js";

/** The tokens with a role, as they are written. */
export type SpecialNames = Readonly<Record<keyof SpecialIds, string>>;

/** The field of tokenizer_config.json and special_tokens_map.json that names each. */
const fieldOfRole = {
  first: "cls_token",
  last: "sep_token",
  pad: "pad_token",
  mask: "mask_token",
  unknown: "unk_token",
} as const satisfies Record<keyof SpecialIds, string>;

const roles = ["first", "last", "pad", "mask", "unknown"] as const;

export const bertNames: SpecialNames = {
  first: "[CLS]",
  last: "[SEP]",
  pad: "[PAD]",
  mask: "[MASK]",
  unknown: "[UNK]",
};

export const robertaNames: SpecialNames = {
  first: "<s>",
  last: "</s>",
  pad: "<pad>",
  mask: "<mask>",
  unknown: "<unk>",
};

/** MPNet marks rows as RoBERTa does, and has BERT's unknown token. */
export const mpnetNames: SpecialNames = { ...robertaNames, unknown: "[UNK]" };

/** The names as configuration files hold them. */
export function fieldsOf(names: SpecialNames): Record<string, string> {
  return Object.fromEntries(roles.map((role) => [fieldOfRole[role], names[role]]));
}

/** A token as configuration files name it: bare, or with its matching rules. */
const nameSchema = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((name) => (typeof name === "object" ? name?.content : name));

const namedSchema = z.looseObject({
  cls_token: nameSchema,
  sep_token: nameSchema,
  pad_token: nameSchema,
  mask_token: nameSchema,
  unk_token: nameSchema,
});

/** Names of some roles, as one configuration file gives them. */
export function namesIn(settings: unknown, where: string): Partial<SpecialNames> {
  const named = checkShape(namedSchema, settings, where);
  const names: Partial<Record<keyof SpecialIds, string>> = {};
  for (const role of roles) {
    const name = named[fieldOfRole[role]];
    if (typeof name === "string") names[role] = name;
  }
  return names;
}

/** The names that a tokenizer of this kind has unless a file says otherwise. */
export function customaryNames(
  kind: SubwordKind,
  isToken: (token: string) => boolean,
): SpecialNames {
  const [usual, other] =
    kind === "WordPiece" ? [bertNames, robertaNames] : [robertaNames, bertNames];
  return roles.some((role) => !isToken(usual[role])) && roles.every((role) => isToken(other[role]))
    ? other
    : usual;
}

/**
 * Special tokens that a configuration file lists beside those with a role: `additional_special_tokens`, since transformers 5
 * `extra_special_tokens`.
 */
export function extraSpecialTokens(settings: unknown, where: string): ExtraSpecialTokens {
  const lists = checkShape(extraSchema, settings, where);
  return { additional: lists.additional_special_tokens, extra: lists.extra_special_tokens };
}

/** By the name of the list. */
export interface ExtraSpecialTokens {
  readonly additional: readonly string[];
  readonly extra: readonly string[];
}

/** Names of the beginning and the end of a text that are no first or last token of a row here, but special all the same. */
export function otherRoles(settings: unknown, where: string): readonly string[] {
  const { bos_token, eos_token } = checkShape(endsSchema, settings, where);
  return [bos_token, eos_token].filter((name) => typeof name === "string");
}

/** A list of tokens, or tokens by what they are for. */
const extraList = z
  .union([z.array(nameSchema), z.record(z.string(), nameSchema).transform(Object.values<unknown>)])
  .nullish()
  .transform((names) => (names ?? []).filter((name) => typeof name === "string"));

const extraSchema = z.looseObject({
  additional_special_tokens: extraList,
  extra_special_tokens: extraList,
});

const endsSchema = z.looseObject({ bos_token: nameSchema, eos_token: nameSchema });

/** The vocabulary with the added tokens. Throws `tokenizer-format` for one whose id the vocabulary contradicts. */
export function withAddedTokens(
  vocabulary: Vocabulary,
  added: readonly AddedToken[],
  where: string,
): Vocabulary {
  const tokens = new Map(vocabulary);
  for (const { id, content } of added) {
    const known = tokens.get(content);
    if (known !== undefined && known !== id) {
      throw new L3MaskingError(
        "tokenizer-format",
        `${where}: expected added token ${JSON.stringify(content)} to have the id ${known} of the vocabulary, got ${id}`,
        { hint: "Use the tokenizer files of a single checkpoint." },
      );
    }
    tokens.set(content, id);
  }
  return tokens;
}

/** Ids of the tokens with a role. Throws `tokenizer-format` naming those that are missing. */
export function specialIds(names: SpecialNames, tokens: Vocabulary, where: string): SpecialIds {
  const missing: string[] = [];
  const idOf = (role: keyof SpecialIds): number => {
    const id = tokens.get(names[role]);
    if (id === undefined) missing.push(`${names[role]} (${fieldOfRole[role]})`);
    return id ?? 0;
  };
  const ids: SpecialIds = {
    first: idOf("first"),
    last: idOf("last"),
    pad: idOf("pad"),
    mask: idOf("mask"),
    unknown: idOf("unknown"),
  };
  if (missing.length === 0) return ids;
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected a vocabulary with all special tokens, missing ${missing.join(", ")}`,
    {
      hint: "Name this vocabulary's special tokens in tokenizer_config.json or special_tokens_map.json.",
    },
  );
}

const tokenAndId = z.tuple([z.string(), z.int()]);
const pairSchema = z.object({ cls: tokenAndId, sep: tokenAndId });
const templateSchema = z.object({
  single: listOf(
    z.union([
      z.object({ SpecialToken: z.object({ id: z.string() }) }),
      z.object({ Sequence: z.object({ id: z.string() }) }),
    ]),
    16,
  ),
});
const sequenceSchema = z.object({ processors: z.array(z.unknown()) });

const supported = [
  "BertProcessing",
  "ByteLevel",
  "RobertaProcessing",
  "Sequence",
  "TemplateProcessing",
] as const;

/**
 * First and last token of a row as a `post_processor` entry adds them; nothing where it adds none.
 * Throws `tokenizer-format` unless the row is: one token, the text, one token.
 */
export function namesAround(settings: unknown, where: string): Partial<SpecialNames> {
  if (settings === null || settings === undefined) return {};
  const type = componentType(settings, where);
  switch (type) {
    case "ByteLevel":
      return {};
    case "BertProcessing":
    case "RobertaProcessing": {
      const { cls, sep } = checkShape(pairSchema, settings, where);
      return { first: cls[0], last: sep[0] };
    }
    case "Sequence": {
      const steps = checkShape(sequenceSchema, settings, where).processors;
      return Object.fromEntries(
        steps.flatMap((step, i) => Object.entries(namesAround(step, `${where}.processors[${i}]`))),
      );
    }
    case "TemplateProcessing": {
      const { single } = checkShape(templateSchema, settings, where);
      const [first, text, last] = single;
      if (
        single.length === 3 &&
        "SpecialToken" in first &&
        "Sequence" in text &&
        "SpecialToken" in last
      ) {
        return { first: first.SpecialToken.id, last: last.SpecialToken.id };
      }
      throw new L3MaskingError(
        "tokenizer-format",
        `${where}: expected a row of one special token, the text and one special token, got another template`,
        { hint: "Use a checkpoint with a tokenizer of BERT, RoBERTa or XLM-RoBERTa." },
      );
    }
    default:
      throw unsupported(`${where} (post_processor)`, type, supported);
  }
}
