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

/** Of the largest part of the gradient; at 1e-4, the default of scikit-learn, labels near the border still change. */
const TOLERANCE = 1e-5;
const MOST_ITERATIONS = 1000;
/** Each keeps two vectors of D x K values. */
const PAIRS = 5;

/** Vectors of weights for so many labels. */
export const vectorsOf = (labels: number) => (labels === 2 ? 1 : labels);

/**
 * Finds W and b for rows with the labels y_i in 0 .. K-1, K at least 2; every label has a row. `beforeEach` is called before each
 * pass over the rows; what it throws ends the search.
 */
export function fitLogisticRegression(
  rows: readonly SparseRow[],
  labelIds: ArrayLike<number>,
  {
    labels,
    columns,
    inverseStrength,
  }: { labels: number; columns: number; inverseStrength: number },
  beforeEach: () => void = () => undefined,
): LinearModel {
  const vectors = vectorsOf(labels);
  const counts = new Float64Array(labels);
  for (let i = 0; i < labelIds.length; i++) counts[labelIds[i]] += 1;
  // By these weights the rows of each label sum to N / K, and all to N.
  const rowWeight = counts.map((count) => 1 / (labels * count));
  const penalty = 1 / (inverseStrength * labelIds.length);
  const parameters = new Float64Array(columns * vectors + vectors);
  const scores = new Float64Array(vectors);
  const residuals = new Float64Array(vectors);

  minimize(
    (point, gradient) => {
      beforeEach();
      let value = 0;
      for (let i = 0; i < columns * vectors; i++) {
        value += 0.5 * penalty * point[i] * point[i];
        gradient[i] = penalty * point[i];
      }
      gradient.fill(0, columns * vectors);
      for (let row = 0; row < labelIds.length; row++) {
        scoresOf(rows[row], point, point.subarray(columns * vectors), scores);
        value += rowWeight[labelIds[row]] * lossOf(scores, labelIds[row], residuals);
        for (let v = 0; v < vectors; v++) {
          residuals[v] *= rowWeight[labelIds[row]];
          gradient[columns * vectors + v] += residuals[v];
        }
        const { columns: filled, values } = rows[row];
        for (let k = 0; k < filled.length; k++) {
          const place = filled[k] * vectors;
          const weight = values[k];
          for (let v = 0; v < vectors; v++) gradient[place + v] += weight * residuals[v];
        }
      }
      return value;
    },
    parameters,
    { tolerance: TOLERANCE, iterations: MOST_ITERATIONS, pairs: PAIRS },
  );
  const end = columns * vectors;
  return {
    labels,
    weights: Float32Array.from(parameters.subarray(0, end)),
    intercepts: Float32Array.from(parameters.subarray(end)),
  };
}

/** W x + b of one row, into `scores`. */
function scoresOf(
  { columns, values }: SparseRow,
  weights: Float64Array | Float32Array,
  intercepts: Float64Array | Float32Array,
  scores: Float64Array, // [vectors]
): void {
  const vectors = scores.length;
  scores.set(intercepts);
  for (let k = 0; k < columns.length; k++) {
    const place = columns[k] * vectors;
    const weight = values[k];
    for (let v = 0; v < vectors; v++) scores[v] += weight * weights[place + v];
  }
}

/** -log P(label), and its gradient by the scores into `residuals`. */
function lossOf(scores: Float64Array, label: number, residuals: Float64Array): number {
  if (scores.length === 1) {
    const signed = label === 1 ? scores[0] : -scores[0];
    residuals[0] = 1 / (1 + Math.exp(-scores[0])) - label;
    // log(1 + e^-x) without overflow
    return Math.max(0, -signed) + Math.log1p(Math.exp(-Math.abs(signed)));
  }
  const most = scores.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let v = 0; v < scores.length; v++) sum += Math.exp(scores[v] - most);
  for (let v = 0; v < scores.length; v++) residuals[v] = Math.exp(scores[v] - most) / sum;
  residuals[label] -= 1;
  return most + Math.log(sum) - scores[label];
}

/** Logits of a row, [K]; for two labels 0 and the score of the second. */
export function linearLogits(
  row: SparseRow,
  { labels, weights, intercepts }: LinearModel,
): Float32Array {
  const scores = new Float64Array(intercepts.length);
  scoresOf(row, weights, intercepts, scores);
  const logits = new Float32Array(labels);
  logits.set(scores, labels - scores.length);
  return logits;
}
