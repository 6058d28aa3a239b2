/**
 * results.json: everything a comparison of methods, seeds, data sets and models yields, as plain JSON. Tables and
 * pages are written from this alone.
 *
 * Fractions lie in 0 .. 1 and differences in -1 .. 1; never percent. Losses are in nats, times in seconds.
 * `null` marks what does not exist (no test split, a single seed) or could not be computed; then a sentence in `notes`
 * says why.
 *
 * It follows from the runs and from what decides them alone, not from where, when and in how many parts they were trained.
 */
import { z } from "zod";
import { splitTextCounts } from "../../data/check/text-counts.js";
import { labelMeasures, ofLabelMeasures } from "../metrics/label-measures.js";
import { ofOrderMeasures } from "../metrics/order-measures.js";
import { ofSetMeasures } from "../metrics/set-measures.js";
import { taskFigures } from "../metrics/task-measures.js";
import { trainingMachine } from "./machine-record.js";
import { maskingSummary } from "./masking-summary.js";
import { count, counts, labelMetrics, list, splitMetrics, taskValues } from "./measures.js";
import { candidate, pairedComparison, swept, sweptValue } from "./paired-comparison.js";
import { parseRecord } from "./parse.js";

export const comparedDataset = z.object({
  name: z.string(),
  /** The files as given; null for a split taken from train. */
  files: z.object({ train: z.string(), dev: z.string().nullable(), test: z.string().nullable() }),
  /** What a reader of the results must know about the data, each a sentence or paragraph. */
  notes: list(z.string()),
  /** In id order, as in confusion counts. */
  labels: list(z.string()).refine((labels) => labels.length > 0, "expected labels"),
  rows: z.object({
    train: count,
    dev: count,
    test: count,
    /** Test rows whose text does not occur in train. */
    leak_free: count,
  }),
  /** Rows left out, by reason; the same in every run. */
  excluded: counts,
  /** SHA-256 (hex) of labels, texts and their order. */
  digest: z.string(),
});

export type ComparedDataset = z.infer<typeof comparedDataset>;

export const comparedModel = z.object({
  /** Last part of the folder's path, made unique where two are equal. */
  name: z.string(),
  /** Its folder, or repository and commit (`org/name@commit`) on the hub. */
  folder: z.string(),
  /** As config.json names it, such as "bert". */
  family: z.string(),
  layers: count,
  hidden_size: count,
  checkpoint_digest: z.string(),
  tokenizer_digest: z.string(),
});

export type ComparedModel = z.infer<typeof comparedModel>;

const runKey = candidate.extend({ dataset: z.string(), model: z.string(), seed: count });

/** Identifies a run within a comparison; data set and model by name. */
export type RunKey = z.infer<typeof runKey>;

export const runPlace = runKey.extend({
  /** Of a sweep: the values that dev is asked about, or that it chose. */
  swept: swept.exactOptional(),
  /** Of a sweep: does the run help to choose? Otherwise it has what was chosen, and other seeds. */
  tuning: z.literal(true).exactOptional(),
  /** Relative to the folder of results.json. */
  folder: z.string(),
  /** SHA-256 (hex) of what decides the run's result. */
  digest: z.string(),
});

const rowSetMetrics = z.object({
  rows: count,
  ...ofLabelMeasures(() => z.number()),
  ...taskFigures,
  /** By label name. */
  per_label: z.record(z.string(), labelMetrics),
  /**
   * Counts by expected label (outer) and predicted label (inner), both in the order of the data set's labels; empty where a text can have
   * several.
   */
  confusion: list(list(count)),
});

export type RowSetMetrics = z.infer<typeof rowSetMetrics>;

const devPoint = splitMetrics.extend({
  step: count,
  /** The best so far? */
  best: z.boolean(),
});

const trainingPoint = z.object({
  /** The last of the steps. */
  step: count,
  main_loss: z.number().nullable(),
  auxiliary_loss: z.number().nullable(),
  learning_rate: z.number(),
  task_weights: taskValues,
  /** Cosines of each task's gradient with the dev gradient; null where task weights are not learned. */
  cosines: taskValues.nullable(),
});

/** Means over neighbouring steps. */
export type TrainingPoint = z.infer<typeof trainingPoint>;

const comparedRun = runPlace.extend({
  /** Optimizer step whose weights were kept and tested. */
  best_step: count,
  /** Optimizer steps done. */
  steps: count,
  /** Why training ended. */
  stop_reason: z.enum(["steps", "patience", "request"]),
  /** At the best step. */
  dev: splitMetrics,
  /** All test rows. */
  test: rowSetMetrics.nullable(),
  /** Test rows whose text does not occur in train; null if there are none. */
  leak_free: rowSetMetrics.nullable(),
  dev_curve: list(devPoint),
  /** Thinned: at most 50 points, each the mean over equally many neighbouring steps. */
  training_curve: list(trainingPoint),
  timing: z.object({
    /** 0 where no scores were needed or all were cached. */
    scoring_seconds: z.number(),
    training_seconds: z.number(),
    tokens_per_second: z.number(),
  }),
  excluded: counts,
  /** By split. */
  text_counts: splitTextCounts,
});

export type ComparedRun = z.infer<typeof comparedRun>;

const unfinishedRun = runPlace.extend({
  /** failed: it threw; interrupted: it was stopped and can be resumed; waiting: it was not started. */
  state: z.enum(["failed", "interrupted", "waiting"]),
  /** Of a failed run. */
  error: z
    .object({ code: z.string(), message: z.string(), hint: z.string().nullable() })
    .nullable(),
});

export type UnfinishedRun = z.infer<typeof unfinishedRun>;

const spread = z.object({
  mean: z.number(),
  /** Sample standard deviation, divisor n - 1; null for one seed. */
  std: z.number().nullable(),
  n: count,
});

/** Over the seeds of a cell. */
export type Spread = z.infer<typeof spread>;

const cellMetrics = z.object({
  ...ofLabelMeasures(() => spread),
  /** Where labels have an order, and each run has the measure. */
  order: z.object(ofOrderMeasures(() => spread.nullable())).exactOptional(),
  /** Where a text can have several labels. */
  label_sets: z.object(ofSetMeasures(() => spread)).exactOptional(),
});

export type CellMetrics = z.infer<typeof cellMetrics>;

const tunedCell = candidate.extend({
  dataset: z.string(),
  model: z.string(),
  swept,
  /** Seeds with a finished run, ascending. */
  seeds: list(count),
  /** Runs that failed: a cell that has one is not chosen. */
  failed: count,
  /** Null without a finished run. */
  dev: cellMetrics.nullable(),
  /** The best mean on dev of its data set, model, method and task weights? The first of equal ones. */
  chosen: z.boolean(),
});

/** Values that a sweep tried, over its seeds. */
export type TunedCell = z.infer<typeof tunedCell>;

export const sweptSettings = list(z.object({ name: z.string(), values: list(sweptValue) }));

const sweepRecord = z.object({
  /** What was tried. */
  settings: sweptSettings,
  /** Combinations drawn for each method; null where all were tried. */
  samples: count.nullable(),
  /** Dev measure whose mean decides. */
  measure: z.enum(labelMeasures.map(({ name }) => name)),
  /** One per data set x model x method x task weights x combination, in that order; none of methods that look at nothing that is swept. */
  cells: list(tunedCell),
});

/** What a sweep tried on dev, and chose. */
export type SweepRecord = z.infer<typeof sweepRecord>;

const comparisonCell = candidate.extend({
  dataset: z.string(),
  model: z.string(),
  /** Of a sweep: what dev chose. */
  swept: swept.exactOptional(),
  /** Seeds with a finished run, ascending. */
  seeds: list(count).refine((seeds) => seeds.length > 0, "expected seeds"),
  test: cellMetrics.nullable(),
  leak_free: cellMetrics.nullable(),
  dev: cellMetrics,
  /** Mean over seeds. */
  best_step: z.number(),
  /** Mean over seeds. */
  training_seconds: z.number(),
});

export type ComparisonCell = z.infer<typeof comparisonCell>;

const comparison = z.object({
  format: z.literal("l3masking-comparison"),
  /** Raised when a field changes its meaning or is removed. */
  version: z.literal(1),
  /** Was the command stopped before it was complete? Then runs are missing and no difference is tested. */
  partial: z.boolean(),
  /** The shell command that gives the same results, without what says only where and on what it works. */
  command: z.string(),
  /** The settings of `compare` that decide results, resolved. */
  settings: z.record(z.string(), z.unknown()),
  /** Of the programs that planned the comparison. */
  versions: z.record(z.string(), z.string()),
  /** Where the finished runs were trained, in the order of the runs. */
  machines: list(trainingMachine),
  /** Sum of the runs' scoring and training times, which overlap where several runs train at once. */
  runs_seconds: z.number(),
  datasets: list(comparedDataset),
  models: list(comparedModel),
  /** Finished runs, in the order data set, model, method, task weights, seed. */
  runs: list(comparedRun),
  /** Runs that failed, were stopped or were not started. */
  unfinished: list(unfinishedRun),
  /** One per data set x model x method x task weights with at least one finished run, in that order. */
  cells: list(comparisonCell),
  paired: list(pairedComparison),
  /** Where settings had several values. Its runs are not among `runs`, which have what was chosen. */
  sweep: sweepRecord.exactOptional(),
  masking: list(maskingSummary),
  /** Plain sentences on the tests as a whole: what they compare and what could not be shown. */
  notes: list(z.string()),
});

/** The whole of results.json. */
export type Comparison = z.infer<typeof comparison>;

/** The text of results.json. Throws `data-format` naming the fault. */
export function parseComparison(text: string, path: string): Comparison {
  return parseRecord(comparison, text, {
    path,
    writer: "a comparison",
    hint: "The file was edited: run the comparison again; finished runs are kept.",
  });
}
