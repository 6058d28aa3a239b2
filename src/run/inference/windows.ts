/** Texts longer than a classifier reads at once, in windows whose answers are averaged. */
import type { Encoding } from "../../text/encoding.js";

/**
 * A text read whole as adjacent windows of at most `maxLength` tokens, as equal in length as can be; each begins and ends with the special
 * tokens of the text.
 */
export function windowsOf(encoding: Encoding, maxLength: number): readonly Encoding[] {
  const { ids, wordIds } = encoding;
  if (ids.length <= maxLength) return [encoding];
  const inner = ids.length - 2;
  const count = Math.ceil(inner / (maxLength - 2));
  const cut = (values: Int32Array, start: number, end: number) =>
    Int32Array.of(values[0], ...values.subarray(1 + start, 1 + end), values[values.length - 1]);
  return Array.from({ length: count }, (_, window) => {
    const start = Math.round((window * inner) / count);
    const end = Math.round(((window + 1) * inner) / count);
    return { ids: cut(ids, start, end), wordIds: cut(wordIds, start, end), truncated: 0 };
  });
}

/**
 * Logits [N, C] of N texts from those of their windows, which stand one after the other; `counts` [N] are the windows of each. The logits of a
 * text with one window are its window's; of others they are the mean of the windows' log-probabilities.
 */
export function averagedWindows(
  logits: Float32Array,
  counts: readonly number[],
  classes: number,
): Float32Array {
  const averaged = new Float32Array(counts.length * classes);
  let first = 0;
  counts.forEach((count, text) => {
    for (let window = first; window < first + count; window++) {
      const row = logits.subarray(window * classes, (window + 1) * classes);
      const constant = count === 1 ? 0 : logSumExp(row);
      for (let label = 0; label < classes; label++) {
        averaged[text * classes + label] += (row[label] - constant) / count;
      }
    }
    first += count;
  });
  return averaged;
}

function logSumExp(row: Float32Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
