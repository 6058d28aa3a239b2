/**
 * What masking sees of a text, and the arrays it returns. In a text of special tokens alone nothing is masked.
 */

/** A tokenized text; an `Encoding` fits. */
export interface MaskableText {
  readonly ids: Int32Array; // [n]
  /** Word of each token; negative for special tokens, which are never masked. */
  readonly wordIds: Int32Array; // [n]
}

/** Probability m_i with which each token is masked; 0 at special tokens. */
export type MaskProbabilities = Float64Array; // [n]

/** Positions of the tokens that may be masked: all but the special ones. */
export function maskablePositions({ wordIds }: Pick<MaskableText, "wordIds">): Int32Array {
  const positions = Int32Array.from(wordIds.keys());
  return positions.filter((position) => wordIds[position] >= 0);
}

/** Of each word that may be masked, the position of its first token and the one behind its last. */
export function wordRanges({
  wordIds,
}: Pick<MaskableText, "wordIds">): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  for (let start = 0; start < wordIds.length; ) {
    let end = start + 1;
    while (end < wordIds.length && wordIds[end] === wordIds[start]) end++;
    if (wordIds[start] >= 0) ranges.push([start, end]);
    start = end;
  }
  return ranges;
}
