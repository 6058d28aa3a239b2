/**
 * The two kinds of n-grams that TF-IDF counts, as scikit-learn cuts them (`CountVectorizer`, analyzers "word" and
 * "char_wb", lower case): word 1- and 2-grams, and character 2- to 5-grams inside words.
 */

/** Two or more letters, digits or underscores in a row; scikit-learn's default token pattern. */
export const WORD = /[\p{L}\p{N}_]{2,}/gu;

const SHORTEST = 2;
const LONGEST = 5;

/** A kind of n-grams: a text is cut into pieces, and equal pieces have equal n-grams. */
export interface NgramKind {
  pieces(text: string): readonly string[];
  ngrams(piece: string): readonly string[];
}

/** Words and pairs of neighbouring words of a text. */
export const wordNgrams: NgramKind = {
  pieces(text) {
    const words = text.toLowerCase().match(WORD) ?? [];
    return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
  },
  ngrams: (piece) => [piece],
};

/**
 * Runs of 2 to 5 characters of each word with a space on both sides. A word that is shorter than a run, spaces included,
 * is counted once.
 */
export const characterNgrams: NgramKind = {
  pieces: (text) => text.toLowerCase().split(/\s+/u).filter(Boolean),
  ngrams(word) {
    const characters = Array.from(` ${word} `);
    const found: string[] = [];
    for (let length = SHORTEST; length <= LONGEST; length++) {
      const last = Math.max(0, characters.length - length);
      for (let start = 0; start <= last; start++) {
        found.push(characters.slice(start, start + length).join(""));
      }
      if (last === 0) break;
    }
    return found;
  },
};
