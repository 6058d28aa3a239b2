/** Tokens as people read them: the text that each one stands for. */
import { type Encoding, NO_WORD, type Tokenizer } from "./encoding.js";
import { letterOfByte, SPACE_MARK } from "./pre-tokenize.js";

const byteOfLetter = new Map(letterOfByte.map((letter, byte) => [letter, byte]));

/** What marks a token that continues a word, where tokens are spelled as written. */
const CONTINUATION = "##";

/** A byte, where a vocabulary has tokens for what it does not know. */
const byteToken = /^<0x([0-9A-F]{2})>$/;

/**
 * The text of each token [n], so that all of them one after the other give the text as the model reads it: a piece begins
 * with a space where a space was, or where one has to part two words. Special tokens are spelled as in the vocabulary. Where
 * a character falls apart into several tokens, the last of them has all of it and the others are empty.
 */
export function textPieces(
  { ids, wordIds }: Pick<Encoding, "ids" | "wordIds">,
  tokenizer: Pick<Tokenizer, "token" | "spelling">,
): string[] {
  const tokens = Array.from(ids, (id) => tokenizer.token(id));
  const bytes = new TextDecoder();
  let begun = false;
  return tokens.map((token, position) => {
    const word = wordIds[position];
    if (word === NO_WORD) return token;
    if (tokenizer.spelling === "bytes") {
      const isLast = wordIds[position + 1] === undefined || wordIds[position + 1] === NO_WORD;
      const letters = Array.from(token, (letter) => byteOfLetter.get(letter));
      const spelled = letters.filter((byte) => byte !== undefined);
      // An added token, which is no letters of bytes.
      if (spelled.length < letters.length) return token;
      return bytes.decode(Uint8Array.from(spelled), { stream: !isLast });
    }
    if (tokenizer.spelling === "marked") {
      const [, byte] = byteToken.exec(token) ?? [];
      const goesOn = byteToken.test(tokens[position + 1] ?? "");
      const spaced =
        byte === undefined
          ? token.replaceAll(SPACE_MARK, " ")
          : bytes.decode(Uint8Array.of(Number.parseInt(byte, 16)), { stream: goesOn });
      const piece = begun ? spaced : spaced.replace(/^ /, "");
      begun = true;
      return piece;
    }
    const continues = position > 0 && wordIds[position - 1] === word;
    if (continues) return token.startsWith(CONTINUATION) ? token.slice(2) : token;
    const piece = begun ? ` ${token}` : token;
    begun = true;
    return piece;
  });
}
