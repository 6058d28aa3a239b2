/**
 * Texts as sparse vectors of n-gram weights.
 *
 *     weight of n-gram g in text t = (1 + ln count(g, t)) * (1 + ln((1 + N) / (1 + df(g))))
 *
 * with N training texts, df(g) of which hold g. Word and character n-grams are weighted apart; each part of a text's vector has
 * length 1. Reference: scikit-learn's `TfidfVectorizer(sublinear_tf=True)`, two of them side by side.
 */
import { characterNgrams, wordNgrams } from "./ngrams.js";

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
  readonly rarity: Float64Array;
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

function fitVocabulary(
  texts: readonly string[],
  ngramsOf: (text: string) => readonly string[],
  mostColumns: number,
): Vocabulary {
  const holders = new Map<string, number>();
  for (const text of texts) {
    for (const ngram of new Set(ngramsOf(text))) holders.set(ngram, (holders.get(ngram) ?? 0) + 1);
  }
  const all = [...holders];
  const kept =
    all.length > mostColumns ? all.sort((a, b) => b[1] - a[1]).slice(0, mostColumns) : all;
  return {
    columns: new Map(kept.map(([ngram], column) => [ngram, column])),
    rarity: Float64Array.from(kept, ([, count]) => 1 + Math.log((1 + texts.length) / (1 + count))),
  };
}

/** The vector of a text. N-grams that no training text had are left out. */
export function tfIdfRow(text: string, { words, characters }: TfIdf): SparseRow {
  const parts = [
    weights(wordNgrams(text), words, 0),
    weights(characterNgrams(text), characters, words.rarity.length),
  ].flat();
  return {
    columns: Int32Array.from(parts, ([column]) => column),
    values: Float32Array.from(parts, ([, value]) => value),
  };
}

/** Columns and weights of one kind of n-grams, as a vector of length 1; `first` is the column of the kind's first n-gram. */
function weights(
  ngrams: readonly string[],
  { columns, rarity }: Vocabulary,
  first: number,
): (readonly [column: number, value: number])[] {
  const counts = new Map<number, number>();
  for (const ngram of ngrams) {
    const column = columns.get(ngram);
    if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const found = [...counts]
    .sort((a, b) => a[0] - b[0])
    .map(([column, count]) => [column, (1 + Math.log(count)) * rarity[column]] as const);
  const length = Math.sqrt(found.reduce((sum, [, value]) => sum + value * value, 0));
  return found.map(([column, value]) => [first + column, value / length]);
}
