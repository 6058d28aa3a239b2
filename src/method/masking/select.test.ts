import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { selections, selectTokens } from "./select.js";

fc.configureGlobal({ seed: 1 });

const DRAWS = 20_000;

/** How often each position is selected in many draws, and the sizes of the selections. */
function frequencies(
  wordIds: Int32Array,
  probabilities: Float64Array,
  selection: (typeof selections)[number],
) {
  const counts = new Float64Array(wordIds.length);
  const sizes = new Set<number>();
  const random = randomStream(1, "select", selection);
  for (let draw = 0; draw < DRAWS; draw++) {
    const selected = selectTokens({ wordIds }, probabilities, selection, random);
    sizes.add(selected.length);
    for (const position of selected) counts[position] += 1;
  }
  return { shares: counts.map((count) => count / DRAWS), sizes };
}

/** Within five standard errors of a proportion; certain ones exactly. */
function expectShares(shares: Float64Array, expected: readonly number[]): void {
  expected.forEach((p, i) => {
    const tolerance = 5 * Math.sqrt((p * (1 - p)) / DRAWS);
    expect(Math.abs(shares[i] - p), `position ${i}`).toBeLessThanOrEqual(tolerance);
  });
}

const oneWordEach = Int32Array.of(-1, 0, 1, 2, 3, 4, -1);
const probabilities = Float64Array.of(0, 0.05, 0.5, 1, 0.2, 0.25, 0);

describe("bernoulli", () => {
  it("selects nothing of probability 0, not even on the lowest draw", () => {
    const lowest = { ...randomStream(1), uniform: () => 0 };
    const selected = selectTokens({ wordIds: oneWordEach }, probabilities, "bernoulli", lowest);
    expect([...selected]).toEqual([1, 2, 3, 4, 5]);
  });

  it("selects each token with its probability", () => {
    const { shares, sizes } = frequencies(oneWordEach, probabilities, "bernoulli");
    expectShares(shares, [...probabilities]);
    expect(sizes.size).toBeGreaterThan(3);
  });

  it("selects tokens independently", () => {
    const wordIds = Int32Array.of(0, 1);
    const random = randomStream(2, "pairs");
    let both = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      const half = Float64Array.of(0.5, 0.5);
      if (selectTokens({ wordIds }, half, "bernoulli", random).length === 2) both++;
    }
    expectShares(Float64Array.of(both / DRAWS), [0.25]);
  });
});

describe("fixed-size", () => {
  it("keeps the probabilities exactly if their sum is a whole number", () => {
    const { shares, sizes } = frequencies(oneWordEach, probabilities, "fixed-size");
    expectShares(shares, [...probabilities]);
    expect([...sizes]).toEqual([2]);
  });

  it("keeps the probabilities of each of several tokens that are drawn together", () => {
    const wordIds = Int32Array.of(0, 1, 2, 3, 4, 5, -1);
    const expected = [0.1, 0.3, 0.4, 0.5, 0.75, 0.95, 0];
    const { shares, sizes } = frequencies(wordIds, Float64Array.from(expected), "fixed-size");
    expectShares(shares, expected);
    expect([...sizes]).toEqual([3]);
  });

  it("scales the probabilities to the rounded sum", () => {
    // Sum 2.8 becomes 3: the last stays at its cap and the others are scaled by 2 / 1.8.
    const wordIds = Int32Array.of(0, 1, 2, 3, -1);
    const { shares, sizes } = frequencies(
      wordIds,
      Float64Array.of(0.45, 0.45, 0.9, 1, 0),
      "fixed-size",
    );
    expectShares(shares, [0.5, 0.5, 1, 1, 0]);
    expect([...sizes]).toEqual([3]);
  });

  it("selects round(p * n') tokens of n', halves up, although sums of m_i carry rounding", () => {
    const random = randomStream(3, "sizes");
    for (let count = 1; count <= 200; count++) {
      const wordIds = Int32Array.from({ length: count }, (_, i) => i);
      const uniform = new Float64Array(count).fill(0.15);
      const selected = selectTokens({ wordIds }, uniform, "fixed-size", random);
      // 0.15 * n' in whole numbers: (15 n' + 50) / 100 rounded down.
      expect(selected.length, `${count} tokens`).toBe(Math.floor((15 * count + 50) / 100));
    }
  });

  it("selects that many even if the draw is the largest below 1 and rounding cuts the sum short", () => {
    // (1 - 2^-53) + 9 is 10 in float64, as is the sum of all probabilities.
    const largest = { ...randomStream(1), uniform: () => 1 - 2 ** -53 };
    const wordIds = Int32Array.from({ length: 20 }, (_, i) => i);
    const halves = new Float64Array(20).fill(0.5);
    expect(selectTokens({ wordIds }, halves, "fixed-size", largest)).toHaveLength(10);
  });

  it("selects distinct tokens of positive probability, and every token of probability 1", () => {
    const weight = fc.oneof(
      fc.constant(0),
      fc.constant(1),
      fc.constant(1e-9),
      fc.double({ min: 0, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(weight, { maxLength: 30 }), fc.nat(), (weights, seed) => {
        const wordIds = Int32Array.from(weights.keys());
        const m = Float64Array.from(weights);
        const selected = selectTokens({ wordIds }, m, "fixed-size", randomStream(seed));
        const sum = weights.reduce((total, value) => total + value, 0);
        expect(Math.abs(selected.length - sum)).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(new Set(selected).size).toBe(selected.length);
        const positive = weights.filter((value) => value > 0).length;
        if (positive >= selected.length) {
          for (const position of selected) expect(m[position]).toBeGreaterThan(0);
        }
        // A sum rounded down may scale even a sure token below 1.
        if (selected.length >= sum) {
          weights.forEach((value, i) => {
            if (value === 1) expect(selected).toContain(i);
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("whole-word", () => {
  it("selects words by the mean of their tokens, so that the expected number of tokens is kept", () => {
    const wordIds = Int32Array.of(-1, 0, 0, 0, 1, 2, 2, -1);
    const m = Float64Array.of(0, 0.1, 0.2, 0.6, 0.7, 0, 0.5, 0);
    const { shares } = frequencies(wordIds, m, "whole-word");
    expectShares(shares, [0, 0.3, 0.3, 0.3, 0.7, 0.25, 0.25, 0]);
    for (const word of [shares.subarray(1, 4), shares.subarray(5, 7)]) {
      expect(new Set(word).size).toBe(1);
    }
  });
});

describe.each(selections)("%s", (selection) => {
  it("depends on the stream alone and lists positions in ascending order", () => {
    const wordIds = Int32Array.from({ length: 60 }, (_, i) => i);
    const m = new Float64Array(60).fill(0.5);
    const draw = (seed: number) => [
      ...selectTokens({ wordIds }, m, selection, randomStream(seed, "mask")),
    ];
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
    expect(draw(5)).toEqual(draw(5).toSorted((a, b) => a - b));
  });

  it("selects nothing in an empty text or one of special tokens alone", () => {
    for (const wordIds of [Int32Array.of(), Int32Array.of(-1, -1)]) {
      const m = new Float64Array(wordIds.length);
      expect([...selectTokens({ wordIds }, m, selection, randomStream(1))]).toEqual([]);
    }
  });

  it.each([
    ["missing", [0, 0.5]],
    ["above 1", [0, 0.5, 1.5]],
    ["negative", [0, 0.5, -0.5]],
    ["NaN", [0, 0.5, Number.NaN]],
    ["not 0 at a special token", [0.1, 0.5, 0.5]],
  ])("refuses a probability that is %s", (_, m) => {
    const wordIds = Int32Array.of(-1, 0, 1);
    expect(() =>
      selectTokens({ wordIds }, Float64Array.from(m), selection, randomStream(1)),
    ).toThrow(expect.objectContaining({ code: "input-mismatch" }));
  });
});
