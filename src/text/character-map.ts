/**
 * The compiled character map of a SentencePiece normalizer: a double array of keys, and their replacements one after the other.
 *
 * Reference: `normalizers.Precompiled` of Hugging Face's Rust tokenizers, which looks up what readers take for one character (a cluster of
 * up to five bytes) by the shortest key that begins it, else each code point; test/golden/tokenizers holds what it does. The form is that of
 * SentencePiece (Kudo and Richardson 2018): the size of the double array in bytes, its units, little-endian in 32 bits each, and text in UTF-8,
 * each replacement closed by a zero.
 */
import { L3MaskingError } from "../base/errors.js";
import { replaceClusters } from "./clusters.js";
import type { Normalize } from "./normalize.js";

/** Bytes of a cluster that is looked up as a whole. */
const LONGEST_CLUSTER = 5;
/** Bytes of a replacement; those of Unicode's compatibility forms have 33 at most. */
const LONGEST_REPLACEMENT = 64;
/** Replacements that are remembered; when there are more, the store starts afresh. */
const CACHED = 2 ** 16;

/** Throws `tokenizer-format` for bytes that are no map; so does the function for text that leads out of the map. */
export function compileCharacterMap(bytes: Uint8Array, where: string): Normalize {
  const lookUp = finder(bytes, where);
  const known = new Map<string, string | undefined>();
  const find = (text: string): string | undefined => {
    const cached = known.get(text);
    if (cached !== undefined || known.has(text)) return cached;
    const found = lookUp(utf8.encode(text));
    if (known.size >= CACHED) known.clear();
    known.set(text, found);
    return found;
  };
  const each = (text: string): string => {
    let result = "";
    let done = 0;
    let at = 0;
    for (const character of text) {
      const found = find(character);
      const end = at + character.length;
      if (found !== undefined) {
        result += text.slice(done, at) + found;
        done = end;
      }
      at = end;
    }
    return done === 0 ? text : result + text.slice(done);
  };
  const cluster = (text: string): string => {
    const whole = utf8.encode(text).length <= LONGEST_CLUSTER ? find(text) : undefined;
    return whole ?? each(text);
  };
  return (text) => replaceClusters(text, cluster, each);
}

const utf8 = new TextEncoder();

/** The replacement of the shortest key that begins a text, given as its bytes. */
function finder(bytes: Uint8Array, where: string): (text: Uint8Array) => string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length) throw damaged(where);
  const units = size / 4;
  const replacements = bytes.subarray(4 + size);
  const unit = (at: number): number => {
    if (at >= units) throw damaged(where);
    return view.getUint32(4 + 4 * at, true);
  };
  return (text) => {
    let at = offset(unit(0));
    for (const byte of text) {
      if (byte === 0) return undefined;
      at ^= byte;
      const found = unit(at);
      if ((found & LABEL) >>> 0 !== byte) return undefined;
      at ^= offset(found);
      if ((found & IS_KEY) !== 0) return replacementAt(unit(at) & VALUE);
    }
    return undefined;
  };

  function replacementAt(start: number): string {
    if (start > replacements.length) throw damaged(where);
    const found = replacements.indexOf(0, start);
    const end = found === -1 ? replacements.length : found;
    if (end - start > LONGEST_REPLACEMENT) throw damaged(where);
    try {
      return strictUtf8.decode(replacements.subarray(start, end));
    } catch {
      throw damaged(where);
    }
  }
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bits of a unit. */
const IS_KEY = 1 << 8;
const IS_LONG = 1 << 9;
const LABEL = 0x800000ff;
const VALUE = 0x7fffffff;

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & IS_LONG) >>> 6);
}

function damaged(where: string): L3MaskingError {
  return new L3MaskingError(
    "tokenizer-format",
    `${where}: expected a compiled character map (precompiled_charsmap), got other bytes`,
    { hint: "Download the file again." },
  );
}
