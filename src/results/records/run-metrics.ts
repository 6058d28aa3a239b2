/** metrics.json of a training run: the last file it writes. */
import { z } from "zod";
import { splitTextCounts } from "../../data/check/text-counts.js";
import { labelMeasures, ofLabelMeasures } from "../metrics/label-measures.js";
import { taskFigures } from "../metrics/task-measures.js";
import { labelCurves } from "./label-curves.js";
import { machineRecord } from "./machine-record.js";
import {
  count,
  counts,
  coverage,
  labelMetrics,
  list,
  runConfidence,
  splitMetrics,
  taskValues,
} from "./measures.js";
import { methodName, modelOrigin } from "./run-record.js";

const estimatorReport = z.object({
  estimator: z.string(),
  precision: z.enum(["float32", "int8"]),
  exact: z.string(),
  /** Tokens through the model to score all texts, nothing cached, by each of the two. */
  model_tokens: count,
  exact_model_tokens: count,
  /** Texts that both scored and whose rank correlation is defined. */
  sample_texts: count,
  /** Spearman's rank correlation over all their tokens; null where it is undefined. */
  spearman: z.number().nullable(),
  /** Mean of the rank correlations inside the texts. */
  spearman_within_text: z.number().nullable(),
});

/** A cheap likelihood estimator beside the exact one. */
export type EstimatorReport = z.infer<typeof estimatorReport>;

const baselineMeasures = z.object({
  ...ofLabelMeasures(() => z.number()),
  ...taskFigures,
});

/** Candidates measured on texts that none of them was trained on: those that folds held out, or dev. */
const heldOut = z.object({
  /** 0 where the texts are the dev split. */
  folds: count,
  /** Texts that the chosen one answered. */
  rows: count,
  /** Texts that all candidates answered, on which they are compared. */
  compared_rows: count,
  /** The cheapest first. */
  candidates: list(
    z.object({
      method: methodName,
      /** Of a stack: the share of the encoder. */
      encoder_weight: z.number().exactOptional(),
      ...ofLabelMeasures(() => z.number()),
      /** By how much the metric that decides is behind that of the best candidate, and the standard error of that difference. */
      behind_best: z.number().exactOptional(),
      behind_best_standard_error: z.number().exactOptional(),
    }),
  ),
  /** The methods that were left out, and why. */
  left_out: list(z.object({ method: methodName, reason: z.string() })),
  chosen: methodName,
  /** Which was chosen and why, in a sentence; null where there was nothing to choose. */
  choice: z.string().nullable(),
});

const learningCurve = z.object({
  /** By which twice the texts are judged. */
  metric: z.enum(labelMeasures.map(({ name }) => name)),
  /** Texts held out, on which all points are measured. */
  rows: count,
  points: list(
    z.object({
      method: methodName,
      /** Of the training texts, and how many they are. */
      share: z.number(),
      texts: count,
      ...ofLabelMeasures(() => z.number()),
    }),
  ),
  /** What twice the texts would give, as a fraction of the metric, and its standard error by the held-out texts. */
  doubling: list(z.object({ method: methodName, gain: z.number(), standard_error: z.number() })),
  /** The same in words. */
  text: z.string(),
});

export const runMetrics = z.object({
  method: methodName,
  seed: z.int(),
  model: z.string(),
  /** The hub repository and commit of the model, if it came from there. */
  model_origin: modelOrigin.exactOptional(),
  task_weights: z.string(),
  /** Learned task weights after the last step; null where they are not learned. */
  final_task_weights: taskValues.nullable(),
  best_step: z.int().min(1),
  dev: splitMetrics,
  /** Null when there is no test split. */
  test: splitMetrics.extend({ per_label: z.record(z.string(), labelMetrics) }).nullable(),
  /** The test rows whose text does not occur in train. */
  test_unseen: z
    .object({
      rows: count,
      ...ofLabelMeasures(() => z.number().nullable()),
      ...taskFigures,
    })
    .nullable(),
  /** TF-IDF with logistic regression on the same rows; null with --no-baseline. */
  baseline: z
    .object({
      method: z.literal("tfidf"),
      dev: baselineMeasures,
      test: baselineMeasures.nullable(),
    })
    .nullable(),
  /**
   * How good the classifier is next to the baseline, in a sentence, on the test rows whose text does not occur in train; null without
   * such rows or without a baseline.
   */
  verdict: z.string().nullable(),
  /** Absent where there was a dev split and nothing to choose. */
  held_out: heldOut.exactOptional(),
  /** With --learning-curve: the linear candidates by their share of the training texts. */
  learning_curve: learningCurve.exactOptional(),
  /** Texts that folds held out whose label is probably wrong, by what was chosen. */
  doubtful_labels: count.exactOptional(),
  /** Totals over all parts of a resumed run; repeated steps count once. */
  timing: z.object({
    scoring_seconds: z.number(),
    training_seconds: z.number(),
    /** Real tokens through the encoder per second of training. */
    tokens_per_second: z.number(),
    /** How many times the run was started or resumed. */
    parts: z.int().min(1),
  }),
  /** Where the run was finished. Absent in runs of versions that did not record it. */
  machine: machineRecord.exactOptional(),
  /** How far the probabilities of the kept weights can be trusted. */
  confidence: runConfidence,
  /** Absent in runs of versions that did not measure it. */
  coverage: coverage.exactOptional(),
  /** Where a text can have several labels: how precision and recall of each depend on its threshold. */
  label_curves: labelCurves.exactOptional(),
  /** Null where there was no second stage. */
  second_stage: z
    .object({
      /** Was its best dev metric better than the first stage's? If not, the first stage's weights are kept. */
      kept: z.boolean(),
      steps: count,
      /** Of the first stage's best weights. */
      dev_before: splitMetrics,
    })
    .nullable(),
  excluded: counts,
  /** By split, how many of the texts used the model does not see as written. */
  text_counts: splitTextCounts,
  /** Where texts were scored by an estimator that is not exact. */
  estimator_report: estimatorReport.exactOptional(),
});

/** metrics.json of a training run; fractions from 0 to 1. */
export type RunMetrics = z.infer<typeof runMetrics>;
