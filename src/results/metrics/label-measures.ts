/**
 * The measures of predicted labels, one record each: whatever has labels is measured by all of them, on dev and test,
 * in tables, pages and tests of differences. Those that need probabilities are in probability-measures.ts.
 *
 * Reference: Sokolova & Lapalme 2009, "A Systematic Analysis of Performance Measures for Classification Tasks".
 */

/** What measures of labels are made from: counts of N examples by label, C labels. */
export interface LabelCounts {
  /** N, examples whose label the training set lacks included. */
  readonly examples: number;
  /** Examples with each label. */
  readonly support: ArrayLike<number>; // [C]
  /** Examples predicted to have each label. */
  readonly predicted: ArrayLike<number>; // [C]
  /** Examples with each label that are predicted right. */
  readonly hits: ArrayLike<number>; // [C]
  /** Examples whose whole answer is right. */
  readonly right: number;
}

/** What all measures have. */
export interface MeasureFacts {
  /** As files name it. */
  readonly name: string;
  /** As tables and sentences name it. */
  readonly title: string;
  readonly better: "higher" | "lower";
  /** For somebody who has never heard of it. */
  readonly meaning: string;
}

/** A measure of predicted labels. */
export interface LabelMeasure extends MeasureFacts {
  /** What it is called where a text can have several labels, if that is not its title. */
  readonly titleOfSets?: string;
  /** What the hub's model cards call it. */
  readonly hubType: string;
  /** A fraction: tables show it in percent, and differences in percentage points. */
  value(counts: LabelCounts): number;
}

export const labelMeasures = [
  {
    name: "accuracy",
    title: "accuracy",
    titleOfSets: "subset accuracy",
    better: "higher",
    meaning:
      "How many of 100 texts got the right label; where a text can have several, exactly the right ones (subset accuracy).",
    hubType: "accuracy",
    /** Share of examples predicted right, in [0, 1]. */
    value: ({ examples, right }) => right / examples,
  },
  {
    name: "macro_f1",
    title: "macro-F1",
    better: "higher",
    meaning:
      "F1 weighs two kinds of error of one label: texts that wrongly got it and texts that wrongly did not. 100 is perfect, 0 is useless. Macro-F1 is the mean over the labels, each counted alike, rare ones too.",
    hubType: "f1",
    /** Unweighted mean of the labels' F1 = 2 TP / (2 TP + FP + FN), in [0, 1]; 0 for one neither expected nor predicted. */
    value({ support, predicted, hits }) {
      let sum = 0;
      for (let label = 0; label < hits.length; label++) {
        const denominator = predicted[label] + support[label];
        if (denominator > 0) sum += (2 * hits[label]) / denominator;
      }
      return sum / hits.length;
    },
  },
] as const satisfies readonly LabelMeasure[];

/** Name of a measure of labels. */
export type LabelMeasureName = (typeof labelMeasures)[number]["name"];

/** Something for each measure of labels. */
export type OfLabelMeasures<Value> = Readonly<Record<LabelMeasureName, Value>>;

/** The measure that verdicts rest on. */
export const decidingMeasure = labelMeasures[1];

/** The record of a measure of labels. */
export function labelMeasureOf(name: LabelMeasureName): LabelMeasure {
  return labelMeasures.find((measure) => measure.name === name) ?? decidingMeasure;
}

/** `read` of each measure of labels, by name. */
export function ofLabelMeasures<Value>(
  read: (name: LabelMeasureName, measure: LabelMeasure) => Value,
): Record<LabelMeasureName, Value> {
  const entries = labelMeasures.map((measure) => [measure.name, read(measure.name, measure)]);
  // The names of the list are the names of its measures.
  return Object.fromEntries(entries) as Record<LabelMeasureName, Value>;
}
