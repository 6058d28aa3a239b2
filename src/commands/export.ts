/** `export`: a classifier as ONNX files that other programs run, with a model card. */
import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { readRecords } from "../data/read.js";
import { readJsonFile } from "../model/checkpoint/folder.js";
import { saveCheckpoint } from "../model/checkpoint/save.js";
import { writeDurably } from "../platform/files/durable.js";
import { exists, readText, remove } from "../platform/files/files.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import { basename, join, resolve } from "../platform/paths.js";
import { CARD_MARK, type ExportedFile, modelCard } from "../results/report/markdown/model-card.js";
import { type LoadedClassifier, loadClassifier } from "../run/classifiers/encoder.js";
import { requireEncoder } from "../run/classifiers/kinds.js";
import { cardRun } from "../run/export/card-run.js";
import { sampledTexts } from "../run/export/faithfulness.js";
import { writeOnnxFiles } from "../run/export/onnx-files.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import { temperatureFile, trainedTemperature } from "../run/folder/saved-classifier.js";
import { thresholdsFile } from "../run/folder/thresholds-file.js";
import { trainingArguments } from "../run/folder/training-arguments.js";
import { runOfClassifier } from "../run/folder/training-record.js";
import type { Host } from "../run/host/host.js";
import { columnsFor, requireColumns } from "../run/inference/columns.js";
import type { ExportSettings } from "../run/settings/schemas.js";
import { longestRow } from "../run/sources/model-facts.js";
import { encodeOnce } from "../text/encode-once.js";

/** What `exportModel` wrote, and how far it is from the classifier. */
export interface ExportResult {
  readonly folder: string;
  /** The files written. */
  readonly files: readonly string[];
  /** Of each ONNX file: its size, and how far its logits are from the classifier's. */
  readonly checks: readonly ExportedFile[];
}

/** Texts of a file that a check takes, from its beginning. */
const MAX_CHECKED = 256;
/** What the files are compared on. */
interface CheckTexts {
  readonly ids: readonly Int32Array[];
  /** In words. */
  readonly source: string;
}

/**
 * Writes onnx/model.onnx and its smaller forms to the folder of a classifier, or with config, weights and tokenizer to
 * `outputDir`, and README.md, the model card. Each file is run and compared with the classifier before it gets its name.
 *
 * Throws `export-mismatch` for a file with other logits, `invalid-setting` for a folder that cannot be written to or lacks
 * tokenizer.json, `output-exists` for an `outputDir` with files, `checkpoint-config` for a classifier that is no encoder, and what loading and reading throw.
 */
export async function runExport(settings: ExportSettings, host: Host): Promise<ExportResult> {
  requireEncoder(
    settings.model,
    "to write as ONNX files",
    (folder) => `l3masking export ${folder}`,
  );
  const model = await loadClassifier(settings.model, undefined, host);
  const target = await targetFolder(settings, model);
  const texts = await checkTexts(settings, model);
  if (target === model.folder) return addFiles(target, model, settings, texts, host);
  await copyModel(target, model);
  try {
    return await addFiles(target, model, settings, texts, host);
  } catch (error) {
    // So that the same command can be tried again.
    remove(target);
    throw error;
  }
}

/** The ONNX files and the card, to a folder that has the model. */
function addFiles(
  target: string,
  model: LoadedClassifier,
  settings: ExportSettings,
  texts: CheckTexts,
  host: Host,
): Promise<ExportResult> {
  return holdingFolder(target, "export", host, async () => {
    const runtime = await host.runtime({ threads: settings.threads });
    const files = await writeOnnxFiles(target, model, settings, texts.ids, runtime, host);
    const written = files.map(({ name }) => join(target, name));
    const limited = limitLength(target, model);
    if (limited !== undefined) {
      written.push(limited);
      const text = `${limited}: model_max_length is now ${model.maxLength}, where other programs cut long texts`;
      host.emit({ type: "notice", level: "info", text });
    }
    const card = join(target, "README.md");
    if (exists(card) && !readText(card).includes(CARD_MARK)) {
      const text = `${card} was edited by hand and is left unchanged`;
      host.emit({ type: "notice", level: "info", text });
      return { folder: target, files: written, checks: files };
    }
    writeDurably(card, [cardOf(model, files, texts.source)]);
    return { folder: target, files: [...written, card], checks: files };
  });
}

const lengthSchema = z.looseObject({ model_max_length: z.number().nullish() });

/**
 * Sets the length at which other programs cut a text, where the folder of a classifier gives none that the model can read:
 * they would feed it longer rows. Gives the file's path if it was changed.
 */
function limitLength(
  folder: string,
  { spec, maxLength, tokenizer }: LoadedClassifier,
): string | undefined {
  const name = "tokenizer_config.json";
  const path = join(folder, name);
  const old = exists(path)
    ? lengthSchema.parse(readJsonFile(path, "checkpoint-config"))
    : undefined;
  if ((old?.model_max_length ?? Number.POSITIVE_INFINITY) <= longestRow(spec)) return undefined;
  const content =
    old === undefined
      ? (tokenizer.files(maxLength).get(name) ?? "")
      : `${JSON.stringify({ ...old, model_max_length: maxLength }, undefined, 2)}\n`;
  writeDurably(path, [content]);
  return path;
}

/** Where the files go: the classifier's own folder, unless another one is named. */
async function targetFolder(
  { outputDir, model: name }: ExportSettings,
  { folder, origin }: LoadedClassifier,
): Promise<string> {
  if (outputDir !== undefined && resolve(outputDir) !== resolve(folder)) return outputDir;
  if (origin !== undefined) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a folder to write to, got ${name}, which is in the read-only cache`,
      { hint: "Pass --output-dir." },
    );
  }
  if (exists(join(folder, "tokenizer.json"))) return folder;
  throw new L3MaskingError(
    "invalid-setting",
    `expected tokenizer.json in ${folder}, found none; programs that run the ONNX files need it`,
    { hint: "Pass --output-dir: the model is copied there along with one." },
  );
}

async function checkTexts(
  { input, textColumn }: ExportSettings,
  { tokenizer, maxLength, task }: LoadedClassifier,
): Promise<CheckTexts> {
  if (input === undefined) {
    const ids = sampledTexts(tokenizer, maxLength);
    return { ids, source: `${ids.length} texts of random tokens` };
  }
  const file = await readRecords(input, columnsFor({ textColumn, labels: "unread" }, task));
  requireColumns(file, task, input);
  const { records } = file;
  const texts = records.slice(0, MAX_CHECKED).map(({ text }) => text);
  if (texts.length === 0) {
    throw new L3MaskingError("data-empty", `expected texts in ${input}, found none`, {
      hint: "Choose another --input, or omit it to compare on random tokens.",
    });
  }
  const ids = texts.map(encodeOnce(tokenizer, maxLength)).map((encoding) => encoding.ids);
  return { ids, source: `the first ${texts.length} texts of ${basename(input)}` };
}

/** Config, weights, tokenizer and what prediction must know, to a folder of their own. */
async function copyModel(target: string, model: LoadedClassifier): Promise<void> {
  const { spec, values, labels, tokenizer, maxLength, task, folder } = model;
  const sideFiles = new Map([
    ...tokenizer.files(maxLength),
    trainingArguments(maxLength, tokenizer, task),
  ]);
  if (exists(join(folder, temperatureFile))) {
    const temperature = trainedTemperature(folder);
    sideFiles.set(temperatureFile, `${JSON.stringify({ temperature }, undefined, 2)}\n`);
  }
  if (exists(join(folder, thresholdsFile))) {
    sideFiles.set(thresholdsFile, readText(join(folder, thresholdsFile)));
  }
  await saveCheckpoint(target, {
    spec,
    values,
    kind: "sequence-classification",
    labels,
    tokenizerFiles: sideFiles,
  });
}

function cardOf(
  { spec, labels, maxLength, task, folder }: LoadedClassifier,
  files: readonly ExportedFile[],
  checkedOn: string,
): string {
  const trained = runOfClassifier(folder);
  const metrics = trained && finishedMetrics(trained.folder);
  const run = metrics && cardRun(trained.record, metrics);
  return modelCard({ model: spec, labels, maxLength, task, run, files, checkedOn });
}
