/**
 * Multinomial logistic regression with an L2 penalty on sparse rows.
 *
 *     minimize  1/S sum_i s_i -log softmax(W x_i + b)[y_i]  +  1/(2 C S) |W|^2,    S = sum_i s_i
 *
 * N rows, K labels, D columns; the intercept b is not penalised. s_i is N / (K N_y) for a row of label y, so that all labels weigh
 * the same ("balanced"). Two labels have one vector of weights (a binomial model): two of them would halve the penalty.
 *
 * Reference: scikit-learn's `LogisticRegression(C, class_weight="balanced")`, whose minimum this is.
 */
import { type LabelSpace, membership } from "../../data/label-sets.js";
import { minimize } from "./minimize.js";
import type { SparseRow } from "./tf-idf.js";

export interface LinearModel {
  readonly labels: number; // K
  /**
   * W [D][vectors], column by column so that what a row needs lies together. One vector for two labels: that of the second.
   */
  readonly weights: Float32Array;
  /** b [vectors] */
  readonly intercepts: Float32Array;
}

/** Length of the gradient; at 1e-4 labels near the border still change. */
const TOLERANCE = 1e-5;
const MOST_ITERATIONS = 1000;
/** Each keeps two vectors of 2 N K values. */
const PAIRS = 20;

/** Vectors of weights: one for each label, but where each text has one of two. */
export const vectorsOf = (labels: number, several: boolean) =>
  labels === 2 && !several ? 1 : labels;

/** What is to be found, and how. */
interface FitSizes {
  readonly labels: LabelSpace;
  readonly columns: number; // D
  readonly inverseStrength: number; // C
}

/**
 * Finds W and b. Where a text can have several labels, each label has a binomial model of its own, of the rows with it against all others
 * (scikit-learn's `OneVsRestClassifier`); of a label that all rows have, or none, the intercept alone says how rare it is. Otherwise as
 * `fitOneLabel`.
 */
export function fitLogisticRegression(
  rows: readonly SparseRow[],
  labelIds: ArrayLike<number>,
  { labels, columns, inverseStrength }: FitSizes,
  beforeEach: () => void = () => undefined,
): LinearModel {
  if (typeof labels === "number") {
    return fitOneLabel(rows, labelIds, { labels, columns, inverseStrength }, beforeEach);
  }
  const count = labels.labels.length;
  const answers = membership(labelIds, labels); // [N][K]
  const weights = new Float32Array(columns * count);
  const intercepts = new Float32Array(count);
  for (let label = 0; label < count; label++) {
    const having = Int32Array.from(labelIds, (_, row) => answers[row * count + label]);
    const positives = having.reduce((sum, one) => sum + one, 0);
    const negatives = having.length - positives;
    if (positives === 0 || negatives === 0) {
      intercepts[label] = Math.log((positives + 0.5) / (negatives + 0.5));
      continue;
    }
    const fitted = fitOneLabel(rows, having, { labels: 2, columns, inverseStrength }, beforeEach);
    [intercepts[label]] = fitted.intercepts;
    fitted.weights.forEach((weight, column) => {
      weights[column * count + label] = weight;
    });
  }
  return { labels: count, weights, intercepts };
}

/**
 * Finds W and b for rows with the labels y_i in 0 .. K-1, K at least 2; every label has a row. `beforeEach` is called before each
 * pass over the rows; what it throws ends the search.
 *
 * The gradient by W, and so every step of the search, is a sum of rows: X^T A with A [N, K]. A vector is therefore kept as A, as its
 * image X X^T A, by which scores and inner products are had without X, and as its part in b. Only X X^T of new residuals takes a pass
 * over the rows, once in a step, and memory grows with N K instead of D K.
 */
function fitOneLabel(
  rows: readonly SparseRow[],
  labelIds: ArrayLike<number>,
  { labels, columns, inverseStrength }: FitSizes & { readonly labels: number },
  beforeEach: () => void,
): LinearModel {
  const vectors = vectorsOf(labels, false);
  const size = labelIds.length * vectors;
  const counts = new Float64Array(labels);
  for (let i = 0; i < labelIds.length; i++) counts[labelIds[i]] += 1;
  // By these weights the rows of each label sum to N / K, and all to N.
  const rowWeight = counts.map((count) => 1 / (labels * count));
  const penalty = 1 / (inverseStrength * labelIds.length);
  const sums = new Float64Array(columns * vectors); // X^T A
  const scores = new Float64Array(vectors);
  const residuals = new Float64Array(vectors);

  const coefficientsOf = (vector: Float64Array) => vector.subarray(0, size);
  const imageOf = (vector: Float64Array) => vector.subarray(size, 2 * size);
  const interceptsOf = (vector: Float64Array) => vector.subarray(2 * size);
  const dot = (a: Float64Array, b: Float64Array) =>
    sumOfProducts(coefficientsOf(a), imageOf(b)) + sumOfProducts(interceptsOf(a), interceptsOf(b));

  /** The derivatives of the loss by the scores of a row, at `distance` along a line, into `residuals`. */
  const derive = (row: number, at: Float64Array, along: Float64Array, distance: number) => {
    const start = size + row * vectors;
    for (let v = 0; v < vectors; v++) {
      scores[v] = at[start + v] + at[2 * size + v];
      if (distance !== 0) scores[v] += distance * (along[start + v] + along[2 * size + v]);
    }
    residualsOf(scores, labelIds[row], residuals);
    const weight = rowWeight[labelIds[row]];
    for (let v = 0; v < vectors; v++) residuals[v] *= weight;
  };

  const point = new Float64Array(2 * size + vectors);
  minimize(
    {
      dot,
      gradient(at, into) {
        beforeEach();
        const coefficients = coefficientsOf(into);
        const intercepts = interceptsOf(into).fill(0);
        for (let row = 0; row < labelIds.length; row++) {
          derive(row, at, at, 0);
          for (let v = 0; v < vectors; v++) {
            coefficients[row * vectors + v] = residuals[v];
            intercepts[v] += residuals[v];
          }
        }
        sumRows(rows, coefficients, vectors, sums);
        const image = imageOf(into);
        rows.forEach((row, index) => {
          multiplyRow(row, sums, vectors, image.subarray(index * vectors, (index + 1) * vectors));
        });
        for (let i = 0; i < 2 * size; i++) into[i] += penalty * at[i];
      },
      slope(at, along) {
        const [linear, square] = [penalizedDot(at, along), penalizedDot(along, along)];
        return (distance) => {
          let sum = linear + distance * square;
          for (let row = 0; row < labelIds.length; row++) {
            derive(row, at, along, distance);
            const start = size + row * vectors;
            for (let v = 0; v < vectors; v++) {
              sum += residuals[v] * (along[start + v] + along[2 * size + v]);
            }
          }
          return sum;
        };
      },
    },
    point,
    { tolerance: TOLERANCE, iterations: MOST_ITERATIONS, pairs: PAIRS },
  );
  sumRows(rows, coefficientsOf(point), vectors, sums);
  return {
    labels,
    weights: Float32Array.from(sums),
    intercepts: Float32Array.from(interceptsOf(point)),
  };

  /** The penalty's part of a slope. */
  function penalizedDot(a: Float64Array, b: Float64Array): number {
    return penalty * sumOfProducts(coefficientsOf(a), imageOf(b));
  }
}

/** X^T A [D][vectors] of A [N][vectors], into `sums`. */
function sumRows(
  rows: readonly SparseRow[],
  coefficients: Float64Array,
  vectors: number,
  sums: Float64Array,
): void {
  sums.fill(0);
  rows.forEach(({ columns, values }, row) => {
    const start = row * vectors;
    for (let k = 0; k < columns.length; k++) {
      const place = columns[k] * vectors;
      const weight = values[k];
      for (let v = 0; v < vectors; v++) sums[place + v] += weight * coefficients[start + v];
    }
  });
}

/** x W of one row, into `product` [vectors]. */
function multiplyRow(
  { columns, values }: SparseRow,
  weights: Float64Array,
  vectors: number,
  product: Float64Array,
): void {
  product.fill(0);
  for (let k = 0; k < columns.length; k++) {
    const place = columns[k] * vectors;
    const weight = values[k];
    for (let v = 0; v < vectors; v++) product[v] += weight * weights[place + v];
  }
}

function sumOfProducts(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The gradient of -log P(label) by the scores, into `residuals`. */
function residualsOf(scores: Float64Array, label: number, residuals: Float64Array): void {
  if (scores.length === 1) {
    residuals[0] = 1 / (1 + Math.exp(-scores[0])) - label;
    return;
  }
  let most = scores[0];
  for (let v = 1; v < scores.length; v++) most = Math.max(most, scores[v]);
  let sum = 0;
  for (let v = 0; v < scores.length; v++) {
    residuals[v] = Math.exp(scores[v] - most);
    sum += residuals[v];
  }
  for (let v = 0; v < scores.length; v++) residuals[v] /= sum;
  residuals[label] -= 1;
}

/** Logits of a row, [K]; for two labels 0 and the score of the second. */
export function linearLogits(
  { columns, values }: SparseRow,
  { labels, weights, intercepts }: LinearModel,
): Float32Array {
  const vectors = intercepts.length;
  const scores = Float64Array.from(intercepts);
  for (let k = 0; k < columns.length; k++) {
    const place = columns[k] * vectors;
    const weight = values[k];
    for (let v = 0; v < vectors; v++) scores[v] += weight * weights[place + v];
  }
  const logits = new Float32Array(labels);
  logits.set(scores, labels - vectors);
  return logits;
}
