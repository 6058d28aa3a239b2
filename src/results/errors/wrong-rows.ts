/** The rows that a classifier gets wrong, and the table of them that people open in a spreadsheet. */
import { delimitedLine } from "../../data/formats/delimited-line.js";
import type { Prediction } from "../records/predictions.js";
import type { AttributedWords, WrongRow } from "../records/wrong-rows.js";

/** A row that was held out of training, with the label that its file gives it. */
export interface HeldOutRow {
  readonly file: string;
  /** Of the file, from 1. */
  readonly line: number;
  readonly text: string;
  readonly expected: string;
  readonly seenInTraining: boolean;
}

/** The rows with a wrong label, the highest probability of that label first; rows with equal ones in their order. */
export function wrongRowsOf(
  rows: readonly HeldOutRow[],
  predictions: readonly Prediction[],
): WrongRow[] {
  const wrong = rows.flatMap((row, index): WrongRow[] => {
    const { label, probabilities } = predictions[index];
    if (label === row.expected) return [];
    const { seenInTraining, ...rest } = row;
    const probability = probabilities[label];
    return [{ ...rest, predicted: label, probability, seen_in_training: seenInTraining }];
  });
  return wrong.sort((a, b) => b.probability - a.probability);
}

/** Words in the column `words` of errors.csv. */
const SHOWN_WORDS = 5;

/** The lines of errors.csv, each with its end. */
export function* wrongRowsCsv(rows: readonly WrongRow[]): Generator<string> {
  yield csvLine(["file", "line", "label", "predicted", "probability", "words", "text"]);
  for (const { file, line, expected, predicted, probability, words, text } of rows) {
    const spoke = words === undefined ? [] : strongestWords(words, SHOWN_WORDS);
    const figures = probability.toFixed(4);
    yield csvLine([file, String(line), expected, predicted, figures, spoke.join(" "), text]);
  }
}

/** The words that support the label most, strongest first, each once. */
export function strongestWords({ pieces, attribution }: AttributedWords, most: number): string[] {
  const order = Array.from(pieces.keys()).sort((a, b) => attribution[b] - attribution[a]);
  const words = order.filter((index) => attribution[index] > 0).map((index) => pieces[index]);
  const named = words.map((word) => word.trim()).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return [...new Set(named)].slice(0, most);
}

function csvLine(fields: readonly string[]): string {
  return `${delimitedLine(fields, ",")}\n`;
}
