/** The splits that a run cut from the training file, as files that can be inspected and trained on again. */

import { type SplitName, splitNames } from "../../data/dataset.js";
import { fileKind, STANDARD } from "../../data/formats/formats.js";
import type { TextRecord } from "../../data/formats/record.js";
import { writtenRows } from "../../data/formats/written-rows.js";
import { labelsIn } from "../../data/label-sets.js";
import { textFields } from "../../data/task.js";
import { writeDurably } from "../../platform/files/durable.js";
import { makeFolder } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { LabelledFiles, LoadedDataset } from "../sources/labelled-texts.js";

/**
 * Writes FOLDER/splits/train, dev and, where it was cut from train too, test: the rows that are used, with all their columns, as CSV where the
 * training file is CSV or TSV, else as JSON Lines. Gives the paths of the files; none where nothing was cut, as where rows are held out in turn.
 */
export function writeSplitFiles(
  folder: string,
  data: Pick<LoadedDataset<unknown>, "task" | "train" | "dev" | "test" | "labelColumn">,
  { trainFile, validationFile, testFile }: LabelledFiles,
): Partial<Record<SplitName, string>> {
  if (validationFile !== undefined || data.dev.texts.length === 0) return {};
  const format =
    trainFile !== STANDARD && ["csv", "tsv"].includes(fileKind(trainFile).format) ? "csv" : "jsonl";
  const splits = join(folder, "splits");
  makeFolder(splits);
  const written: Partial<Record<SplitName, string>> = {};
  for (const name of splitNames) {
    const split = data[name];
    if (split === undefined || (name === "test" && testFile !== undefined)) continue;
    const others = new Set(split.records.flatMap(({ columns }) => Object.keys(columns)));
    const rows = split.records.map((record) => fieldsOf(record, data, format));
    const path = join(splits, `${name}.${format}`);
    writeDurably(
      path,
      writtenRows(format, [...data.task.textColumns, data.labelColumn, ...others], rows),
    );
    written[name] = path;
  }
  return written;
}

function fieldsOf(
  record: TextRecord,
  { task, labelColumn }: Pick<LoadedDataset<unknown>, "task" | "labelColumn">,
  format: "csv" | "jsonl",
): ReadonlyMap<string, unknown> {
  const inLists = format === "jsonl" && task.severalLabels !== undefined;
  return new Map<string, unknown>([
    ...Object.entries(textFields(record.text, task)),
    [labelColumn, inLists ? labelsIn(record.label ?? "") : record.label],
    ...Object.entries(record.columns),
  ]);
}
