/** The metrics of a training run, from logits: of a split, and of the test rows with their predictions. */
import type { Dataset } from "../../data/dataset.js";
import { joinedLabels } from "../../data/label-sets.js";
import {
  confidenceOf,
  crossFittedConfidence,
  fittedTemperature,
} from "../../results/metrics/confidence.js";
import { coverageCurve } from "../../results/metrics/coverage.js";
import { type LabelCurves, labelCurves } from "../../results/metrics/label-curves.js";
import { ofLabelMeasures } from "../../results/metrics/label-measures.js";
import { classificationMetrics, predictedLabels } from "../../results/metrics/metrics.js";
import { splitMetrics } from "../../results/metrics/split-metrics.js";
import { taskFiguresOf } from "../../results/metrics/task-measures.js";
import { fittedThresholds, heldOutAnswers } from "../../results/metrics/thresholds.js";
import type {
  Coverage,
  RunConfidence,
  SplitConfidence,
  SplitMetrics,
} from "../../results/records/measures.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { writeJsonLines } from "../folder/run-folder.js";
import type { FirstStage } from "../folder/saved-state.js";
import { predictionsOf } from "../inference/classify.js";
import { countSplits } from "../sources/text-counts.js";
import type { EncodedUnlabelled } from "../sources/unlabelled-texts.js";
import type { RunInputs } from "./inputs.js";

/**
 * Metrics of all test rows and of those whose text does not occur in train; writes the prediction of every row to
 * `predictionsPath`. Undefined where there is no test split: `logits` is then not called.
 */
async function testMetrics(
  logits: () => Promise<Float32Array>,
  thresholds: readonly number[] | undefined,
  data: Dataset,
  predictionsPath: string,
): Promise<
  | {
      readonly all: NonNullable<RunMetrics["test"]>;
      readonly unseen: NonNullable<RunMetrics["test_unseen"]>;
      /** [N, C] */
      readonly logits: Float32Array;
      /** Ids of the answers. */
      readonly predicted: Int32Array; // [N]
      readonly predictions: readonly Prediction[]; // [N]
    }
  | undefined
> {
  const { labels, space, seenInTraining, test: split } = data;
  if (split === undefined) return undefined;
  const found = await logits();
  const predicted = predictedLabels(found, space, thresholds);
  const predictions = predictionsOf(found, labels, thresholds);
  writeJsonLines(
    predictionsPath,
    predictions.map((prediction, row) => ({
      line: split.records[row].line,
      expected: split.records[row].label,
      ...prediction,
      seen_in_training: seenInTraining[row] === 1,
    })),
  );
  const { perLabel } = classificationMetrics(split.labelIds, predicted, space);
  const unseenRows = Array.from(seenInTraining.keys()).filter((row) => seenInTraining[row] === 0);
  const expectedUnseen = unseenRows.map((row) => split.labelIds[row]);
  const predictedUnseen = unseenRows.map((row) => predicted[row]);
  const unseen =
    unseenRows.length === 0
      ? undefined
      : classificationMetrics(expectedUnseen, predictedUnseen, space);
  return {
    all: {
      ...splitMetrics(found, split.labelIds, data, predicted),
      per_label: Object.fromEntries(labels.map((label, id) => [label, perLabel[id]])),
    },
    unseen: {
      rows: unseenRows.length,
      ...ofLabelMeasures((name) => unseen?.measures[name] ?? null),
      ...(unseen && taskFiguresOf(expectedUnseen, predictedUnseen, data)),
    },
    logits: found,
    predicted,
    predictions,
  };
}

/** The temperature that fits the dev logits [N, C], and the errors of probabilities on dev and test with and without it. */
function runConfidence(
  dev: MeasuredRows,
  testLogits: Float32Array | undefined,
  { space, test }: Dataset,
): RunConfidence {
  const temperature = fittedTemperature(dev.logits, dev.labelIds, space);
  const ofSplit = (logits: Float32Array, expected: Int32Array): SplitConfidence => ({
    plain: confidenceOf(logits, expected, space),
    at_temperature: confidenceOf(logits, expected, space, temperature),
  });
  const tried = crossFittedConfidence(dev.logits, dev.labelIds, space);
  return {
    temperature,
    dev: ofSplit(dev.logits, dev.labelIds),
    ...(tried && { cross_fitted: tried }),
    test: test && testLogits ? ofSplit(testLogits, test.labelIds) : null,
  };
}

/** Labelled texts and what was answered to them. */
export interface MeasuredRows {
  readonly labelIds: Int32Array; // [N]
  /** [N, C] */
  readonly logits: Float32Array;
}

/** What a candidate answered, with the labels of the rows. */
export function measuredRows(
  { rows, logits }: { readonly rows: readonly number[]; readonly logits: Float32Array },
  labelIds: ArrayLike<number>,
): MeasuredRows {
  return { labelIds: Int32Array.from(rows, (row) => labelIds[row]), logits };
}

/** What was measured with the kept weights of a finished run. */
export interface RunEvaluation {
  readonly dev: SplitMetrics;
  /** From which logit on a label is given, where a text can have several; fitted on the texts that stand for dev. */
  readonly thresholds: readonly number[] | undefined;
  readonly test: Awaited<ReturnType<typeof testMetrics>>;
  readonly confidence: RunConfidence;
  /** Of the test rows, or of the dev rows where there is no test split. */
  readonly heldOut: readonly Prediction[];
  /** Where each text has one label. */
  readonly coverage?: Coverage;
  /** Where a text can have several. */
  readonly labelCurves?: LabelCurves;
}

/**
 * What is predicted of texts that stand for dev. Where a text can have several labels, each text's by thresholds that were fitted without it.
 */
export function heldOutPredictions(
  { logits, labelIds }: MeasuredRows,
  { labels, space }: Pick<Dataset, "labels" | "space">,
): Prediction[] {
  if (typeof space === "number") return predictionsOf(logits, labels);
  const answers = heldOutAnswers(logits, labelIds, space);
  return predictionsOf(logits, labels, []).map(({ probabilities }, row) => {
    const given = space.members(answers[row]).map((label) => labels[label]);
    return { label: joinedLabels(given), labels: given, probabilities };
  });
}

/**
 * Measures on test, whose predictions are written, and on the texts that stand for dev, those of folds or of the dev split. `logitsOf`
 * classifies with what is kept.
 */
export async function evaluateRun(
  logitsOf: (split: "test") => Promise<Float32Array>,
  dev: MeasuredRows,
  data: Dataset,
  predictionsPath: string,
): Promise<RunEvaluation> {
  const { space } = data;
  const thresholds = fittedThresholds(dev.logits, dev.labelIds, space);
  const test = await testMetrics(() => logitsOf("test"), thresholds, data, predictionsPath);
  const confidence = runConfidence(dev, test?.logits, data);
  const heldOut = test?.logits ?? dev.logits;
  const { labelIds } = data.test ?? dev;
  const answers = test?.predicted ?? heldOutAnswers(dev.logits, dev.labelIds, space);
  return {
    dev: splitMetrics(dev.logits, dev.labelIds, data),
    thresholds,
    test,
    confidence,
    heldOut: test?.predictions ?? heldOutPredictions(dev, data),
    ...(typeof space === "number"
      ? { coverage: runCoverage(heldOut, confidence.temperature, { ...data, dev }) }
      : {
          labelCurves: labelCurves(
            { logits: heldOut, expected: labelIds, predicted: answers },
            data.test === undefined ? "dev" : "test",
            { sets: space, thresholds: thresholds ?? [] },
          ),
        }),
  };
}

/** Of the test rows whose text is not in train, or of those that stand for dev where there is no test split; from their logits [N, C]. */
function runCoverage(
  logits: Float32Array,
  temperature: number,
  {
    labels,
    dev,
    test,
    seenInTraining,
  }: Pick<Dataset, "labels" | "test" | "seenInTraining"> & {
    readonly dev: Pick<MeasuredRows, "labelIds">;
  },
): Coverage {
  const { labelIds } = test ?? dev;
  const rows = Array.from(labelIds.keys()).filter(
    (row) => test === undefined || seenInTraining[row] === 0,
  );
  const curve = (scaled: Float32Array) => {
    const predictions = predictionsOf(scaled, labels);
    return coverageCurve(
      rows.map((row) => predictions[row].probabilities[predictions[row].label]),
      rows.map((row) => predictions[row].label === labels[labelIds[row]]),
    );
  };
  return {
    split: test === undefined ? "dev" : "test",
    rows: rows.length,
    plain: curve(logits),
    at_temperature: curve(logits.map((logit) => logit / temperature)),
  };
}

/** What is kept of a run, and what training it took. */
export interface KeptResult {
  readonly method: RunMetrics["method"];
  readonly bestStep: number;
  readonly steps: number;
  readonly firstStage: FirstStage | undefined;
  readonly timing: RunMetrics["timing"];
  readonly finalTaskWeights: RunMetrics["final_task_weights"];
}

/** metrics.json of a run. */
export function runMetricsOf(
  { settings, model, data, unlabelled }: RunInputs,
  { method, bestStep, steps, firstStage, timing, finalTaskWeights }: KeptResult,
  { dev, test, confidence, coverage, labelCurves: curves }: RunEvaluation,
  rest: Pick<
    RunMetrics,
    | "baseline"
    | "verdict"
    | "held_out"
    | "learning_curve"
    | "doubtful_labels"
    | "estimator_report"
    | "machine"
  >,
): RunMetrics {
  return {
    method,
    seed: settings.seed,
    model: settings.model,
    ...(model.origin && { model_origin: model.origin }),
    task_weights: settings.taskWeights,
    final_task_weights: finalTaskWeights,
    best_step: bestStep,
    dev,
    test: test?.all ?? null,
    test_unseen: test?.unseen ?? null,
    baseline: rest.baseline,
    verdict: rest.verdict,
    ...(rest.held_out && { held_out: rest.held_out }),
    ...(rest.learning_curve && { learning_curve: rest.learning_curve }),
    ...(rest.doubtful_labels !== undefined && { doubtful_labels: rest.doubtful_labels }),
    timing,
    ...(rest.machine && { machine: rest.machine }),
    confidence,
    ...(coverage && { coverage }),
    ...(curves && { label_curves: curves }),
    second_stage: firstStage
      ? {
          kept: bestStep > firstStage.steps,
          steps: steps - firstStage.steps,
          dev_before: firstStage.dev,
        }
      : null,
    excluded: excludedRows(data, unlabelled),
    text_counts: countSplits(data, unlabelled, model.tokenizer),
    ...(rest.estimator_report && { estimator_report: rest.estimator_report }),
  };
}

/** How many rows of each file were left out, by reason. */
export function excludedRows(
  data: Dataset,
  unlabelled: EncodedUnlabelled | undefined,
): Record<string, number> {
  const emptyTexts = {
    ...data.excluded.emptyTexts,
    ...(unlabelled && { unlabelled: unlabelled.emptyTexts }),
  };
  return Object.fromEntries(
    Object.entries(emptyTexts).map(([split, count]) => [`empty_texts_${split}`, count]),
  );
}
