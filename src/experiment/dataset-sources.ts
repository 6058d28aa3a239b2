/** Where the data sets of a comparison lie: positions on the command line -> files and names. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { filesOfFolder } from "../data/split-files.js";
import { L3MaskingError } from "../errors.js";
import type { LabelledFiles } from "./labelled-texts.js";

/** A data set to train on. */
export interface DatasetSource extends LabelledFiles {
  /** Unique in a comparison. */
  readonly name: string;
  /** What a reader of the figures must know of the data. */
  readonly notes: readonly string[];
}

export interface DatasetSettings {
  readonly dataset?: readonly string[] | undefined;
  readonly trainFile?: string | undefined;
  readonly validationFile?: string | undefined;
  readonly testFile?: string | undefined;
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
}

/**
 * The data sets that settings name: each of `dataset` (a folder with files of its splits, or a training file), or
 * the one of `trainFile`, `validationFile` and `testFile`.
 *
 * Throws `missing-setting` if there is none, `invalid-setting` if both are given, and `file-missing`.
 */
export function datasetSources(settings: DatasetSettings): DatasetSource[] {
  const { dataset, trainFile, validationFile, testFile, textColumn, labelColumn } = settings;
  const columns = { textColumn, labelColumn };
  if (dataset === undefined) {
    if (trainFile === undefined) {
      throw new L3MaskingError("missing-setting", "no data set is named", {
        hint: "Give --dataset with folders or files, or --train-file.",
      });
    }
    const files = { trainFile, validationFile, testFile };
    return [{ name: fileName(trainFile), ...files, ...columns, notes: [] }];
  }
  const single = [trainFile, validationFile, testFile].find((file) => file !== undefined);
  if (single !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected data sets by --dataset or files by flags, got ${dataset[0]} and ${single}`,
      { hint: "Keep one of the two." },
    );
  }
  const sources = dataset.map((position) => sourceAt(position, columns));
  const names = uniqueNames(sources.map(({ name }) => name));
  return sources.map((source, index) => ({ ...source, name: names[index] }));
}

type Columns = Pick<LabelledFiles, "textColumn" | "labelColumn">;

function sourceAt(position: string, columns: Columns): DatasetSource {
  if (!isFolder(position)) {
    return { name: fileName(position), trainFile: position, ...columns, notes: [] };
  }
  const name = nameOf(position);
  const { trainFile = position, ...files } = filesOfFolder(position, readdirSync(position));
  return { name, trainFile, ...files, ...columns, notes: [] };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw new L3MaskingError("file-missing", `expected a folder or a file at ${path}`, {
      hint: "Check the path; relative paths start at the current folder.",
      cause,
    });
  }
}

/** A file that is called train, as in most folders, goes by the name of its folder. */
function fileName(trainFile: string): string {
  const name = nameOf(trainFile);
  const folder = nameOf(dirname(trainFile));
  return /^train(ing)?$/i.test(name) && folder !== "." ? folder : name;
}

/** The last part of a path, without the ending of a data file. */
export function nameOf(path: string): string {
  const last = basename(path.replace(/[/\\]+$/, "")).replace(
    /(\.(jsonl|json|csv|tsv|parquet))?(\.gz)?$/,
    "",
  );
  return last === "" ? path : last;
}

/** The names with a number behind those that came before. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let number = 2; taken.has(unique); number++) unique = `${name}-${number}`;
    taken.add(unique);
    return unique;
  });
}
