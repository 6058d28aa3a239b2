/** The measures that several records hold. Fractions lie in 0 .. 1, losses are in nats. */
import { z } from "zod";
import { ofLabelMeasures } from "../metrics/label-measures.js";
import { ofProbabilityMeasures } from "../metrics/probability-measures.js";
import { taskFigures } from "../metrics/task-measures.js";

export const count = z.int().min(0);
export const fraction = z.number().min(0).max(1);
export const counts = z.record(z.string(), count);

/** A read-only list. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

export const labelMetrics = z.object({
  /** TP / (TP + FP); 0 where undefined. */
  precision: fraction,
  /** TP / (TP + FN); 0 where undefined. */
  recall: fraction,
  /** 2 TP / (2 TP + FP + FN); 0 where undefined. */
  f1: fraction,
  /** Examples with this label. */
  support: count,
});

/** Measures of one label, from counts of true positives (TP), false positives (FP) and false negatives (FN). */
export type LabelMetrics = z.infer<typeof labelMetrics>;

export const splitMetrics = z.object({
  ...ofLabelMeasures(() => z.number()),
  loss: z.number(),
  ...taskFigures,
});

/** The measures of labels, and the mean classification loss in nats. */
export type SplitMetrics = z.infer<typeof splitMetrics>;

export const taskValues = z.object({ main: z.number(), auxiliary: z.number() });

/** A number for each task: its weight, or the cosine of its gradient with the dev gradient. */
export type TaskValues = z.infer<typeof taskValues>;

const confidence = z.object(ofProbabilityMeasures(() => z.number()));

/** How far probabilities are from the share of correct labels. */
export type Confidence = z.infer<typeof confidence>;

const splitConfidence = z.object({ plain: confidence, at_temperature: confidence });

/** Errors of a split's probabilities, from the logits as they are and from the logits divided by the temperature. */
export type SplitConfidence = z.infer<typeof splitConfidence>;

const coveragePoint = z.object({
  /** `predict --unsure-below`. */
  unsure_below: fraction,
  /** Share of the rows whose probability is not below it. */
  answered: fraction,
  /** Share of these that are right. */
  right: fraction,
});

/** What a bound of the probability does. */
export type CoveragePoint = z.infer<typeof coveragePoint>;

export const coverage = z.object({
  /** Held-out rows; those of test whose text is not in train. */
  split: z.enum(["dev", "test"]),
  rows: count,
  /** The one that answers most first; of the probabilities as they are. */
  plain: list(coveragePoint),
  /** With `--fitted-temperature`. */
  at_temperature: list(coveragePoint),
});

/** How many texts are answered, and how many of the answers are right, at several bounds of the probability. */
export type Coverage = z.infer<typeof coverage>;

export const runConfidence = z.object({
  temperature: z.number().positive(),
  /** The temperature was fitted to these rows. */
  dev: splitConfidence,
  /**
   * These rows at temperatures that were fitted without them, each part of the rows in turn; absent for a single row, and in runs of before.
   */
  cross_fitted: confidence.optional(),
  /** Null when there is no test split. */
  test: splitConfidence.nullable(),
});

/** Errors of probabilities, as they are and at the temperature that was fitted on dev. */
export type RunConfidence = z.infer<typeof runConfidence>;
