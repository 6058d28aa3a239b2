/** Weights that make rare labels count as much as frequent ones. */
import { L3MaskingError } from "../../base/errors.js";
import type { LabelSpace } from "../../data/label-sets.js";

/**
 * w_c = N / (C n_c) for N texts of which n_c have label c, and C labels: the weights of every label's texts add up to N / C,
 * and the mean weight of a text is 1. Every label must have a text. Throws `invalid-setting` where texts can have several labels. Source: King & Zeng 2001, and "balanced" in scikit-learn.
 */
export function balancedWeights(labelIds: Int32Array, classes: LabelSpace): Float32Array {
  if (typeof classes !== "number") throw severalLabels();
  const counts = new Int32Array(classes);
  for (const label of labelIds) counts[label] += 1;
  return Float32Array.from(counts, (count) => labelIds.length / (classes * count));
}

function severalLabels(): L3MaskingError {
  return new L3MaskingError(
    "invalid-setting",
    "expected --class-weights none where texts can have several labels, got balanced",
    {
      hint: "Leave it out: the threshold of each label, fitted on dev, makes up for how rare it is.",
    },
  );
}
