/** `report`: the folder of a run or of a comparison as one HTML page. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { L3MaskingError } from "../base/errors.js";
import { hasAuxiliaryTask } from "../method/methods.js";
import { makeFolder } from "../platform/files/files.js";
import { maskingSchema, parseComparison } from "../results/records/comparison-schema.js";
import { runExamplesSchema } from "../results/records/run-examples-schema.js";
import { renderComparison } from "../results/report/pages/comparison.js";
import type { ChartFile } from "../results/report/pages/markup.js";
import { renderRun, type TrainedRun } from "../results/report/pages/run.js";
import { readComparedRun } from "../run/folder/compared-run.js";
import { finishedMetrics } from "../run/folder/finished-run.js";
import { requireWritable, writeWhole } from "../run/folder/run-folder.js";
import { runDigest } from "../run/folder/run-identity.js";
import { readTrainingRecord } from "../run/folder/training-record.js";
import type { Host, ReportResult } from "../run/host/host.js";
import type { ReportSettings } from "../run/settings/schemas.js";
import { datasetName, nameOf } from "../run/sources/dataset-sources.js";

/**
 * Writes the page, report.html in the folder if no other place is named, and its charts where a folder is named for them.
 *
 * Throws `file-missing` for a folder with neither results.json nor a finished training run, `data-format` for damaged
 * files and `invalid-setting` for a place that cannot be written.
 */
export async function runReport(settings: ReportSettings, host: Host): Promise<ReportResult> {
  const { folder } = settings;
  const date = host.today();
  const results = join(folder, "results.json");
  const { html, charts } = existsSync(results)
    ? renderComparison(parseComparison(readFileSync(results, "utf8"), results), { date })
    : renderRun(readTrainedRun(folder), { date });
  const output = settings.output ?? join(folder, "report.html");
  requireWritable(output);
  writeWhole(output, html);
  return {
    output,
    bytes: Buffer.byteLength(html),
    charts: settings.charts === undefined ? [] : writeCharts(settings.charts, charts),
  };
}

/** Writes FOLDER/ID.svg for every chart of the page. */
function writeCharts(folder: string, charts: readonly ChartFile[]): string[] {
  makeFolder(folder);
  return charts.map(({ id, svg }) => {
    const path = join(folder, `${id}.svg`);
    writeWhole(path, svg);
    return path;
  });
}

function readTrainedRun(folder: string): TrainedRun {
  if (!existsSync(join(folder, "config.json"))) {
    throw new L3MaskingError(
      "file-missing",
      `expected results.json of a comparison or config.json of a training run in ${folder}`,
      { hint: "Name the --output-dir of a finished compare or train." },
    );
  }
  const record = readTrainingRecord(folder);
  const { labels, rows, data_digest: digest } = record;
  const {
    method,
    seed,
    trainFile,
    validationFile = null,
    testFile = null,
    model,
  } = record.settings;
  const name = datasetName(trainFile);
  const place = {
    dataset: name,
    model: nameOf(model),
    method,
    task_weights: hasAuxiliaryTask(method) ? record.settings.taskWeights : null,
    seed,
    folder,
    digest: runDigest(record),
    reused: false,
  };
  const reading = readComparedRun(folder, place, labels);
  if (reading === undefined) {
    throw new L3MaskingError(
      "file-missing",
      `expected a finished run in ${folder}, but metrics.json, its last file, is not there`,
      { hint: "Let the run finish: the same train command with --resume goes on." },
    );
  }
  const { run } = reading;
  return {
    run,
    masking: readWritten(maskingSchema, join(folder, "masking.json")),
    examples: readWritten(runExamplesSchema, join(folder, "examples.json")) ?? [],
    confidence: finishedMetrics(folder)?.confidence ?? undefined,
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

/** Undefined for runs without the file: of other methods, and of versions that did not write it. */
function readWritten<Content>(schema: z.ZodType<Content>, path: string): Content | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new L3MaskingError("data-format", `${path} is not what a training run writes`, {
      hint: "The file was changed: remove it, and the page goes without it.",
      cause,
    });
  }
}
