/** Where the data sets of a comparison lie: positions on the command line -> files and names. */
import { L3MaskingError } from "../../base/errors.js";
import {
  type KnownDatasetName,
  knownDatasetNames,
  knownDatasets,
} from "../../data/known/known-datasets.js";
import { filesOfFolder } from "../../data/split-files.js";
import { entryAt, listFolder } from "../../platform/files/files.js";
import { basename, dirname } from "../../platform/paths.js";
import type { Host } from "../host/host.js";
import { type LabelledFiles, type LabelledSource, labelledFiles } from "./labelled-texts.js";

/** A data set to train on. */
export interface DatasetSource extends LabelledFiles {
  /** Unique in a comparison. */
  readonly name: string;
  /** What a reader of the figures must know of the data. */
  readonly notes: readonly string[];
}

export interface DatasetSettings extends Omit<LabelledSource, "dataset"> {
  readonly dataset?: readonly string[] | undefined;
}

/**
 * The data sets that settings name: each of `dataset` (the name of a known one, a folder with files of its splits, or
 * a training file), or the one of `trainFile`, `validationFile` and `testFile`. Known ones are looked for in
 * `dataDir` and described.
 *
 * Throws `missing-setting` if there is none, `invalid-setting` if both are given or `dataDir` is for nothing,
 * `file-missing`, and what `labelledFiles` throws.
 */
export async function datasetSources(
  settings: DatasetSettings,
  host: Host,
): Promise<DatasetSource[]> {
  const { dataset: positions, ...single } = settings;
  if (positions === undefined) {
    const files = await labelledFiles(single, host);
    return [{ name: datasetName(files.trainFile), ...onlyFiles(files), notes: [] }];
  }
  const file = [single.trainFile, single.validationFile, single.testFile].find(
    (path) => path !== undefined,
  );
  if (file !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected either --dataset or file flags, got both: ${positions[0]} and ${file}`,
      { hint: "Keep one of the two." },
    );
  }
  if (single.dataDir !== undefined && positions.every((name) => knownName(name) === undefined)) {
    throw new L3MaskingError(
      "invalid-setting",
      "expected a known data set with --data-dir, got none",
      {
        hint: `Choose one of ${knownDatasetNames.join(", ")}; pass other folders after --dataset.`,
      },
    );
  }
  const sources: DatasetSource[] = [];
  for (const position of positions) sources.push(await sourceAt(position, single, host));
  const names = uniqueNames(sources.map(({ name }) => name));
  return sources.map((source, index) => ({ ...source, name: names[index] }));
}

async function sourceAt(
  position: string,
  { dataDir, cacheDir, textColumn, labelColumn, labelSeparator }: LabelledSource,
  host: Host,
): Promise<DatasetSource> {
  const columns = { textColumn, labelColumn, labelSeparator };
  const name = knownName(position);
  if (name !== undefined) {
    const files = await labelledFiles({ dataset: name, dataDir, cacheDir, ...columns }, host);
    return { name, ...onlyFiles(files), notes: knownDatasets[name].notes };
  }
  if (!isFolder(position)) {
    return { name: datasetName(position), trainFile: position, ...columns, notes: [] };
  }
  const { trainFile = position, ...files } = filesOfFolder(position, listFolder(position));
  return { name: nameOf(position), trainFile, ...files, ...columns, notes: [] };
}

function knownName(position: string): KnownDatasetName | undefined {
  return knownDatasetNames.find((name) => name === position);
}

function onlyFiles(files: LabelledFiles): LabelledFiles {
  const { trainFile, validationFile, testFile, textColumn, labelColumn, labelSeparator } = files;
  return { trainFile, validationFile, testFile, textColumn, labelColumn, labelSeparator };
}

function isFolder(path: string): boolean {
  const found = entryAt(path);
  if (found !== undefined) return found.kind === "folder";
  throw new L3MaskingError("file-missing", `expected a data set, found nothing at ${path}`, {
    hint: `Check the path, or choose a known data set: ${knownDatasetNames.join(", ")}.`,
  });
}

/** The last part of a path, without the ending of a data file. */
export function nameOf(path: string): string {
  const last = basename(path.replace(/[/\\]+$/, "")).replace(
    /(\.(jsonl|json|csv|tsv|parquet))?(\.gz)?$/,
    "",
  );
  return last === "" ? path : last;
}

/** A data set is called by its folder where the file's name says only which split it is. */
export function datasetName(trainFile: string): string {
  const file = nameOf(trainFile);
  const parent = basename(dirname(trainFile));
  return /^train(ing)?$/i.test(file) && !["", ".", ".."].includes(parent) ? parent : file;
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
