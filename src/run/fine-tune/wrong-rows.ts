/** The held-out rows that a run gets wrong, as files of its folder. */
import type { Dataset, DatasetSplit } from "../../data/dataset.js";
import { writeDurably } from "../../platform/files/durable.js";
import { join } from "../../platform/paths.js";
import { type HeldOutRow, wrongRowsCsv, wrongRowsOf } from "../../results/errors/wrong-rows.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { WrongRow } from "../../results/records/wrong-rows.js";
import { writeJsonLines } from "../folder/run-folder.js";
import type { ExplainTexts } from "../inference/attributed-words.js";
import type { LabelledFiles } from "../sources/labelled-texts.js";

/** Wrong rows that are explained, since each takes a forward and a backward pass. */
const EXPLAINED_ROWS = 100;

/** The rows of the test split; without one those of train that folds held out (indices), else those of dev. */
export function heldOutRows(
  data: Dataset,
  files: LabelledFiles,
  held?: readonly number[],
): readonly HeldOutRow[] {
  const { train, dev, test, seenInTraining } = data;
  const rowsOf = ({ records }: DatasetSplit, file: string, seen?: Uint8Array) =>
    records.map(({ line, text, label = "" }, row) => ({
      file,
      line,
      text,
      expected: label,
      seenInTraining: seen?.[row] === 1,
    }));
  if (test === undefined && held !== undefined) {
    const all = rowsOf(train, files.trainFile);
    return held.map((row) => all[row]);
  }
  return test === undefined
    ? rowsOf(dev, files.validationFile ?? files.trainFile)
    : rowsOf(test, files.testFile ?? files.trainFile, seenInTraining);
}

/**
 * Writes the rows whose prediction is wrong, the surest first: errors.csv for people, and errors.jsonl for the page. The first of them say which
 * words spoke for the wrong label.
 */
export async function writeWrongRows(
  folder: string,
  rows: readonly HeldOutRow[],
  predictions: readonly Prediction[],
  explain: ExplainTexts,
): Promise<readonly WrongRow[]> {
  const wrong = wrongRowsOf(rows, predictions);
  const first = wrong.slice(0, EXPLAINED_ROWS);
  const words = await explain(
    first.map(({ text }) => text),
    first.map(({ explained_label: explained, predicted }) => explained ?? predicted),
  );
  const explained = wrong.map((row, index) =>
    index < words.length ? { ...row, words: words[index] } : row,
  );
  writeDurably(join(folder, "errors.csv"), wrongRowsCsv(explained));
  writeJsonLines(join(folder, "errors.jsonl"), explained);
  return explained;
}
