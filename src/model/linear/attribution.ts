/**
 * Which words of a text a label's score comes from.
 *
 *     score(label) = b + sum over columns of  w_column x_column
 *
 * The part of each column is shared equally by all occurrences of its n-gram in the text, and that of an occurrence by the words it
 * lies in. So the words' parts sum to the score but for the intercept b.
 */
import type { LinearModel } from "./logistic-regression.js";
import { characterNgrams, WORD } from "./ngrams.js";
import { tfIdfReader } from "./tf-idf.js";
import type { TfidfClassifier } from "./tfidf-classifier.js";

export interface WordAttributions {
  /** Words of the text with the space before each; they make up the text but for the space at its end. */
  readonly pieces: readonly string[]; // [n]
  readonly attributions: Float64Array; // [n]
}

interface Occurrence {
  readonly column: number;
  /** Which words it lies in. */
  readonly words: readonly number[];
}

/**
 * Parts of the score of a label that come from each word between spaces. Of two labels the score is the difference of that label's logit
 * and the other's.
 */
export function wordAttributions(
  { features, linear }: TfidfClassifier,
  text: string,
  label: number,
): WordAttributions {
  const pieces = text.match(/\s*\S+/gu) ?? [];
  const found = [
    ...wordOccurrences(text, features.words.columns),
    ...characterOccurrences(text, features.characters.columns, features.words.rarity.length),
  ];
  const counts = new Map<number, number>();
  for (const { column } of found) counts.set(column, (counts.get(column) ?? 0) + 1);
  const { columns, values } = tfIdfReader(features)(text);
  const parts = new Map(
    Array.from(columns, (column, k) => [column, values[k] * weightOf(linear, column, label)]),
  );
  const attributions = new Float64Array(pieces.length);
  for (const { column, words } of found) {
    const share = (parts.get(column) ?? 0) / (counts.get(column) ?? 1) / words.length;
    for (const word of words) attributions[word] += share;
  }
  return { pieces, attributions };
}

/** What a column's value is multiplied with in the score of a label. */
export function weightOf(
  { weights, intercepts }: LinearModel,
  column: number,
  label: number,
): number {
  if (intercepts.length === 1) return label === 1 ? weights[column] : -weights[column];
  return weights[column * intercepts.length + label];
}

/** Lower case first, as a letter's lower case can depend on its neighbours; it leaves the spaces where they are. */
const piecesBetweenSpaces = characterNgrams.pieces;

function wordOccurrences(text: string, columns: ReadonlyMap<string, number>): Occurrence[] {
  const words = piecesBetweenSpaces(text).flatMap((piece, index) =>
    (piece.match(WORD) ?? []).map((word) => ({ word, index })),
  );
  return words.flatMap(({ word, index }, i) => {
    const before = words.at(i - 1);
    const single = columns.get(word);
    const pair =
      i === 0 || before === undefined ? undefined : columns.get(`${before.word} ${word}`);
    return [
      ...(single === undefined ? [] : [{ column: single, words: [index] }]),
      ...(pair === undefined || before === undefined
        ? []
        : [{ column: pair, words: [before.index, index] }]),
    ];
  });
}

function characterOccurrences(
  text: string,
  columns: ReadonlyMap<string, number>,
  first: number,
): Occurrence[] {
  return piecesBetweenSpaces(text).flatMap((piece, index) =>
    characterNgrams.ngrams(piece).flatMap((ngram) => {
      const column = columns.get(ngram);
      return column === undefined ? [] : [{ column: first + column, words: [index] }];
    }),
  );
}
