/** Labelled files -> the data set and its encodings, with a check of both that is shown before training. */

import { L3MaskingError } from "../../base/errors.js";
import { checkDataset, type TokenLengthOptions } from "../../data/check/check.js";
import { formatCheck } from "../../data/check/check-text.js";
import {
  buildDataset,
  type Dataset,
  resolveSplits,
  type SplitRecords,
} from "../../data/dataset.js";
import { shownName } from "../../data/formats/formats.js";
import { type LabelLayout, layoutText } from "../../data/formats/label-layout.js";
import type { ParsedFile } from "../../data/formats/parse.js";
import { describeDataset } from "../../data/known/known-dataset-text.js";
import { type KnownDatasetName, knownDatasets } from "../../data/known/known-datasets.js";
import { readRecords } from "../../data/read.js";
import type { Task } from "../../data/task.js";
import type { ModelSpec } from "../../model/spec.js";
import { encodeOnce } from "../../text/encode-once.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { wholeText } from "../../text/long-texts.js";
import { countWords, readsCase } from "../../text/word-counts.js";
import type { Host } from "../host/host.js";
import { resolveDataset } from "./known-dataset.js";
import { asReading, type TextReading } from "./model-facts.js";
import { countEncodings, requireKnownWords } from "./text-counts.js";

export interface LabelledFiles {
  readonly trainFile: string;
  readonly validationFile?: string | undefined;
  readonly testFile?: string | undefined;
  /** Of a pair both, with a comma between them. */
  readonly textColumn?: string | undefined;
  /** Of several, one for each label, with commas between them. */
  readonly labelColumn?: string | undefined;
  readonly labelSeparator?: string | undefined;
}

export interface LabelledSource extends Omit<LabelledFiles, "trainFile"> {
  readonly trainFile?: string | undefined;
  readonly dataset?: KnownDatasetName | undefined;
  readonly dataDir?: string | undefined;
  readonly cacheDir?: string | undefined;
}

/**
 * The files to read: those named, or those of a known data set, which is described with all that is wrong with it.
 *
 * Throws `missing-setting` without either, `invalid-setting` for both, and what `resolveDataset` throws.
 */
export async function labelledFiles(source: LabelledSource, host: Host): Promise<LabelledFiles> {
  const {
    dataset: name,
    dataDir,
    cacheDir,
    trainFile,
    textColumn,
    labelColumn,
    labelSeparator,
  } = source;
  if (name === undefined) {
    if (dataDir !== undefined) {
      throw new L3MaskingError("invalid-setting", "expected --dataset with --data-dir, got none", {
        hint: "Choose a known data set, or pass the folder as DATA.",
      });
    }
    if (trainFile === undefined) throw noTexts();
    return { ...source, trainFile };
  }
  const files = [trainFile, source.validationFile, source.testFile];
  const file = files.find((path) => path !== undefined);
  if (file !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected either --dataset or files, got --dataset ${name} and ${file}`,
      { hint: "Keep one of the two." },
    );
  }
  const dataset = knownDatasets[name];
  host.emit({ type: "notice", level: "info", text: describeDataset(dataset) });
  const cacheFolder = cacheDir ?? host.cacheFolder;
  const found = await resolveDataset(dataset, { dataDir, cacheFolder }, host);
  return { ...found, textColumn, labelColumn, labelSeparator };
}

export function noTexts(): L3MaskingError {
  return new L3MaskingError("missing-setting", "expected texts to train on, got none", {
    hint: "Pass a file or folder as DATA, --train-file or --dataset.",
  });
}

/** The rows of each file, what is asked of them, and the column of the labels. */
export interface LabelledRecords extends SplitRecords {
  readonly task: Task;
  readonly labelColumn: string;
}

/** The rows of each file, telling which columns were taken. Throws `data-column` where some files hold pairs of texts and others do not. */
export async function readLabelledFiles(
  files: LabelledFiles,
  host: Host,
  labels: "required" | "optional" = "required",
): Promise<LabelledRecords> {
  const read = async (
    split: string,
    path: string | undefined,
    labelLayout?: LabelLayout | "one",
  ) => {
    if (path === undefined) return undefined;
    const { textColumn, labelColumn, labelSeparator } = files;
    // The training file decides how labels are said.
    const separator = labelLayout === undefined ? { labelSeparator } : { labelLayout };
    const file = await readRecords(path, { textColumn, labelColumn, ...separator, labels });
    const columns = `${fromColumns(file.textColumns)}, ${labelText(file)}${file.namedClasses ? ", its numbers named as the data set says" : ""}`;
    const text = `${split}: ${file.records.length} rows of ${shownName(path)} (${file.format}); ${columns}`;
    host.emit({ type: "notice", level: "info", text });
    return file;
  };
  const train = await read("train", files.trainFile);
  const layout = train && (train.labelLayout ?? "one");
  const dev = await read("dev", files.validationFile, layout);
  const test = await read("test", files.testFile, layout);
  const texts = train?.textColumns ?? ["text"];
  for (const file of [dev, test]) {
    if (file !== undefined && file.textColumns.length !== texts.length) {
      throw unlikeColumns(texts, file.textColumns);
    }
  }
  return {
    train: train?.records ?? [],
    dev: dev?.records,
    test: test?.records,
    task: {
      textColumns: texts,
      ...(train?.labelLayout && { severalLabels: train.labelLayout }),
    },
    labelColumn: train?.labelColumn ?? "label",
  };
}

function labelText({ labelLayout, labelColumn }: ParsedFile): string {
  return labelLayout === undefined
    ? `label from "${labelColumn}" (--label-column)`
    : layoutText(labelLayout, labelColumn);
}

/** Where texts are read from, for a notice. */
export function fromColumns(columns: readonly string[]): string {
  const names = columns.map((name) => `"${name}"`).join(" and ");
  return `${columns.length > 1 ? "pairs of texts" : "text"} from ${names} (--text-column)`;
}

function unlikeColumns(train: readonly string[], other: readonly string[]): L3MaskingError {
  const [expected, got] = [train, other].map((names) => names.join(" and "));
  return new L3MaskingError(
    "data-column",
    `expected all files to have the text columns of train, ${expected}, got ${got}`,
    { hint: "Give the columns the same names in all files." },
  );
}

/**
 * Reads, splits and checks; lengths are told in words. The check's page and its warnings are emitted as notices. Throws what `readRecords`
 * and `buildDataset` throw.
 */
export async function loadPlainTexts(
  files: LabelledFiles,
  settings: SplitSettings,
  host: Host,
): Promise<Dataset> {
  const records = await readLabelledFiles(files, host);
  const sources = { ...records, ...splitting(settings, records.train.length) };
  const dataset = buildDataset(sources);
  const text = formatCheck(checkDataset(resolveSplits(sources), { task: records.task }));
  host.emit({ type: "notice", level: "info", text });
  return dataset;
}

/** How rows are split that no file splits. */
export interface SplitSettings {
  readonly splitSeed: number;
  readonly orderedLabels?: boolean | undefined;
  /** Are the rows of train, so many, held out in turn, instead of a dev split cut from them? */
  readonly crossValidates?: (rows: number) => boolean;
}

function splitting({ splitSeed, orderedLabels, crossValidates }: SplitSettings, rows: number) {
  return { splitSeed, orderedLabels, crossValidated: crossValidates?.(rows) ?? false };
}

/** Smaller vocabularies also split many words of their own language. */
const LEAST_VOCABULARY = 20_000;

/** How a model with this tokenizer reads texts that `encode` cuts to `maxLength`, for a check. */
export function modelReading(
  tokenizer: Tokenizer,
  encode: (text: string) => Encoding,
  maxLength: number,
): TokenLengthOptions {
  return {
    // Windows cut nothing off.
    ...(tokenizer.keeps !== "windows" && { maxLength }),
    tokenCounts: (texts) =>
      Int32Array.from(texts, (text) => {
        const { ids, truncated } = wholeText(encode(text));
        return ids.length + truncated;
      }),
    ...(tokenizer.vocabularySize >= LEAST_VOCABULARY && {
      wordsOf: (text: string) => countWords(encode(text), tokenizer),
    }),
    lowercases: !readsCase(tokenizer),
  };
}

export interface EncodedDataset extends Dataset {
  readonly encodings: {
    readonly train: readonly Encoding[];
    readonly dev: readonly Encoding[];
    readonly test: readonly Encoding[];
  };
}

/** A data set as its files gave it, and the model as it reads such texts. */
export interface LoadedDataset<Model> extends EncodedDataset {
  readonly labelColumn: string;
  readonly model: Model;
}

/** How rows are split, and how texts are read. */
export interface ReadingSettings extends SplitSettings, Pick<TextReading, "longTexts"> {
  readonly maxLength: number;
}

/**
 * Reads, splits, checks and encodes. The check's page and its warnings are emitted as notices. Throws what
 * `readLabelledFiles`, `asReading` and `buildDataset` throw.
 */
export async function loadLabelledTexts<
  Model extends { readonly spec: ModelSpec; readonly tokenizer: Tokenizer },
>(
  files: LabelledFiles,
  settings: ReadingSettings,
  given: Model,
  host: Host,
): Promise<LoadedDataset<Model>> {
  const records = await readLabelledFiles(files, host);
  const { longTexts } = settings;
  const model = asReading(given, { longTexts, task: records.task });
  const { tokenizer } = model;
  const sources = { ...records, ...splitting(settings, records.train.length) };
  const dataset = buildDataset(sources);
  const encode = encodeOnce(tokenizer, settings.maxLength);
  const reading = modelReading(tokenizer, encode, settings.maxLength);
  const check = checkDataset(resolveSplits(sources), { ...reading, task: records.task });
  host.emit({ type: "notice", level: "info", text: formatCheck(check) });
  const encodings = {
    train: dataset.train.texts.map(encode),
    dev: dataset.dev.texts.map(encode),
    test: (dataset.test?.texts ?? []).map(encode),
  };
  for (const [split, ofSplit] of Object.entries(encodings)) {
    requireKnownWords(countEncodings(ofSplit, tokenizer), `the ${split} texts`);
  }
  return { ...dataset, labelColumn: records.labelColumn, encodings, model };
}
