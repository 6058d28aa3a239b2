/** Which candidate a run keeps: the one that is best on texts that none of them was trained on. */
import { capitalized, counted, percent } from "../../base/figures.js";
import { type Method, methodOf } from "../../method/methods.js";
import { type LabelMeasureName, labelMeasureOf } from "../../results/metrics/label-measures.js";
import { classificationMetrics, predictedLabels } from "../../results/metrics/metrics.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";

/** What a candidate answered to texts it was not trained on. */
export interface HeldOutAnswers {
  readonly method: Method;
  /** Indices of the texts. */
  readonly rows: readonly number[];
  /** [rows, C], row-major */
  readonly logits: Float32Array;
}

export interface Choice {
  readonly chosen: HeldOutAnswers;
  /** The other candidates, the best first. */
  readonly others: readonly HeldOutAnswers[];
  readonly record: NonNullable<RunMetrics["held_out"]>;
}

/** Rows all of whose labels are known. */
interface LabelledRows {
  readonly labelIds: ArrayLike<number>;
  readonly labels: number;
}

/**
 * Measures the candidates (at least one, the cheapest first) on the texts that all of them answered, and takes the first of those with the
 * best metric. `leftOut` says of those that took no part why. `folds` is 0 where the texts are the dev split.
 */
export function chooseCandidate(
  candidates: readonly HeldOutAnswers[],
  { labelIds, labels }: LabelledRows,
  metric: LabelMeasureName,
  folds: number,
  leftOut: readonly { readonly method: Method; readonly reason: string }[] = [],
): Choice {
  const common = candidates
    .map(({ rows }) => rows)
    .reduce((all, rows) => {
      const known = new Set(rows);
      return all.filter((row) => known.has(row));
    });
  const { better, title } = labelMeasureOf(metric);
  const measured = candidates.map((candidate) => {
    const measures = measuresOn(common, candidate, { labelIds, labels });
    const value = measures[metric];
    return { candidate, measures, worth: better === "higher" ? value : -value };
  });
  const best = measured.reduce((a, b) => (b.worth > a.worth ? b : a));
  const figure = ({ measures }: (typeof measured)[number]) => percent(measures[metric]);
  const others = measured.filter((one) => one !== best);
  const rivals = others.map((one) => `${titleOf(one.candidate.method)} ${figure(one)}`);
  const reasons = leftOut.map(
    ({ method, reason }) => `${capitalized(titleOf(method))} was left out: ${reason}.`,
  );
  const sentence = `Chosen: ${titleOf(best.candidate.method)}, with ${title} ${figure(best)} on ${counted(common.length, "held-out text")}${rivals.length === 0 ? "" : ` (${rivals.join(", ")})`}.`;
  return {
    chosen: best.candidate,
    others: others.toSorted((a, b) => b.worth - a.worth).map(({ candidate }) => candidate),
    record: {
      folds,
      rows: best.candidate.rows.length,
      compared_rows: common.length,
      candidates: measured.map(({ candidate, measures }) => ({
        method: candidate.method,
        ...measures,
      })),
      left_out: leftOut.map((one) => ({ ...one })),
      chosen: best.candidate.method,
      choice: candidates.length + leftOut.length > 1 ? [sentence, ...reasons].join(" ") : null,
    },
  };
}

function measuresOn(
  rows: readonly number[],
  { rows: known, logits }: HeldOutAnswers,
  { labelIds, labels }: LabelledRows,
) {
  const places = new Map(known.map((row, place) => [row, place]));
  const predicted = predictedLabels(logits, labels);
  return classificationMetrics(
    rows.map((row) => labelIds[row]),
    rows.map((row) => predicted[places.get(row) ?? -1]),
    labels,
  ).measures;
}

/** A candidate's name in sentences. */
export function titleOf(method: Method): string {
  return method === "stl" ? "the fine-tuned encoder" : methodOf(method).title;
}
