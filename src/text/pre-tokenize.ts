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

export interface PreTokenizer {
  /** The words of a text, none empty. */
  split(text: string): string[];
  /** A word as the vocabulary spells it. */
  spell(word: string): string;
}

const supported = ["BertPreTokenizer", "ByteLevel", "Sequence", "WhitespaceSplit"] as const;

const byteLevelSchema = z.object({
  add_prefix_space: z.boolean().default(true),
  use_regex: z.boolean().default(true),
});
const sequenceSchema = z.object({ pretokenizers: z.array(z.unknown()) });

/**
 * The functions of a `pre_tokenizer` entry; null makes the whole text one word.
 * Throws `tokenizer-format` for a component that is malformed or not supported.
 */
export function compilePreTokenizer(settings: unknown, where: string): PreTokenizer {
  if (settings === null || settings === undefined) {
    return { split: (text) => (text === "" ? [] : [text]), spell: asWritten };
  }
  const type = componentType(settings, where);
  switch (type) {
    case "BertPreTokenizer":
      return { split: (text) => text.match(bertWord) ?? [], spell: asWritten };
    case "WhitespaceSplit":
      return { split: (text) => text.match(unspaced) ?? [], spell: asWritten };
    case "ByteLevel":
      return byteLevel(checkShape(byteLevelSchema, settings, where));
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
  };
}

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
  const early = steps.slice(0, -1).findIndex((step) => step.spell !== asWritten);
  if (early >= 0) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}.pretokenizers[${early}]: expected ByteLevel to come last, got a step after it`,
      { hint: "Use a checkpoint with a BERT (WordPiece) or RoBERTa (byte-level BPE) tokenizer." },
    );
  }
  return {
    split: (text) =>
      steps.reduce<string[]>((words, step) => words.flatMap((word) => step.split(word)), [text]),
    spell: last.spell,
  };
}

/** The spelling of words that are left as they are. */
export function asWritten(word: string): string {
  return word;
}
