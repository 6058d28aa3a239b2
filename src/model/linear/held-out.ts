/** What linear classifiers answer to rows that they were not trained on, though there is no other data. */
import { type Folds, NEVER_HELD_OUT, rowsOfFold } from "../../data/folds.js";
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import { type EmbeddedTexts, embedLogits, fitEmbed, someEmbedded } from "./embed-classifier.js";
import { fitTfidf, tfidfLogits } from "./tfidf-classifier.js";

/**
 * Logits [N][labels], row-major, of N texts with ids 0 .. labels-1: each row's from a baseline that was trained on the rows outside its
 * fold. NaN for rows that are never held out. `beforeEach` is called before each pass over the texts of a fold, counted from 0; what it
 * throws ends the work.
 */
export function heldOutBaselineLogits(
  texts: readonly string[],
  labelIds: ArrayLike<number>,
  labels: LabelSpace,
  folds: Folds,
  beforeEach?: (fold: number) => void,
): Float32Array {
  const textsOf = (rows: readonly number[]) => rows.map((row) => texts[row]);
  return heldOutLogits(labelIds, labels, folds, (train, ids, heldOut, fold) =>
    tfidfLogits(
      fitTfidf(textsOf(train), ids, labels, () => beforeEach?.(fold)),
      textsOf(heldOut),
    ),
  );
}

/** The same by TF-IDF with embeddings. */
export function heldOutEmbedLogits(
  given: EmbeddedTexts,
  labelIds: ArrayLike<number>,
  labels: LabelSpace,
  folds: Folds,
  beforeEach?: (fold: number) => void,
): Float32Array {
  return heldOutLogits(labelIds, labels, folds, (train, ids, heldOut, fold) =>
    embedLogits(
      fitEmbed(someEmbedded(given, train), ids, labels, () => beforeEach?.(fold)),
      someEmbedded(given, heldOut),
    ),
  );
}

function heldOutLogits(
  labelIds: ArrayLike<number>,
  space: LabelSpace,
  folds: Folds,
  answer: (
    train: readonly number[],
    ids: readonly number[],
    heldOut: readonly number[],
    fold: number,
  ) => Float32Array,
): Float32Array {
  const labels = labelCount(space);
  const logits = new Float32Array(labelIds.length * labels).fill(Number.NaN);
  for (let fold = 0; fold < folds.count; fold++) {
    const { train, heldOut } = rowsOfFold(folds, fold);
    const ids = train.map((row) => labelIds[row]);
    const found = answer(train, ids, heldOut, fold);
    heldOut.forEach((row, index) => {
      logits.set(found.subarray(index * labels, (index + 1) * labels), row * labels);
    });
  }
  return logits;
}

/** The rows that some fold holds out, in their order. */
export function heldOutRows({ ofRow }: Folds): number[] {
  return [...ofRow.keys()].filter((row) => ofRow[row] !== NEVER_HELD_OUT);
}
