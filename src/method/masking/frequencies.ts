/** How frequent tokens are in the texts that are masked. */
import { type MaskableText, maskablePositions } from "./tokens.js";

/**
 * For each token of each text, its share of the non-special tokens of all texts, in (0, 1]; NaN at
 * special tokens.
 */
export function tokenFrequencies(texts: readonly MaskableText[]): Float64Array[] {
  const counts = new Map<number, number>();
  let total = 0;
  for (const text of texts) {
    for (const position of maskablePositions(text)) {
      const id = text.ids[position];
      counts.set(id, (counts.get(id) ?? 0) + 1);
      total += 1;
    }
  }
  return texts.map(({ ids, wordIds }) =>
    Float64Array.from(ids, (id, i) =>
      wordIds[i] < 0 ? Number.NaN : (counts.get(id) ?? 0) / total,
    ),
  );
}
