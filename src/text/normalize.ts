/**
 * Normalizers of tokenizer.json: what happens to a text before it is cut into words.
 *
 * Reference: the `normalizers` of Hugging Face's Rust tokenizers. @huggingface/tokenizers differs from
 * it for ideographs beyond U+FFFF, the capital sigma at the end of a word, the order of accent
 * stripping and lowercasing, and characters that changed between versions of Unicode.
 */
import * as z from "zod";
import { L3MaskingError, messageOf } from "../base/errors.js";
import { characters } from "./character-classes.js";
import { compileCharacterMap } from "./character-map.js";
import { checkShape, componentType, unsupported } from "./checked-json.js";

export type Normalize = (text: string) => string;

const supported = [
  "BertNormalizer",
  "Lowercase",
  "NFC",
  "NFD",
  "NFKC",
  "NFKD",
  "Nmt",
  "Precompiled",
  "Prepend",
  "Replace",
  "Sequence",
  "Strip",
  "StripAccents",
] as const;

const bertSchema = z.object({
  clean_text: z.boolean().default(true),
  handle_chinese_chars: z.boolean().default(true),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().default(true),
});
const sequenceSchema = z.object({ normalizers: z.array(z.unknown()) });
const precompiledSchema = z.object({ precompiled_charsmap: z.string() });
const prependSchema = z.object({ prepend: z.string().max(16) });
const stripSchema = z.object({ strip_left: z.boolean(), strip_right: z.boolean() });
const replaceSchema = z.object({
  pattern: z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]),
  content: z.string().max(16),
});

/**
 * The function of a `normalizer` entry; null (no normalizer) leaves texts as they are.
 * Throws `tokenizer-format` for a component that is malformed or not supported.
 */
export function compileNormalizer(settings: unknown, where: string): Normalize {
  if (settings === null || settings === undefined) return (text) => text;
  const type = componentType(settings, where);
  switch (type) {
    case "BertNormalizer":
      return bertNormalizer(checkShape(bertSchema, settings, where));
    case "Sequence": {
      const steps = checkShape(sequenceSchema, settings, where).normalizers.map((step, i) =>
        compileNormalizer(step, `${where}.normalizers[${i}]`),
      );
      return (text) =>
        steps.reduce((result, step) => withinBounds(step(result), text, where), text);
    }
    case "Lowercase":
      return lowercase;
    case "StripAccents":
      return (text) => text.replace(marks, "");
    case "NFC":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(type);
    case "NFD":
      return decompose;
    case "Nmt":
      return (text) => text.replace(nmtRemoved, "").replace(nmtSpace, " ");
    case "Precompiled": {
      const { precompiled_charsmap } = checkShape(precompiledSchema, settings, where);
      return compileCharacterMap(fromBase64(precompiled_charsmap, where), where);
    }
    case "Prepend": {
      const { prepend } = checkShape(prependSchema, settings, where);
      return (text) => (text === "" ? "" : prepend + text);
    }
    case "Replace": {
      const { pattern, content } = checkShape(replaceSchema, settings, where);
      if ("Regex" in pattern) {
        const expression = simpleExpression(pattern.Regex, where);
        return (text) => text.replace(expression, () => content);
      }
      return pattern.String === ""
        ? (text) => text
        : (text) => text.replaceAll(pattern.String, () => content);
    }
    case "Strip": {
      const { strip_left, strip_right } = checkShape(stripSchema, settings, where);
      return (text) => stripped(text, strip_left, strip_right);
    }
    default:
      throw unsupported(`${where} (normalizer)`, type, supported);
  }
}

/** A ligature of Arabic becomes 18 letters under NFKC; nothing else grows as much. */
const MOST_GROWTH = 20;
const FREE_GROWTH = 4096;

/** Steps that each double a text would fill the memory. */
function withinBounds(result: string, text: string, where: string): string {
  if (result.length <= MOST_GROWTH * text.length + FREE_GROWTH) return result;
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected a normalizer that makes texts at most ${MOST_GROWTH} times as long, got one that makes ${result.length} characters of ${text.length}`,
    { hint: "Use the tokenizer that belongs to the checkpoint, as Hugging Face saves it." },
  );
}

function bertNormalizer(settings: z.infer<typeof bertSchema>): Normalize {
  const stripAccents = settings.strip_accents ?? settings.lowercase;
  return (text) => {
    let result = text;
    if (plainAscii.test(text)) {
      if (settings.clean_text) result = result.replace(asciiSpace, " ");
      return settings.lowercase ? result.toLowerCase() : result;
    }
    if (settings.clean_text) result = result.replace(removed, "").replace(space, " ");
    if (settings.handle_chinese_chars) result = result.replace(ideographs, " $& ");
    if (stripAccents) result = decompose(result).replace(accents, "");
    return settings.lowercase ? lowercase(result) : result;
  };
}

const plainAscii = /^[\t\n\r\x20-\x7e]*$/;
const asciiSpace = /[\t\n\r]/g;
const removed = new RegExp(`[${characters.removed}]+`, "gu");
const space = new RegExp(`[${characters.space}]`, "gu");
const ideographs = new RegExp(`[${characters.ideographs}]`, "gu");
const accents = new RegExp(`[${characters.accents}]+`, "gu");
const marks = new RegExp(`[${characters.marks}]+`, "gu");

const nmtRemoved = new RegExp(`[${characters.nmtRemoved}]+`, "gu");
const nmtSpace = new RegExp(`[${characters.nmtSpaces}]`, "gu");

function fromBase64(text: string, where: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}: expected precompiled_charsmap in Base64, got ${messageOf(cause)}`,
      { hint: "Download the file again.", cause },
    );
  }
}

/**
 * A literal text whose last character may come several times, such as " {2,}": all that the tokenizers of encoders ask for.
 * Others would be read by another engine than Rust's, which takes some signs otherwise.
 */
function simpleExpression(source: string, where: string): RegExp {
  if (/^[^\\^$.*+?()[\]{}|]+(?:\+|\{\d{1,3},(?:\d{1,3})?\})?$/u.test(source)) {
    return new RegExp(source, "gu");
  }
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected a Replace of a text, or of a text whose last character repeats (" {2,}"), got the regular expression ${JSON.stringify(source)}`,
    { hint: "Use the tokenizer that belongs to the checkpoint, as Hugging Face saves it." },
  );
}

/** Not a regular expression at the end: that would start anew at every space. */
function stripped(text: string, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  while (left && start < end && whiteSpace.test(text[start])) start++;
  while (right && end > start && whiteSpace.test(text[end - 1])) end--;
  return text.slice(start, end);
}

const whiteSpace = new RegExp(`[${characters.space}]`, "u");

/** Letter by letter: JavaScript alone would write a sigma at the end of a word as its final form. */
function lowercase(text: string): string {
  return text.replaceAll("\u03a3", "\u03c3").toLowerCase();
}

/** Canonical decomposition, but of characters that Unicode 13 to 16 added, which Rust's table lacks. */
function decompose(text: string): string {
  return text.replace(decomposable, (run) => run.normalize("NFD"));
}

const decomposable =
  /[^\u{105c9}\u{105e4}\u{11383}\u{11385}\u{1138e}\u{11391}\u{113c5}\u{113c7}\u{113c8}\u{11938}\u{16121}-\u{16128}\u{16d68}-\u{16d6a}]+/gu;
