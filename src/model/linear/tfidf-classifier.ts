/**
 * TF-IDF of words and characters with logistic regression: the baseline that every classifier has to beat. It trains in
 * seconds; with thousands of long texts and many labels, in minutes.
 */
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import { fitLogisticRegression, type LinearModel, linearLogits } from "./logistic-regression.js";
import { columnCount, fitTfIdf, type TfIdf, tfIdfReader } from "./tf-idf.js";

export interface TfidfClassifier {
  readonly features: TfIdf;
  readonly linear: LinearModel;
}

/** scikit-learn's C. Chosen once for all data, never on dev. */
export const INVERSE_STRENGTH = 10;

/**
 * Most weights, columns x labels: 256 MiB of float64 while they are found, 128 in the folder. Beyond it the n-grams of the fewest texts
 * are left out.
 */
export const MOST_WEIGHTS = 2 ** 25;

/**
 * Trains on N texts with ids of labels, or of sets of them; at least two labels, and where a text has one, each with a text. `beforeEach` is called before each pass over the
 * texts; what it throws ends the training.
 */
export function fitTfidf(
  texts: readonly string[],
  labelIds: ArrayLike<number>,
  labels: LabelSpace,
  beforeEach?: () => void,
): TfidfClassifier {
  const features = fitTfIdf(texts, Math.floor(MOST_WEIGHTS / labelCount(labels) / 2));
  const rows = texts.map(tfIdfReader(features));
  const sizes = { labels, columns: columnCount(features), inverseStrength: INVERSE_STRENGTH };
  return { features, linear: fitLogisticRegression(rows, labelIds, sizes, beforeEach) };
}

/** Logits, [texts][labels] row-major. */
export function tfidfLogits(
  { features, linear }: TfidfClassifier,
  texts: readonly string[],
): Float32Array {
  const logits = new Float32Array(texts.length * linear.labels);
  const read = tfIdfReader(features);
  texts.forEach((text, row) => {
    logits.set(linearLogits(read(text), linear), row * linear.labels);
  });
  return logits;
}
