/**
 * Texts as sparse vectors of n-gram weights.
 *
 *     weight of n-gram g in text t = (1 + ln count(g, t)) * (1 + ln((1 + N) / (1 + df(g))))
 *
 * with N training texts, df(g) of which hold g. Word and character n-grams are weighted apart; each part of a text's vector has
 * length 1. Reference: scikit-learn's `TfidfVectorizer(sublinear_tf=True)`, two of them side by side.
 */
import { characterNgrams, type NgramKind, wordNgrams } from "./ngrams.js";

/** A vector that is 0 but in some columns: `values[k]` in column `columns[k]`, columns ascending. */
export interface SparseRow {
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Which n-grams have which column, and how rare they are. Columns of words come first. */
export interface TfIdf {
  readonly words: Vocabulary;
  readonly characters: Vocabulary;
}

/** n-grams of one kind; column i belongs to the i-th. */
export interface Vocabulary {
  readonly columns: ReadonlyMap<string, number>;
  /** 1 + ln((1 + N) / (1 + df)) */
  readonly rarity: Float32Array;
}

/**
 * Counts the n-grams of training texts. Where there are more than `mostColumns` of a kind, those in most texts are kept
 * (among equals the first to appear).
 */
export function fitTfIdf(texts: readonly string[], mostColumns = Number.POSITIVE_INFINITY): TfIdf {
  return {
    words: fitVocabulary(texts, wordNgrams, mostColumns),
    characters: fitVocabulary(texts, characterNgrams, mostColumns),
  };
}

export function columnCount({ words, characters }: TfIdf): number {
  return words.rarity.length + characters.rarity.length;
}

function fitVocabulary(texts: readonly string[], kind: NgramKind, mostColumns: number): Vocabulary {
  const ids = new Map<string, number>();
  /** By id: how many texts hold the n-gram, and the last one that was counted. */
  const holders: number[] = [];
  const lastHolder: number[] = [];
  const idsOf = remembered((piece) =>
    kind.ngrams(piece).map((ngram) => {
      const known = ids.get(ngram);
      if (known !== undefined) return known;
      ids.set(ngram, holders.length);
      lastHolder.push(-1);
      return holders.push(0) - 1;
    }),
  );
  texts.forEach((text, row) => {
    for (const piece of kind.pieces(text)) {
      for (const id of idsOf(piece)) {
        if (lastHolder[id] === row) continue;
        lastHolder[id] = row;
        holders[id] += 1;
      }
    }
  });
  const all = [...ids];
  const kept =
    all.length > mostColumns
      ? all.sort(([, a], [, b]) => holders[b] - holders[a]).slice(0, mostColumns)
      : all;
  return {
    columns: new Map(kept.map(([ngram], column) => [ngram, column])),
    rarity: Float32Array.from(
      kept,
      ([, id]) => 1 + Math.log((1 + texts.length) / (1 + holders[id])),
    ),
  };
}

/** A reader of texts -> their vectors. N-grams that no training text had are left out. */
export function tfIdfReader({ words, characters }: TfIdf): (text: string) => SparseRow {
  const readWords = weightReader(wordNgrams, words, 0);
  const readCharacters = weightReader(characterNgrams, characters, words.rarity.length);
  return (text) => {
    const parts = [...readWords(text), ...readCharacters(text)];
    return {
      columns: Int32Array.from(parts, ([column]) => column),
      values: Float32Array.from(parts, ([, value]) => value),
    };
  };
}

type Weight = readonly [column: number, value: number];

/** Reads columns and weights of one kind, as a vector of length 1; `first` is the column of the kind's first n-gram. */
function weightReader(
  kind: NgramKind,
  { columns, rarity }: Vocabulary,
  first: number,
): (text: string) => readonly Weight[] {
  const columnsOf = remembered((piece) =>
    kind.ngrams(piece).flatMap((ngram) => columns.get(ngram) ?? []),
  );
  /** How often each n-gram occurs in the text at hand; all 0 between texts. */
  const counts = new Int32Array(rarity.length);
  return (text) => {
    const found: number[] = [];
    for (const piece of kind.pieces(text)) {
      for (const column of columnsOf(piece)) {
        if (counts[column] === 0) found.push(column);
        counts[column] += 1;
      }
    }
    const weights = found
      .sort((a, b) => a - b)
      .map((column): Weight => {
        const value = (1 + Math.log(counts[column])) * rarity[column];
        counts[column] = 0;
        return [column, value];
      });
    const length = Math.sqrt(weights.reduce((sum, [, value]) => sum + value * value, 0));
    return weights.map(([column, value]) => [first + column, value / length]);
  };
}

/** Most pieces whose n-grams are remembered: words recur, numbers and names may not. */
const MOST_REMEMBERED = 2 ** 17;

/** What `ids` gives for a piece, remembered. */
function remembered(
  ids: (piece: string) => readonly number[],
): (piece: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (piece) => {
    const before = known.get(piece);
    if (before !== undefined) return before;
    const found = ids(piece);
    if (known.size < MOST_REMEMBERED) known.set(piece, found);
    return found;
  };
}
