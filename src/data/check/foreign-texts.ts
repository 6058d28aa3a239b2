/**
 * Texts in a language that a model was not trained on, by its vocabulary. It holds most words of its own language whole; those of another
 * one it makes of several pieces, or does not know at all.
 */
import type { SplitName } from "../dataset.js";
import { isEmptyText, type TextRecord } from "../formats/record.js";
import type { ForeignTexts } from "./check-result.js";

/** How a tokenizer read the words of a text. */
export interface WordsOfText {
  readonly words: number;
  readonly pieces: number;
  readonly split: number;
  readonly unknown: number;
}

/** Shorter texts tell too little. */
export const LEAST_WORDS = 5;
/** A text with more split and unknown words than this is foreign: docs/method.md has what was measured. */
export const MOST_UNFAMILIAR = 0.4;
/** So many foreign texts, and more than this part, are told of. */
const LEAST_TEXTS = 3;
const LEAST_SHARE = 0.05;
const SHOWN_LINES = 3;

/** The foreign texts of a split; undefined where there are hardly any. */
export function foreignTexts(
  split: SplitName,
  rows: readonly TextRecord[],
  wordsOf: (text: string) => WordsOfText,
): ForeignTexts | undefined {
  const examined = rows
    .filter(({ text }) => !isEmptyText(text))
    .map(({ text, line }) => ({ ...wordsOf(text), line }))
    .filter(({ words }) => words >= LEAST_WORDS);
  const foreign = examined.filter(
    ({ words, split: inPieces, unknown }) => inPieces + unknown > MOST_UNFAMILIAR * words,
  );
  if (foreign.length < LEAST_TEXTS || foreign.length <= LEAST_SHARE * examined.length) {
    return undefined;
  }
  const total = (count: (text: WordsOfText) => number) =>
    foreign.reduce((sum, text) => sum + count(text), 0);
  const words = total((text) => text.words);
  return {
    split,
    examined: examined.length,
    rows: foreign.length,
    piecesPerWord: total(({ pieces }) => pieces) / words,
    unknownShare: total(({ unknown }) => unknown) / words,
    lines: foreign.slice(0, SHOWN_LINES).map(({ line }) => line),
  };
}
