/**
 * The leading left singular vectors of a large matrix, by subspace iteration.
 *
 * Legend: V rows, r rank.
 */
import type { Random } from "../../base/random.js";

/** M M^T Q for a matrix M [V, C] and a basis Q [V, r], both row-major. */
export type GramProduct = (basis: Float32Array) => Promise<Float32Array>;

/**
 * An orthonormal basis [V, r], row-major, that approaches the span of the r leading left singular vectors of M: each round
 * multiplies by M M^T and makes the columns orthonormal again.
 *
 * Reference: Halko, Martinsson & Tropp 2011, "Finding Structure with Randomness", algorithm 4.4.
 */
export async function leadingSubspace(
  gram: GramProduct,
  rows: number,
  rank: number,
  rounds: number,
  random: Random,
): Promise<Float32Array> {
  let basis = Float32Array.from({ length: rows * rank }, () => random.normal());
  orthonormalize(basis, rows, rank);
  for (let round = 0; round < rounds; round++) {
    basis = Float32Array.from(await gram(basis));
    orthonormalize(basis, rows, rank);
  }
  return basis;
}

/** Modified Gram-Schmidt over the columns of a row-major [rows, rank] matrix, twice for accuracy, in place. */
export function orthonormalize(matrix: Float32Array, rows: number, rank: number): void {
  const columns = Array.from({ length: rank }, (_, column) =>
    Float64Array.from({ length: rows }, (__, row) => matrix[row * rank + column]),
  );
  for (const [index, column] of columns.entries()) {
    for (let sweep = 0; sweep < 2; sweep++) {
      for (const earlier of columns.slice(0, index)) {
        const share = dot(earlier, column);
        for (let row = 0; row < rows; row++) column[row] -= share * earlier[row];
      }
    }
    const length = Math.sqrt(dot(column, column));
    const factor = length > 0 ? 1 / length : 0;
    for (let row = 0; row < rows; row++) column[row] *= factor;
  }
  for (const [index, column] of columns.entries()) {
    for (let row = 0; row < rows; row++) matrix[row * rank + index] = column[row];
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
