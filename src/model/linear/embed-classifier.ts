/** TF-IDF and an embedding of the text side by side, with logistic regression. */
import { type LabelSpace, labelCount } from "../../data/label-sets.js";
import { weightOf } from "./attribution.js";
import { fitLogisticRegression, type LinearModel, linearLogits } from "./logistic-regression.js";
import { columnCount, fitTfIdf, type SparseRow, type TfIdf, tfIdfReader } from "./tf-idf.js";
import { INVERSE_STRENGTH, MOST_WEIGHTS } from "./tfidf-classifier.js";

export interface EmbedClassifier {
  readonly features: TfIdf;
  /** H, the length of an embedding; its columns come after those of the n-grams. */
  readonly size: number;
  readonly linear: LinearModel;
}

/**
 * Length that embeddings of length 1 are given: that of a text's TF-IDF vector, two parts of length 1, so that both weigh alike. By
 * five-fold cross-validation on the sample task's training rows (C = 10, MiniLM), accuracy and macro-F1 are 67.5 / 58.6 without
 * embeddings, 75.7 / 71.6 with length 0.5, 75.5 / 73.5 with 1, 75.8 / 74.5 with 1.4, 74.0 / 72.8 with 2, 72.0 / 71.3 with 4.
 */
const EMBEDDING_LENGTH = Math.SQRT2;

/** N texts, and their embeddings [N, H] of length 1, row-major. */
export interface EmbeddedTexts {
  readonly texts: readonly string[];
  readonly embeddings: Float32Array;
}

/** Some of the texts. */
export function someEmbedded(
  { texts, embeddings }: EmbeddedTexts,
  rows: readonly number[],
): EmbeddedTexts {
  const width = embeddings.length / texts.length;
  const picked = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    picked.set(embeddings.subarray(row * width, (row + 1) * width), index * width);
  });
  return { texts: rows.map((row) => texts[row]), embeddings: picked };
}

/**
 * Trains on N embedded texts with ids of labels, or of sets of them; at least two labels, and where a text has one, each with a text. `beforeEach` is called before each pass over
 * the texts; what it throws ends the training.
 */
export function fitEmbed(
  given: EmbeddedTexts,
  labelIds: ArrayLike<number>,
  labels: LabelSpace,
  beforeEach?: () => void,
): EmbedClassifier {
  const size = given.embeddings.length / given.texts.length;
  const features = fitTfIdf(given.texts, Math.floor(MOST_WEIGHTS / labelCount(labels) / 2));
  const columns = columnCount(features) + size;
  const rows = embeddedRows({ features, size }, given);
  const sizes = { labels, columns, inverseStrength: INVERSE_STRENGTH };
  return { features, size, linear: fitLogisticRegression(rows, labelIds, sizes, beforeEach) };
}

/** Logits, [texts][labels] row-major. */
export function embedLogits(classifier: EmbedClassifier, given: EmbeddedTexts): Float32Array {
  const { linear } = classifier;
  const logits = new Float32Array(given.texts.length * linear.labels);
  embeddedRows(classifier, given).forEach((row, index) => {
    logits.set(linearLogits(row, linear), index * linear.labels);
  });
  return logits;
}

/** The part of a label's score that comes from a text's embedding [H]. */
export function embeddingPart(
  { features, linear }: EmbedClassifier,
  embedding: Float32Array,
  label: number,
): number {
  const first = columnCount(features);
  return embedding.reduce(
    (sum, value, h) => sum + EMBEDDING_LENGTH * value * weightOf(linear, first + h, label),
    0,
  );
}

function embeddedRows(
  { features, size }: Pick<EmbedClassifier, "features" | "size">,
  { texts, embeddings }: EmbeddedTexts,
): SparseRow[] {
  const read = tfIdfReader(features);
  const first = columnCount(features);
  return texts.map((text, row) => {
    const { columns, values } = read(text);
    const embedding = embeddings.subarray(row * size, (row + 1) * size);
    const both = {
      columns: new Int32Array(columns.length + size),
      values: new Float32Array(columns.length + size),
    };
    both.columns.set(columns);
    both.values.set(values);
    for (let h = 0; h < size; h++) {
      both.columns[columns.length + h] = first + h;
      both.values[columns.length + h] = EMBEDDING_LENGTH * embedding[h];
    }
    return both;
  });
}
