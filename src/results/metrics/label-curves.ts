/**
 * How precision and recall of each label depend on the probability from which on it is given.
 *
 * With the texts in the order of a label's logit, the highest first, precision P_k and recall R_k at each distinct logit k,
 *
 *     average precision = sum over k of (R_k - R_(k-1)) P_k
 *
 * Reference: scikit-learn's `precision_recall_curve` and `average_precision_score`.
 */
import { type LabelSets, membership } from "../../data/label-sets.js";
import type { LabelCurve, LabelCurves } from "../records/label-curves.js";
import { classificationMetrics } from "./metrics.js";
import { sigmoid } from "./thresholds.js";

export type { LabelCurves } from "../records/label-curves.js";

/** Points of a curve that are kept. */
const MOST_POINTS = 100;

/** Recall and precision at each distinct logit of N texts, the highest first; `having` is 1 for texts with the label. */
export function precisionRecall(
  logits: ArrayLike<number>,
  having: ArrayLike<number>,
): readonly (readonly [recall: number, precision: number])[] {
  const order = Array.from(logits, (_, row) => row).sort((a, b) => logits[b] - logits[a]);
  const positives = Array.from(having).reduce((sum, one) => sum + one, 0);
  const points: (readonly [number, number])[] = [];
  let hits = 0;
  order.forEach((row, index) => {
    hits += having[row];
    const next = order.at(index + 1);
    if (next !== undefined && logits[next] === logits[row]) return;
    points.push([positives === 0 ? 0 : hits / positives, hits / (index + 1)]);
  });
  return points;
}

/** Of a curve by `precisionRecall`; null where no text has the label. */
export function averagePrecision(
  points: readonly (readonly [recall: number, precision: number])[],
): number | null {
  if ((points.at(-1)?.[0] ?? 0) === 0) return null;
  let last = 0;
  return points.reduce((sum, [recall, precision]) => {
    const part = (recall - last) * precision;
    last = recall;
    return sum + part;
  }, 0);
}

/** Of logits [N, C] of texts whose sets of labels are known, and of the answers to them. */
export function labelCurves(
  {
    logits,
    expected,
    predicted,
  }: {
    readonly logits: Float32Array;
    readonly expected: ArrayLike<number>;
    readonly predicted: ArrayLike<number>;
  },
  split: LabelCurves["split"],
  { sets, thresholds }: { readonly sets: LabelSets; readonly thresholds: readonly number[] },
): LabelCurves {
  const { labels } = sets;
  const having = membership(expected, sets);
  const { perLabel } = classificationMetrics(expected, predicted, sets);
  const column = (values: ArrayLike<number>, label: number) =>
    Array.from(expected, (_, row) => values[row * labels.length + label]);
  return {
    split,
    labels: labels.map((label, id): LabelCurve => {
      const points = precisionRecall(column(logits, id), column(having, id));
      const { precision, recall, f1, support } = perLabel[id];
      return {
        label,
        rows: support,
        threshold: sigmoid(thresholds[id] ?? 0),
        ...{ precision, recall, f1 },
        average_precision: averagePrecision(points),
        points: thinned(points),
      };
    }),
  };
}

function thinned(points: readonly (readonly [number, number])[]): [number, number][] {
  const step = Math.max(1, (points.length - 1) / (MOST_POINTS - 1));
  const kept = Array.from({ length: Math.min(points.length, MOST_POINTS) }, (_, index) =>
    Math.round(index * step),
  );
  return kept.map((index) => {
    const [recall, precision] = points[index];
    return [recall, precision];
  });
}
