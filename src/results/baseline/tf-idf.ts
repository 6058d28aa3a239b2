/**
 * Texts as sparse vectors of n-gram weights.
 *
 *     weight of n-gram g in text t = (1 + ln count(g, t)) * (1 + ln((1 + N) / (1 + df(g))))
 *
 * with N training texts, df(g) of which hold g. Word and character n-grams are weighted apart; each part of a text's vector has
 * length 1. Reference: scikit-learn's `TfidfVectorizer(sublinear_tf=True)`, two of them side by side.
 */
import { characterNgrams, wordNgrams } from "./ngrams.js";

/** Rows of a sparse matrix: row i has `values[k]` in column `columns[k]` for k from `starts[i]` to `starts[i + 1]`. */
export interface SparseRows {
  readonly starts: Int32Array; // [rows + 1]
  readonly columns: Int32Array;
  readonly values: Float64Array;
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

const kinds = { words: wordNgrams, characters: characterNgrams };

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

/** One row for each text. N-grams that no training text had are left out. */
export function tfIdfRows(texts: readonly string[], model: TfIdf): SparseRows {
  const starts = new Int32Array(texts.length + 1);
  const columns: number[][] = [];
  const values: number[][] = [];
  texts.forEach((text, row) => {
    const words = weights(kinds.words(text), model.words, 0);
    const characters = weights(kinds.characters(text), model.characters, model.words.rarity.length);
    columns.push(words.columns.concat(characters.columns));
    values.push(words.values.concat(characters.values));
    starts[row + 1] = starts[row] + columns[row].length;
  });
  return {
    starts,
    columns: joined(columns, new Int32Array(starts[texts.length])),
    values: joined(values, new Float64Array(starts[texts.length])),
  };
}

function joined<Numbers extends Int32Array | Float64Array>(
  parts: readonly (readonly number[])[],
  into: Numbers,
): Numbers {
  let place = 0;
  for (const part of parts) {
    into.set(part, place);
    place += part.length;
  }
  return into;
}

/** The weights of one text's n-grams, as a vector of length 1; `first` is the column of the kind's first n-gram. */
function weights(
  ngrams: readonly string[],
  { columns, rarity }: Vocabulary,
  first: number,
): { columns: number[]; values: number[] } {
  const counts = new Map<number, number>();
  for (const ngram of ngrams) {
    const column = columns.get(ngram);
    if (column !== undefined) counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  const found = [...counts].sort((a, b) => a[0] - b[0]);
  const values = found.map(([column, count]) => (1 + Math.log(count)) * rarity[column]);
  const length = Math.hypot(...values) || 1;
  return {
    columns: found.map(([column]) => first + column),
    values: values.map((value) => value / length),
  };
}
