/**
 * How tokens of a text occur together, as positive pointwise mutual information.
 *
 * Legend: V vocabulary, C contexts.
 */

/** Exponent that flattens the distribution of contexts, so that rare ones do not dominate. */
const CONTEXT_SMOOTHING = 0.75;

/** How often each id occurs. */
export function tokenCounts(ids: Int32Array, vocabularySize: number): Float64Array {
  const counts = new Float64Array(vocabularySize);
  for (const id of ids) counts[id] += 1;
  return counts;
}

/** The `count` most frequent ids outside `excluded`, most frequent first; equal ones in order of id. */
export function frequentTokens(
  counts: Float64Array,
  count: number,
  excluded: ReadonlySet<number>,
): Int32Array {
  const present = Array.from(counts.keys()).filter((id) => counts[id] > 0 && !excluded.has(id));
  present.sort((a, b) => counts[b] - counts[a] || a - b);
  return Int32Array.from(present.slice(0, count));
}

/**
 * PPMI of every token with every context token, row-major [V, C]:
 *
 *     PPMI(w, c) = max(0, log( n(w, c) / n(w) * sum_c' n(c')^a / n(c)^a )),   a = 0.75
 *
 * n(w, c) counts pairs at most `window` apart, each weighted by 1 / distance; n(w) and n(c) are its sums. Ids of
 * `excluded` take no part and are not bridged.
 *
 * Reference: Levy, Goldberg & Dagan 2015, "Improving Distributional Similarity with Lessons Learned from Word
 * Embeddings" (context distribution smoothing, harmonic window weights).
 */
export function positiveMutualInformation(
  ids: Int32Array,
  vocabularySize: number,
  contexts: Int32Array,
  window: number,
  excluded: ReadonlySet<number>,
): Float32Array<ArrayBuffer> {
  const columns = contexts.length;
  const columnOf = new Int32Array(vocabularySize).fill(-1);
  for (let column = 0; column < columns; column++) columnOf[contexts[column]] = column;
  const matrix = new Float32Array(vocabularySize * columns); // [V, C]
  const barrier = new Uint8Array(vocabularySize);
  for (const id of excluded) barrier[id] = 1;

  for (let i = 0; i < ids.length; i++) {
    const right = ids[i];
    if (barrier[right] === 1) continue;
    const rightColumn = columnOf[right];
    for (let distance = 1; distance <= window && distance <= i; distance++) {
      const left = ids[i - distance];
      if (barrier[left] === 1) break;
      const weight = 1 / distance;
      const leftColumn = columnOf[left];
      if (leftColumn >= 0) matrix[right * columns + leftColumn] += weight;
      if (rightColumn >= 0) matrix[left * columns + rightColumn] += weight;
    }
  }

  const rowSums = new Float64Array(vocabularySize);
  const columnSums = new Float64Array(columns);
  for (let row = 0; row < vocabularySize; row++) {
    for (let column = 0; column < columns; column++) {
      const value = matrix[row * columns + column];
      rowSums[row] += value;
      columnSums[column] += value;
    }
  }
  const flattened = columnSums.map((sum) => sum ** CONTEXT_SMOOTHING);
  const total = flattened.reduce((sum, value) => sum + value, 0);
  for (let row = 0; row < vocabularySize; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      if (matrix[at] === 0) continue;
      const ratio = (matrix[at] / rowSums[row]) * (total / flattened[column]);
      matrix[at] = Math.max(0, Math.log(ratio));
    }
  }
  return matrix;
}
