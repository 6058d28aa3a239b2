/** How well a vocabulary fits a text: how many of its words are tokens, how many are made of several, how many are unknown. */
import { type Encoding, NO_WORD, type Tokenizer } from "./encoding.js";

/** Of the words with a letter, and of those unknown. */
export interface WordCounts {
  readonly words: number;
  /** Tokens of these words. */
  readonly pieces: number;
  /** Words of several tokens; 0 under a Unigram vocabulary, whose many languages share the pieces of words and where words end in commas. */
  readonly split: number;
  /** Words read as the unknown token. */
  readonly unknown: number;
}

/** Words are those that the tokenizer sees: punctuation parts them. */
export function countWords(
  { ids, wordIds }: Encoding,
  { token, special, spelling }: Pick<Tokenizer, "token" | "special" | "spelling">,
): WordCounts {
  let [words, pieces, split, unknown] = [0, 0, 0, 0];
  for (let start = 0; start < ids.length; ) {
    let end = start + 1;
    while (end < ids.length && wordIds[end] === wordIds[start]) end++;
    const word = ids.subarray(start, end);
    const isUnknown = word.includes(special.unknown);
    if (wordIds[start] !== NO_WORD && (isUnknown || word.some((id) => hasLetter(token(id))))) {
      words++;
      pieces += word.length;
      if (isUnknown) unknown++;
      else if (word.length > 1 && spelling !== "marked") split++;
    }
    start = end;
  }
  return { words, pieces, split, unknown };
}

/** In byte-level vocabularies "\u0120", itself a letter, stands for the space before a word. */
function hasLetter(token: string): boolean {
  return /\p{L}/u.test(token.replace(/^\u0120/, ""));
}

/** Do small and capital letters give different tokens? */
export function readsCase({ encode }: Pick<Tokenizer, "encode">): boolean {
  const [small, capital] = ["a word", "A WORD"].map((text) => encode(text, 64).ids);
  return small.join() !== capital.join();
}
