import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { leadingSubspace, orthonormalize } from "./subspace.js";

const rows = 12;

/** The reflection I - 2 v v^T / |v|^2, whose columns are orthonormal. */
function reflection(): number[][] {
  const v = Array.from({ length: rows }, (_, i) => i - 3.5);
  const square = v.reduce((sum, value) => sum + value * value, 0);
  return v.map((a, i) => v.map((b, j) => (i === j ? 1 : 0) - (2 * a * b) / square));
}

describe("orthonormalize", () => {
  it("makes columns of length 1 at right angles, also nearly dependent ones", () => {
    const random = randomStream(0, "columns");
    const matrix = Float32Array.from({ length: rows * 4 }, () => random.normal());
    for (let row = 0; row < rows; row++) matrix[row * 4 + 3] = matrix[row * 4] * 1.00001;
    matrix[3] += 0.01;
    orthonormalize(matrix, rows, 4);
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        let product = 0;
        for (let row = 0; row < rows; row++) product += matrix[row * 4 + a] * matrix[row * 4 + b];
        expect(product).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
  });
});

describe("leadingSubspace", () => {
  it("finds the directions of the largest singular values", async () => {
    const u = reflection();
    const values = Array.from({ length: rows }, (_, i) => 2 ** -i);
    // M M^T = U diag(values^2) U^T
    const gram = async (basis: Float32Array) => {
      const result = new Float32Array(basis.length);
      for (let k = 0; k < rows; k++) {
        for (let column = 0; column < 3; column++) {
          let share = 0;
          for (let row = 0; row < rows; row++) share += u[row][k] * basis[row * 3 + column];
          for (let row = 0; row < rows; row++) {
            result[row * 3 + column] += values[k] ** 2 * share * u[row][k];
          }
        }
      }
      return result;
    };
    const basis = await leadingSubspace(gram, rows, 3, 6, randomStream(0, "start"));
    // A direction inside the span keeps its length when it is projected on the basis.
    const inside = Array.from({ length: rows }, (_, k) => {
      let square = 0;
      for (let column = 0; column < 3; column++) {
        let share = 0;
        for (let row = 0; row < rows; row++) share += u[row][k] * basis[row * 3 + column];
        square += share * share;
      }
      return square;
    });
    for (const value of inside.slice(0, 3)) expect(value).toBeGreaterThan(0.999);
    for (const value of inside.slice(3)) expect(value).toBeLessThan(0.001);
  });
});
