/** Reads a training run's folder for its page. */

import type { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { hasAuxiliaryTask } from "../../method/methods.js";
import { exists, findText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { type MaskingSummary, maskingSummary } from "../../results/records/masking-summary.js";
import { parseRecord, parseRecordLines } from "../../results/records/parse.js";
import { probabilityOf } from "../../results/records/predictions.js";
import { runExamples } from "../../results/records/token-masks.js";
import { type WrongRow, wrongRow } from "../../results/records/wrong-rows.js";
import type { TrainedRun } from "../../results/report/pages/run.js";
import { datasetName, nameOf } from "../sources/dataset-sources.js";
import { heldOutMetrics, readComparedRun } from "./compared-run.js";
import { finishedMetrics, finishedPredictions, heldOutPredictions } from "./finished-run.js";
import { runDigest } from "./run-identity.js";
import { readTrainingRecord } from "./training-record.js";

/** Throws `file-missing` for a folder without a finished run, and `data-format` for damaged files. */
export function readTrainedRun(folder: string): TrainedRun {
  if (!exists(join(folder, "config.json"))) {
    throw new L3MaskingError(
      "file-missing",
      `expected results.json of a comparison or config.json of a training run in ${folder}`,
      { hint: "Name the --output-dir of a finished compare or train." },
    );
  }
  const record = readTrainingRecord(folder);
  const { labels, rows, data_digest: digest } = record;
  const metrics = finishedMetrics(folder);
  if (metrics === undefined) throw unfinished(folder);
  // `auto` stands for what it chose.
  const { method } = metrics;
  const { seed, trainFile, validationFile = null, testFile = null, model } = record.settings;
  const name = datasetName(trainFile);
  const place = {
    dataset: name,
    model: nameOf(model),
    method,
    task_weights: hasAuxiliaryTask(method) ? record.settings.taskWeights : null,
    seed,
    folder,
    digest: runDigest(record),
  };
  const reading = readComparedRun(folder, place, labels);
  if (reading === undefined) throw unfinished(folder);
  const { run } = reading;
  const tested = finishedPredictions(folder);
  const held = tested.length > 0 ? [] : heldOutPredictions(folder);
  const answers = tested.length > 0 ? tested : held;
  return {
    run,
    masking: readMaskingSummary(folder),
    examples: readWritten(runExamples, join(folder, "examples.json")) ?? [],
    wrong: readWrongRows(join(folder, "errors.jsonl")),
    confidence: metrics.confidence,
    coverage: metrics.coverage,
    verdict: metrics.verdict,
    held_out: metrics.held_out,
    held_out_metrics: heldOutMetrics(held, labels, metrics.dev),
    answers: answers.map(({ line, expected, ...prediction }) => ({
      ...{ line, expected, predicted: prediction.label },
      probability: probabilityOf(prediction),
    })),
    label_curves: metrics.label_curves,
    learning_curve: metrics.learning_curve,
    settings: record.settings,
    checkpoint_digest: record.checkpoint_digest,
    tokenizer_digest: record.tokenizer_digest,
    dataset: {
      name,
      files: { train: trainFile, dev: validationFile, test: testFile },
      notes: [],
      labels,
      rows: { ...rows, leak_free: run.leak_free?.rows ?? 0 },
      excluded: run.excluded,
      digest,
    },
  };
}

/** What the run's strategy selects; undefined for runs without the file. Throws `data-format` for a damaged one. */
export function readMaskingSummary(folder: string): MaskingSummary | undefined {
  return readWritten(maskingSummary, join(folder, "masking.json"));
}

/** Undefined for runs without the file. */
function readWrongRows(path: string): readonly WrongRow[] | undefined {
  const text = findText(path);
  return text === undefined
    ? undefined
    : parseRecordLines(wrongRow, text, { path, writer: "a training run", hint: changedHint });
}

const changedHint = "The file was edited: delete it, and the page leaves that part out.";

function unfinished(folder: string): L3MaskingError {
  return new L3MaskingError(
    "file-missing",
    `expected a finished run in ${folder}, but metrics.json, its last file, is not there`,
    { hint: "Finish the run first: the same train command with --resume continues it." },
  );
}

/** Undefined for runs of methods that do not write the file. */
function readWritten<Content>(schema: z.ZodType<Content>, path: string): Content | undefined {
  const text = findText(path);
  return text === undefined
    ? undefined
    : parseRecord(schema, text, { path, writer: "a training run", hint: changedHint });
}
