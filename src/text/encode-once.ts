import type { Encoding, Tokenizer } from "./encoding.js";

/** A memo of encodings by text: texts that occur in several places are encoded once. */
export function encodeOnce(tokenizer: Tokenizer, maxLength: number): (text: string) => Encoding {
  const known = new Map<string, Encoding>();
  return (text) => {
    const encoding = known.get(text) ?? tokenizer.encode(text, maxLength);
    known.set(text, encoding);
    return encoding;
  };
}
