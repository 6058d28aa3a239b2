/** What the folder of a finished run tells: metrics, curves and predictions, checked as they are read. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { methods } from "../../method/methods.js";
import type { EvaluationEvent, StepEvent } from "../../method/train/events.js";
import { exists, findText, readText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { splitTextCounts } from "../../results/records/comparison-schema.js";
import { parseJournal } from "../../results/records/journal.js";
import type { RunMetrics } from "../host/host.js";

const fraction = z.number().min(0).max(1);
const splitFields = { accuracy: fraction, macro_f1: fraction, loss: z.number() };
const taskValues = z.object({ main: z.number(), auxiliary: z.number() });
const labelSchema = z.object({
  precision: fraction,
  recall: fraction,
  f1: fraction,
  support: z.number().int().min(0),
});
const confidence = z.object({ ece: fraction, loss: z.number() });
const splitConfidence = z.object({ plain: confidence, at_temperature: confidence });
const metricsSchema = z.object({
  method: z.enum(methods.map(({ name }) => name)),
  seed: z.number().int(),
  model: z.string(),
  model_origin: z
    .object({ repository: z.string(), revision: z.string(), commit: z.string() })
    .optional(),
  task_weights: z.string(),
  final_task_weights: taskValues.nullable().default(null),
  best_step: z.number().int().min(1),
  dev: z.object(splitFields),
  test: z.object({ ...splitFields, per_label: z.record(z.string(), labelSchema) }).nullable(),
  test_unseen: z
    .object({
      rows: z.number().int().min(0),
      accuracy: fraction.nullable(),
      macro_f1: fraction.nullable(),
    })
    .nullable(),
  timing: z.object({
    scoring_seconds: z.number(),
    training_seconds: z.number(),
    tokens_per_second: z.number(),
    parts: z.number().int().min(1).default(1),
  }),
  confidence: z
    .object({
      temperature: z.number().positive(),
      dev: splitConfidence,
      test: splitConfidence.nullable(),
    })
    .nullable()
    .default(null),
  second_stage: z
    .object({ kept: z.boolean(), steps: z.number().int(), dev_before: z.object(splitFields) })
    .nullable()
    .default(null),
  excluded: z.record(z.string(), z.number().int()),
  text_counts: splitTextCounts.default({}),
});

/**
 * metrics.json of a run, which is its last file; undefined while the run is not finished. Throws
 * `data-format` for a damaged one.
 */
export function finishedMetrics(folder: string): RunMetrics | undefined {
  const path = join(folder, "metrics.json");
  const text = findText(path);
  return text === undefined ? undefined : checked(metricsSchema, text, path);
}

export interface FinishedJournal {
  readonly steps: readonly StepEvent[];
  readonly evaluations: readonly EvaluationEvent[];
  /** Steps done, and why there are no more. */
  readonly stop: { readonly step: number; readonly reason: "steps" | "patience" };
}

/** journal.jsonl of a finished run. Throws `data-format` for a damaged or unfinished one. */
export function finishedJournal(folder: string): FinishedJournal {
  const path = join(folder, "journal.jsonl");
  const events = parseJournal(readText(path), path);
  const stop = events.findLast((event) => event.type === "stop");
  if (stop?.reason !== "steps" && stop?.reason !== "patience") {
    const end = stop === undefined ? "none" : stop.reason;
    throw new L3MaskingError("data-format", `expected the end of a run in ${path}, got ${end}`, {
      hint: "Remove the folder of this run; it is then made again.",
    });
  }
  return {
    steps: events.filter((event) => event.type === "step"),
    evaluations: events.filter((event) => event.type === "evaluation"),
    stop: { step: stop.step, reason: stop.reason },
  };
}

const predictionSchema = z.object({
  expected: z.string(),
  label: z.string(),
  seen_in_training: z.boolean(),
});

/** A test row: names of its label and of the one predicted. */
export type TestPrediction = z.infer<typeof predictionSchema>;

/** predictions-test.jsonl of a finished run, in the order of the test rows; none without a test split. */
export function finishedPredictions(folder: string): readonly TestPrediction[] {
  const path = join(folder, "predictions-test.jsonl");
  return exists(path) ? readLines(predictionSchema, path) : [];
}

function readLines<Row>(schema: z.ZodType<Row>, path: string): Row[] {
  const lines = readText(path).trimEnd().split("\n");
  return lines.map((line, index) => checked(schema, line, `${path} line ${index + 1}`));
}

function checked<Value>(schema: z.ZodType<Value>, text: string, where: string): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new L3MaskingError("data-format", `${where} is not what a run writes: ${reason}`, {
      hint: "The file was changed or torn: remove the folder of this run and start it again.",
      cause,
    });
  }
}
