/**
 * WordPiece: a word becomes the longest token that starts it, then the longest that continues it, and
 * so on; a word that cannot be finished is one unknown token.
 *
 * Reference: Wu et al. (2016), Google's neural machine translation system, section 4.1; the greedy
 * search is that of BERT and of `models.WordPiece` in Hugging Face's Rust tokenizers.
 */
import type { Vocabulary } from "./vocabulary.js";

export interface WordPieceSettings {
  readonly vocabulary: Vocabulary;
  readonly unknown: number;
  /** What marks a token that continues a word: "##". */
  readonly continuation: string;
  /** Longer words (in code points) are unknown. */
  readonly maxCharacters: number;
}

/** The ids of a word, in order. */
export function wordPieces(settings: WordPieceSettings): (word: string) => number[] {
  const { vocabulary, unknown, continuation, maxCharacters } = settings;
  // No longer piece can be a token.
  let longest = 0;
  for (const token of vocabulary.keys()) longest = Math.max(longest, token.length);
  return (word) => {
    if (word.length > maxCharacters && codePoints(word) > maxCharacters) return [unknown];
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      // Ends between the halves of a surrogate pair are tried too: no token ends there.
      let end = Math.min(word.length, start + longest);
      let id: number | undefined;
      for (; end > start && id === undefined; end--) {
        const piece = word.slice(start, end);
        id = vocabulary.get(start === 0 ? piece : continuation + piece);
      }
      if (id === undefined) return [unknown];
      ids.push(id);
      start = end + 1;
    }
    return ids;
  };
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
