import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { neighbourHead, positionDimensions, positionTable } from "./neighbour-attention.js";

const hiddenSize = 128;
const heads = 2;
const rows = 60;
const dimensions = positionDimensions(hiddenSize, heads);

function product(matrix: Float32Array, x: Float32Array): Float32Array {
  return Float32Array.from({ length: hiddenSize }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < hiddenSize; i++) sum += matrix[row * hiddenSize + i] * x[i];
    return sum;
  });
}

function block() {
  const matrix = () => new Float32Array(hiddenSize * hiddenSize);
  return { query: matrix(), key: matrix(), value: matrix(), output: matrix() };
}

const table = new Float32Array(rows * hiddenSize);
positionTable(table, hiddenSize, dimensions, 3);
const position = (row: number) => table.slice(row * hiddenSize, (row + 1) * hiddenSize);

describe("positionTable", () => {
  it("has rows of the length asked for, in the last dimensions alone", () => {
    for (let row = 0; row < rows; row++) {
      expect(Math.hypot(...position(row))).toBeCloseTo(3, 5);
      expect(
        position(row)
          .subarray(0, hiddenSize - dimensions)
          .every((x) => x === 0),
      ).toBe(true);
    }
  });
});

describe("neighbourHead", () => {
  const weights = block();
  const random = randomStream(0, "heads");
  const size = { hiddenSize, heads };
  for (const [head, offset] of [-2, 3].entries()) {
    neighbourHead(weights, head, size, { offset, gain: 1.5, share: 1, random });
  }

  it.each([
    [0, -2],
    [1, 3],
  ])(
    "head %i looks most at the token %i places on, and less the farther from it",
    (head, offset) => {
      const own = (x: Float32Array) =>
        x.subarray((head * hiddenSize) / heads, ((head + 1) * hiddenSize) / heads);
      for (const row of [5, 20, 40]) {
        const query = own(product(weights.query, position(row)));
        const scores = Array.from({ length: rows }, (_, other) => {
          const key = own(product(weights.key, position(other)));
          return key.reduce((sum, value, i) => sum + value * query[i], 0);
        });
        const peak = row + offset;
        expect(scores.indexOf(Math.max(...scores))).toBe(peak);
        expect(scores[peak]).toBeCloseTo((1.5 * 3) ** 2, 3);
        expect(scores[peak + 1]).toBeGreaterThan(scores[peak + 2]);
        expect(scores[peak - 1]).toBeGreaterThan(scores[peak - 2]);
      }
    },
  );

  it("passes words on without positions, near to what they were", () => {
    const words = hiddenSize - dimensions;
    const stream = randomStream(3, "word");
    const word = Float32Array.from({ length: hiddenSize }, (_, i) =>
      i < words ? stream.normal() : 0,
    );
    const passed = product(weights.output, product(weights.value, word));
    const cosine =
      passed.reduce((sum, value, i) => sum + value * word[i], 0) /
      (Math.hypot(...passed) * Math.hypot(...word));
    // Two random projections to as many dimensions as there are words: far above the 0 of unrelated directions.
    expect(cosine).toBeGreaterThan(0.6);
    expect(passed.subarray(words).every((x) => x === 0)).toBe(true);
    expect(product(weights.value, position(7)).every((x) => x === 0)).toBe(true);
  });
});
