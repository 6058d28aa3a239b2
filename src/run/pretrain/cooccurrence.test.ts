import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { frequentTokens, positiveMutualInformation, tokenCounts } from "./cooccurrence.js";

const nothing = new Set<number>();

describe("token counts", () => {
  it("counts every id, and names the most frequent that are not excluded", () => {
    const counts = tokenCounts(Int32Array.of(3, 1, 3, 0, 3, 1, 4), 6);
    expect(Array.from(counts)).toEqual([1, 2, 0, 3, 1, 0]);
    expect(Array.from(frequentTokens(counts, 3, nothing))).toEqual([3, 1, 0]);
    expect(Array.from(frequentTokens(counts, 9, new Set([3])))).toEqual([1, 0, 4]);
  });
});

describe("positive mutual information", () => {
  it("is what a calculation by hand gives for a text of three tokens", () => {
    // "0 1 2", window 2: n(0,1) = n(1,2) = 1, n(0,2) = 1/2, each in both orders.
    // Sums: n(0) = n(2) = 1.5, n(1) = 2; contexts 0, 1 alone: n(c=0) = 1.5, n(c=1) = 2.
    const matrix = positiveMutualInformation(
      Int32Array.of(0, 1, 2),
      3,
      Int32Array.of(0, 1),
      2,
      nothing,
    );
    const total = 1.5 ** 0.75 + 2 ** 0.75;
    // Rows count the contexts alone: n(0) = 1, n(1) = 1, n(2) = 1.5.
    const expected = [
      0,
      Math.log(total / 2 ** 0.75),
      Math.log(total / 1.5 ** 0.75),
      0,
      Math.max(0, Math.log(((0.5 / 1.5) * total) / 1.5 ** 0.75)),
      Math.max(0, Math.log(((1 / 1.5) * total) / 2 ** 0.75)),
    ];
    expect(matrix.length).toBe(6);
    for (const [at, value] of expected.entries()) expect(matrix[at]).toBeCloseTo(value, 6);
  });

  it("agrees with pairs counted one by one in a longer text, and does not reach over excluded ids", () => {
    const random = randomStream(1, "text");
    const ids = Int32Array.from({ length: 400 }, () => random.integer(9));
    const excluded = new Set([8]);
    const contexts = Int32Array.of(5, 2, 0);
    const window = 3;
    const pairs = new Map<string, number>();
    const add = (key: string, value: number) => pairs.set(key, (pairs.get(key) ?? 0) + value);
    for (let i = 0; i < ids.length; i++) {
      for (let j = Math.max(0, i - window); j <= Math.min(ids.length - 1, i + window); j++) {
        const between = ids.slice(Math.min(i, j), Math.max(i, j) + 1);
        if (i === j || between.some((id) => excluded.has(id))) continue;
        if (!contexts.includes(ids[j])) continue;
        add(`${ids[i]} ${ids[j]}`, 1 / Math.abs(i - j));
        add(`row ${ids[i]}`, 1 / Math.abs(i - j));
        add(`column ${ids[j]}`, 1 / Math.abs(i - j));
      }
    }
    const flattened = Array.from(contexts, (c) => (pairs.get(`column ${c}`) ?? 0) ** 0.75);
    const total = flattened.reduce((a, b) => a + b);
    const matrix = positiveMutualInformation(ids, 9, contexts, window, excluded);
    for (let row = 0; row < 9; row++) {
      contexts.forEach((context, column) => {
        const count = pairs.get(`${row} ${context}`) ?? 0;
        const rowSum = pairs.get(`row ${row}`) ?? 1;
        const pmi = count === 0 ? 0 : Math.log((count / rowSum) * (total / flattened[column]));
        expect(matrix[row * 3 + column]).toBeCloseTo(Math.max(0, pmi), 5);
      });
    }
    expect(matrix.slice(24)).toEqual(new Float32Array(3));
  });
});
