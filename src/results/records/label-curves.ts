/** Precision and recall of each label by its threshold, of texts that can have several; part of metrics.json. */
import { z } from "zod";
import { count, fraction, list } from "./measures.js";

const labelCurve = z.object({
  label: z.string(),
  /** Texts that have it. */
  rows: count,
  /** From this probability on the label is given; fitted on dev or on the texts that folds held out. */
  threshold: fraction,
  precision: fraction,
  recall: fraction,
  f1: fraction,
  /** Area under the steps of precision over recall; null for a label that no text has. */
  average_precision: fraction.nullable(),
  /** The threshold falls from point to point: recall, ascending, and precision; thinned to at most 100. */
  points: list(z.tuple([fraction, fraction])),
});

export type LabelCurve = z.infer<typeof labelCurve>;

export const labelCurves = z.object({
  /** Of test, or of the texts that stand for dev where there is no test split. */
  split: z.enum(["dev", "test"]),
  labels: list(labelCurve),
});

export type LabelCurves = z.infer<typeof labelCurves>;
