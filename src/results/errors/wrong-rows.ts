/** The rows that a classifier gets wrong, and the table of them that people open in a spreadsheet. */

import { delimitedLine } from "../../data/formats/delimited-line.js";
import { labelsIn } from "../../data/label-sets.js";
import { type Prediction, probabilityOf } from "../records/predictions.js";
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
    const prediction = predictions[index];
    const { label, labels } = prediction;
    if (label === row.expected) return [];
    const { seenInTraining, ...rest } = row;
    return [
      {
        ...rest,
        predicted: label,
        probability: probabilityOf(prediction),
        ...(labels && { explained_label: surestMistake(row.expected, prediction) }),
        seen_in_training: seenInTraining,
      },
    ];
  });
  return wrong.sort((a, b) => b.probability - a.probability);
}

/** Of the labels that are wrongly given or missing, the one whose wrong answer is the most probable. */
function surestMistake(expected: string, { labels = [], probabilities }: Prediction): string {
  const [having, given] = [new Set(labelsIn(expected)), new Set(labels)];
  const mistakes = Object.entries(probabilities)
    .filter(([label]) => having.has(label) !== given.has(label))
    .map(([label, p]) => ({ label, probability: given.has(label) ? p : 1 - p }));
  return mistakes.reduce((most, one) => (one.probability > most.probability ? one : most)).label;
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
