/**
 * Pre-tokenizers of tokenizer.json: how a normalized text falls into words. The position of a word in
 * the result is its word id.
 *
 * Reference: the `pre_tokenizers` of Hugging Face's Rust tokenizers.
 */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { characters } from "./character-classes.js";
import { checkShape, componentType, unsupported } from "./checked-json.js";
import type { Tokenizer } from "./encoding.js";

export interface PreTokenizer {
  /** The words of a text, none empty. */
  split(text: string): string[];
  /** A word as the vocabulary spells it. */
  spell(word: string): string;
  /** How that is: see `Tokenizer.spelling`. */
  readonly spelling: Tokenizer["spelling"];
}

const supported = [
  "BertPreTokenizer",
  "ByteLevel",
  "Metaspace",
  "Sequence",
  "WhitespaceSplit",
] as const;

/** What Metaspace writes for a space. */
export const SPACE_MARK = "\u2581";

const byteLevelSchema = z.object({
  add_prefix_space: z.boolean().default(true),
  use_regex: z.boolean().default(true),
});
const metaspaceSchema = z.object({
  replacement: z.literal(SPACE_MARK),
  // Of files of 2020 to 2023.
  add_prefix_space: z.boolean().nullish(),
  prepend_scheme: z
    .enum(
      ["always", "never"],
      'not supported: expected "always" or "never"; "first" depends on where a word stood before normalization',
    )
    .optional(),
  split: z.boolean().nullish(),
});
const sequenceSchema = z.object({ pretokenizers: z.array(z.unknown()) });

/**
 * The functions of a `pre_tokenizer` entry; null makes the whole text one word.
 * Throws `tokenizer-format` for a component that is malformed or not supported.
 */
export function compilePreTokenizer(settings: unknown, where: string): PreTokenizer {
  if (settings === null || settings === undefined) {
    return written((text) => (text === "" ? [] : [text]));
  }
  const type = componentType(settings, where);
  switch (type) {
    case "BertPreTokenizer":
      return written((text) => text.match(bertWord) ?? []);
    case "WhitespaceSplit":
      return written((text) => text.match(unspaced) ?? []);
    case "ByteLevel":
      return byteLevel(checkShape(byteLevelSchema, settings, where));
    case "Metaspace":
      return metaspace(checkShape(metaspaceSchema, settings, where), where);
    case "Sequence": {
      const steps = checkShape(sequenceSchema, settings, where).pretokenizers;
      return sequence(
        steps.map((step, i) => compilePreTokenizer(step, `${where}.pretokenizers[${i}]`)),
        where,
      );
    }
    default:
      throw unsupported(`${where} (pre_tokenizer)`, type, supported);
  }
}

function written(split: PreTokenizer["split"]): PreTokenizer {
  return { split, spell: asWritten, spelling: "written" };
}

const bertWord = new RegExp(
  `[${characters.punctuation}]|[^${characters.space}${characters.punctuation}]+`,
  "gu",
);
const unspaced = new RegExp(`[^${characters.space}]+`, "gu");

/** GPT-2's words: contractions, letters, digits and the rest, each with the space before it. */
const byteLevelWord = new RegExp(
  [
    "'s|'t|'re|'ve|'m|'ll|'d",
    ` ?[${characters.letters}]+`,
    ` ?[${characters.numbers}]+`,
    ` ?[^${characters.space}${characters.letters}${characters.numbers}]+`,
    `[${characters.space}]+(?![^${characters.space}])`,
    `[${characters.space}]+`,
  ].join("|"),
  "gu",
);

function byteLevel(settings: z.infer<typeof byteLevelSchema>): PreTokenizer {
  return {
    split(text) {
      if (text === "") return [];
      const spaced = settings.add_prefix_space && !text.startsWith(" ") ? ` ${text}` : text;
      return settings.use_regex ? (spaced.match(byteLevelWord) ?? []) : [spaced];
    },
    spell(word) {
      if (asciiWord.test(word)) return word.replace(" ", letterOfByte[0x20]);
      let spelled = "";
      for (const byte of utf8.encode(word)) spelled += letterOfByte[byte];
      return spelled;
    },
    spelling: "bytes",
  };
}

/** Spaces become marks, one goes before the text if none is there, and each mark begins a word. */
function metaspace(settings: z.infer<typeof metaspaceSchema>, where: string): PreTokenizer {
  const prefixed = settings.add_prefix_space ?? settings.prepend_scheme !== "never";
  if (!prefixed && settings.prepend_scheme === "always") {
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}: expected add_prefix_space and prepend_scheme to say the same, got false and "always"`,
      { hint: "Use the tokenizer that belongs to the checkpoint, as Hugging Face saves it." },
    );
  }
  return {
    split(text) {
      if (text === "") return [];
      const marked = text.replaceAll(" ", SPACE_MARK);
      const whole = prefixed && !marked.startsWith(SPACE_MARK) ? SPACE_MARK + marked : marked;
      return settings.split === false ? [whole] : (whole.match(markedWord) ?? []);
    },
    spell: asWritten,
    spelling: "marked",
  };
}

const markedWord = new RegExp(`${SPACE_MARK}?[^${SPACE_MARK}]+|${SPACE_MARK}`, "gu");

const asciiWord = /^ ?[!-~]+$/;
const utf8 = new TextEncoder();

/**
 * GPT-2's alphabet: printable bytes of Latin-1 stand for themselves, the others for U+0100 onwards.
 */
export const letterOfByte: readonly string[] = byteAlphabet();

function byteAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
}

/** Each step cuts the words of the step before; only the last may change their spelling. */
function sequence(steps: readonly PreTokenizer[], where: string): PreTokenizer {
  const last = steps.at(-1);
  if (last === undefined) return compilePreTokenizer(null, where);
  const early = steps.slice(0, -1).findIndex((step) => step.spelling !== "written");
  if (early >= 0) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}.pretokenizers[${early}]: expected ByteLevel or Metaspace to come last, got a step after it`,
      {
        hint: "Use a checkpoint with a tokenizer of BERT (WordPiece), RoBERTa (byte-level BPE) or XLM-RoBERTa (Unigram).",
      },
    );
  }
  return {
    split: (text) =>
      steps.reduce<string[]>((words, step) => words.flatMap((word) => step.split(word)), [text]),
    spell: last.spell,
    spelling: last.spelling,
  };
}

/** The spelling of words that are left as they are. */
function asWritten(word: string): string {
  return word;
}
