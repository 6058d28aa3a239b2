/** Which candidate a run keeps: the cheapest of those that are best, but for noise, on texts that none of them was trained on. */
import { capitalized, counted, percent, points } from "../../base/figures.js";
import { randomStream } from "../../base/random.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import { type Method, methodOf } from "../../method/methods.js";
import { type LabelMeasureName, labelMeasureOf } from "../../results/metrics/label-measures.js";
import { classificationMetrics } from "../../results/metrics/metrics.js";
import { heldOutAnswers } from "../../results/metrics/thresholds.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { bootstrapMetrics, standardError } from "../../results/statistics/bootstrap.js";

/** What a candidate answered to texts it was not trained on. */
export interface HeldOutAnswers {
  readonly method: Method;
  /** Indices of the texts. */
  readonly rows: readonly number[];
  /** [rows, C], row-major */
  readonly logits: Float32Array;
  /** Share of the encoder in a stack. */
  readonly encoderWeight?: number;
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
  readonly space: LabelSpace;
}

/** What a choice goes by. */
export interface ChoiceRule {
  readonly metric: LabelMeasureName;
  /** 0 where the texts are the dev split. */
  readonly folds: number;
  readonly seed: number;
  /** Of those that took no part, why. */
  readonly leftOut?: readonly { readonly method: Method; readonly reason: string }[];
}

/** A cheaper candidate is kept if it is behind the best by at most this many standard errors of their difference (docs/recipes.md). */
const STANDARD_ERRORS = 0.5;
const RESAMPLES = 1000;

/**
 * Measures the candidates (at least one, the cheapest first) on the texts that all of them answered, and takes the first that is as good as
 * the best but for noise: behind it by at most half the standard error of the difference, by a paired bootstrap over the texts. The
 * one-standard-error rule of Breiman et al. 1984, "Classification and Regression Trees", with a smaller allowance.
 */
export async function chooseCandidate(
  candidates: readonly HeldOutAnswers[],
  { labelIds, space }: LabelledRows,
  { metric, folds, seed, leftOut = [] }: ChoiceRule,
): Promise<Choice> {
  const common = candidates
    .map(({ rows }) => rows)
    .reduce((all, rows) => {
      const known = new Set(rows);
      return all.filter((row) => known.has(row));
    });
  const expected = Int32Array.from(common, (row) => labelIds[row]);
  const predicted = candidates.map((candidate) =>
    heldOutAnswers(answersOn(common, candidate, labelCount(space)), expected, space),
  );
  const measures = predicted.map((ids) => classificationMetrics(expected, ids, space).measures);
  const { better, title } = labelMeasureOf(metric);
  const worth = measures.map((of) => (better === "higher" ? of[metric] : -of[metric]));
  const best = worth.indexOf(Math.max(...worth));
  const errors = await standardErrors(expected, predicted, best, { labels: space, metric, seed });
  const behind = worth.map((value) => worth[best] - value);
  const chosen = behind.findIndex((value, index) => value <= STANDARD_ERRORS * errors[index]);

  const others = [...candidates.keys()].filter((index) => index !== chosen);
  const byWorth = others.toSorted((a, b) => worth[b] - worth[a]);
  const nameOf = (index: number) => titleOf(candidates[index].method);
  const figure = (index: number) => percent(measures[index][metric]);
  const rivals = others.map((index) => `${nameOf(index)} ${figure(index)}`);
  const reasons = leftOut.map(
    ({ method, reason }) => `${capitalized(titleOf(method))} was left out: ${reason}.`,
  );
  const sentence = [
    `Chosen: ${nameOf(chosen)}, with ${title} ${figure(chosen)} on ${counted(common.length, "held-out text")}`,
    rivals.length === 0 ? "" : ` (${rivals.join(", ")})`,
    chosen === best
      ? "."
      : `. It is the cheapest within half a standard error of ${nameOf(best)}: behind by ${points(behind[chosen])} points, with a standard error of ${points(errors[chosen])}.`,
  ].join("");
  return {
    chosen: candidates[chosen],
    others: byWorth.map((index) => candidates[index]),
    record: {
      folds,
      rows: candidates[chosen].rows.length,
      compared_rows: common.length,
      candidates: candidates.map(({ method, encoderWeight }, index) => ({
        method,
        ...(encoderWeight !== undefined && { encoder_weight: encoderWeight }),
        ...measures[index],
        behind_best: behind[index],
        behind_best_standard_error: errors[index],
      })),
      left_out: leftOut.map((one) => ({ ...one })),
      chosen: candidates[chosen].method,
      choice: candidates.length + leftOut.length > 1 ? [sentence, ...reasons].join(" ") : null,
    },
  };
}

/** Logits [rows, C] of some of the rows that a candidate answered. */
export function answersOn(
  rows: readonly number[],
  answers: Pick<HeldOutAnswers, "rows" | "logits">,
  labels: number,
): Float32Array {
  const places = new Map(answers.rows.map((row, place) => [row, place]));
  const logits = new Float32Array(rows.length * labels);
  rows.forEach((row, index) => {
    const place = places.get(row) ?? -1;
    logits.set(answers.logits.subarray(place * labels, (place + 1) * labels), index * labels);
  });
  return logits;
}

/** Of each candidate's difference to the best one: the spread over resamples of the rows, those with a label of training. */
async function standardErrors(
  expected: Int32Array,
  predicted: readonly Int32Array[],
  best: number,
  { labels, metric, seed }: { labels: LabelSpace; metric: LabelMeasureName; seed: number },
): Promise<readonly number[]> {
  const known = [...expected.keys()].filter((row) => expected[row] >= 0);
  if (known.length === 0 || predicted.length === 1) return predicted.map(() => 0);
  const pick = (ids: Int32Array) => Int32Array.from(known, (row) => ids[row]);
  const rows = { expected: pick(expected), labels, predicted: predicted.map(pick) };
  const random = randomStream(seed, "choice");
  const resampled = (await bootstrapMetrics(rows, RESAMPLES, random))[metric];
  return resampled.map((values) =>
    standardError(values.map((x, sample) => x - resampled[best][sample])),
  );
}

/** A candidate's name in sentences. */
export function titleOf(method: Method): string {
  if (method === "stack") return "TF-IDF mixed with the fine-tuned encoder";
  return method === "stl" ? "the fine-tuned encoder" : methodOf(method).title;
}
