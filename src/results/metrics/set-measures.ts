/**
 * The measures of texts that can have several labels, one record each, beside those of any labels. There, accuracy is the share of texts all of whose
 * labels are right (subset accuracy), and macro-F1 the mean of the labels' F1.
 *
 * Reference: Tsoumakas & Katakis 2007, "Multi-Label Classification: An Overview". The figures are scikit-learn's.
 */
import { z } from "zod";
import { percent } from "../../base/figures.js";
import { type LabelSpace, membership } from "../../data/label-sets.js";
import type { MeasureFacts } from "./label-measures.js";

/** Decisions of N texts and C labels, each whether a text has a label. */
export interface DecisionCounts {
  /** Right to give a label. */
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  /** N C */
  readonly decisions: number;
}

/** A measure of sets of labels. */
export interface SetMeasure extends MeasureFacts {
  /** For people. */
  format(value: number): string;
  /** A fraction; 0 where it is undefined. */
  value(counts: DecisionCounts): number;
}

export const setMeasures = [
  {
    name: "micro_f1",
    title: "micro-F1",
    better: "higher",
    meaning:
      "F1 over all decisions whether a text has a label, those of all labels together, so that frequent labels count more. 100 is perfect, 0 is useless.",
    format: percent,
    /** 2 TP / (2 TP + FP + FN) over all labels. */
    value({ truePositives: hits, falsePositives, falseNegatives }) {
      const all = 2 * hits + falsePositives + falseNegatives;
      return all === 0 ? 0 : (2 * hits) / all;
    },
  },
  {
    name: "hamming_loss",
    title: "Hamming loss",
    better: "lower",
    meaning: "How many of 100 decisions whether a text has a label are wrong.",
    format: percent,
    value: ({ falsePositives, falseNegatives, decisions }) =>
      (falsePositives + falseNegatives) / decisions,
  },
] as const satisfies readonly SetMeasure[];

/** Name of a measure of sets of labels. */
export type SetMeasureName = (typeof setMeasures)[number]["name"];

/** Something for each measure of sets. */
export type OfSetMeasures<Value> = Readonly<Record<SetMeasureName, Value>>;

/** `read` of each measure of sets, by name. */
export function ofSetMeasures<Value>(
  read: (measure: SetMeasure, name: SetMeasureName) => Value,
): Record<SetMeasureName, Value> {
  const entries = setMeasures.map((measure) => [measure.name, read(measure, measure.name)]);
  // The names of the list are the names of its measures.
  return Object.fromEntries(entries) as Record<SetMeasureName, Value>;
}

/** As files hold them. */
export const setValues = z.object(ofSetMeasures(() => z.number()));

export type SetValues = z.infer<typeof setValues>;

/** The measures of answers, as ids of sets; undefined where each text has one label. */
export function setValuesOf(
  expected: ArrayLike<number>,
  predicted: ArrayLike<number>,
  space: LabelSpace,
): SetValues | undefined {
  if (typeof space === "number") return undefined;
  const [having, given] = [membership(expected, space), membership(predicted, space)];
  const counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
  having.forEach((has, decision) => {
    if (has === 1 && given[decision] === 1) counts.truePositives += 1;
    else if (has === 1) counts.falseNegatives += 1;
    else if (given[decision] === 1) counts.falsePositives += 1;
  });
  return ofSetMeasures((measure) => measure.value({ ...counts, decisions: having.length }));
}
