/** Weights that make rare labels count as much as frequent ones. */

/**
 * w_c = N / (C n_c) for N texts of which n_c have label c, and C labels: the weights of every label's texts add up to N / C,
 * and the mean weight of a text is 1. Every label must have a text. Source: King & Zeng 2001, and "balanced" in scikit-learn.
 */
export function balancedWeights(labelIds: Int32Array, classes: number): Float32Array {
  const counts = new Int32Array(classes);
  for (const label of labelIds) counts[label] += 1;
  return Float32Array.from(counts, (count) => labelIds.length / (classes * count));
}
