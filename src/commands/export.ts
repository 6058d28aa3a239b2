/** `export`: a classifier as ONNX files that other programs run, with a model card. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import { readRecords } from "../data/read.js";
import type { Runtime } from "../engine/runtime/runtime.js";
import { exportedClassifier } from "../method/program/exported.js";
import { compileClassification } from "../method/program/inference.js";
import { saveCheckpoint } from "../model/checkpoint/save.js";
import { writeDurably } from "../platform/files/durable.js";
import { makeFolder } from "../platform/files/files.js";
import { holdingFolder } from "../platform/files/folder-lock.js";
import { CARD_MARK, type ExportedFile, modelCard } from "../results/report/markdown/model-card.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import {
  temperatureFile,
  trainedTemperature,
  trainingArguments,
} from "../run/folder/training-arguments.js";
import { runOfClassifier } from "../run/folder/training-record.js";
import type { ExportResult, Host } from "../run/host/host.js";
import { interrupted, type LoadedClassifier, loadClassifier } from "../run/inference/classifier.js";
import { classifyEncodings } from "../run/inference/classify.js";
import type { ExportSettings } from "../run/settings/schemas.js";
import { encodeOnce } from "../run/sources/labelled-texts.js";
import { weightsOf } from "../run/sources/model.js";
import { cardRun } from "./card-run.js";
import { differenceOf, exportedLogits, requireFaithful, sampledTexts } from "./export-check.js";

/** What transformers.js calls the files, by its `dtype`: fp32, fp16, q8. */
export const exportedNames = {
  float32: "model.onnx",
  float16: "model_fp16.onnx",
  int8: "model_quantized.onnx",
} as const;

/** Texts of a file that a check takes, from its beginning. */
const MAX_CHECKED = 256;
const CHECK_TOKENS = 4096;

const STOP_HINT = "Files that were checked are whole; start again for the others.";

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
 * tokenizer.json, `output-exists` for an `outputDir` with files, and what loading and reading throw.
 */
export async function runExport(settings: ExportSettings, host: Host): Promise<ExportResult> {
  const model = await loadClassifier(settings.model, undefined, host);
  const target = await targetFolder(settings, model);
  const texts = await checkTexts(settings, model);
  if (target === model.folder) return addFiles(target, model, settings, texts, host);
  await copyModel(target, model);
  try {
    return await addFiles(target, model, settings, texts, host);
  } catch (error) {
    // So that the same command can be tried again.
    rmSync(target, { recursive: true, force: true });
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
    const runtime = await host.runtime(settings.threads);
    const files = await writeFiles(target, model, settings, texts, runtime, host);
    const written = files.map(({ name }) => join(target, name));
    const card = join(target, "README.md");
    if (existsSync(card) && !readFileSync(card, "utf8").includes(CARD_MARK)) {
      const text = `${card} was changed by hand and stays as it is`;
      host.emit({ type: "notice", level: "info", text });
      return { folder: target, files: written, checks: files };
    }
    writeDurably(card, [cardOf(model, files, texts.source)]);
    return { folder: target, files: [...written, card], checks: files };
  });
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
      `expected a folder to write to: ${name} lies in the cache, whose files are not to be changed`,
      { hint: "Give --output-dir." },
    );
  }
  if (existsSync(join(folder, "tokenizer.json"))) return folder;
  throw new L3MaskingError(
    "invalid-setting",
    `expected tokenizer.json in ${folder}, which programs that run ONNX files read`,
    { hint: "Give --output-dir: the model is then copied there with it." },
  );
}

async function checkTexts(
  { input, textColumn }: ExportSettings,
  { tokenizer, maxLength }: LoadedClassifier,
): Promise<CheckTexts> {
  if (input === undefined) {
    const ids = sampledTexts(tokenizer, maxLength);
    return { ids, source: `${ids.length} texts of random tokens` };
  }
  const { records } = await readRecords(input, { textColumn, labels: "optional" });
  const texts = records.slice(0, MAX_CHECKED).map(({ text }) => text);
  if (texts.length === 0) {
    throw new L3MaskingError("data-empty", `expected texts in ${input}, got none`, {
      hint: "Name another --input, or leave it out to compare on random tokens.",
    });
  }
  const ids = texts.map(encodeOnce(tokenizer, maxLength)).map((encoding) => encoding.ids);
  return { ids, source: `the first ${texts.length} texts of ${basename(input)}` };
}

/** Config, weights, tokenizer and what prediction must know, to a folder of their own. */
async function copyModel(target: string, model: LoadedClassifier): Promise<void> {
  const { spec, values, labels, tokenizer, maxLength, folder } = model;
  const sideFiles = new Map([...tokenizer.files(), trainingArguments(maxLength)]);
  if (existsSync(join(folder, temperatureFile))) {
    const temperature = trainedTemperature(folder);
    sideFiles.set(temperatureFile, `${JSON.stringify({ temperature }, undefined, 2)}\n`);
  }
  await saveCheckpoint(target, {
    spec,
    values,
    kind: "sequence-classification",
    labels,
    tokenizerFiles: sideFiles,
  });
}

async function writeFiles(
  target: string,
  { spec, values, labels }: LoadedClassifier,
  { precisions }: ExportSettings,
  { ids }: CheckTexts,
  runtime: Runtime,
  host: Host,
): Promise<readonly ExportedFile[]> {
  const classes = labels.length;
  const weights = weightsOf(values);
  const total = ids.length * (1 + precisions.length);
  const progress = (done: number) => {
    host.emit({ type: "progress", task: "exporting", done, total, unit: "texts" });
    if (host.cancelled() && done < total) throw interrupted(done, total, STOP_HINT);
  };
  const program = await compileClassification(runtime, spec, classes, weights);
  let expected: Float32Array;
  try {
    expected = await classifyEncodings(program, spec, ids.map(asEncoding), CHECK_TOKENS, progress);
  } finally {
    await program.dispose();
  }
  makeFolder(join(target, "onnx"));
  const files: ExportedFile[] = [];
  for (const [index, precision] of precisions.entries()) {
    const name = `onnx/${exportedNames[precision]}`;
    const bytes = exportedClassifier(spec, classes, weights, precision);
    const before = ids.length * (1 + index);
    const found = await exportedLogits(bytes, spec, ids, runtime, (done) =>
      progress(before + done),
    );
    const difference = differenceOf(expected, found, classes);
    requireFaithful(name, precision, difference, expected);
    writeDurably(join(target, name), [bytes]);
    files.push({ name, precision, bytes: bytes.length, ...difference });
  }
  return files;
}

/** Only ids matter to a classifier. */
function asEncoding(ids: Int32Array) {
  return { ids, wordIds: new Int32Array(ids.length), truncated: 0 };
}

function cardOf(
  { spec, labels, maxLength, folder }: LoadedClassifier,
  files: readonly ExportedFile[],
  checkedOn: string,
): string {
  const trained = runOfClassifier(folder);
  const metrics = trained && finishedMetrics(trained.folder);
  const run = metrics && cardRun(trained.record, metrics);
  return modelCard({ model: spec, labels, maxLength, run, files, checkedOn });
}
