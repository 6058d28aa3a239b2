/** Texts longer than a model reads at once: what it gives of their windows, averaged. */
import type { Encoding } from "../../text/encoding.js";
import { windowsOf } from "../../text/long-texts.js";

/** The windows of N texts one after the other, and how many each text has. */
export function allWindows(encodings: readonly Encoding[]): {
  readonly windows: readonly Encoding[];
  readonly counts: readonly number[];
} {
  const windows = encodings.map(windowsOf);
  return { windows: windows.flat(), counts: windows.map(({ length }) => length) };
}

/**
 * Logits [N, C] of N texts from those of their windows, which stand one after the other; `counts` [N] are the windows of each. The logits of a
 * text with one window are its window's; of others they are the mean of the windows' log-probabilities, or, where a text can have several labels, of
 * their logits: that of log P(label) and log P(not the label), but for a constant.
 */
export function averagedWindows(
  logits: Float32Array,
  counts: readonly number[],
  classes: number,
  several = false,
): Float32Array {
  const averaged = new Float32Array(counts.length * classes);
  let first = 0;
  counts.forEach((count, text) => {
    for (let window = first; window < first + count; window++) {
      const row = logits.subarray(window * classes, (window + 1) * classes);
      const constant = count === 1 || several ? 0 : logSumExp(row);
      for (let label = 0; label < classes; label++) {
        averaged[text * classes + label] += (row[label] - constant) / count;
      }
    }
    first += count;
  });
  return averaged;
}

/** Embeddings [N, H] of length 1, from those of the windows: their mean, scaled to length 1. */
export function averagedEmbeddings(
  embeddings: Float32Array,
  counts: readonly number[],
): Float32Array {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === counts.length) return embeddings;
  const size = embeddings.length / total;
  const averaged = new Float32Array(counts.length * size);
  let first = 0;
  counts.forEach((count, text) => {
    const sum = averaged.subarray(text * size, (text + 1) * size);
    for (let at = first * size; at < (first + count) * size; at++) sum[at % size] += embeddings[at];
    const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
    if (length > 0) for (let h = 0; h < size; h++) sum[h] /= length;
    first += count;
  });
  return averaged;
}

function logSumExp(row: Float32Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
