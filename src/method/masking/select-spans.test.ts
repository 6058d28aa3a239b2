import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { selectSpans, spanLength } from "./select-spans.js";

const DRAWS = 20_000;

/** A stream whose uniform draws are given, the last again and again. */
function drawing(...draws: readonly number[]) {
  let next = 0;
  return { ...randomStream(1), uniform: () => draws[Math.min(next++, draws.length - 1)] };
}

describe("spanLength", () => {
  it("is geometric with 0.2, of at most 10 words", () => {
    const counts = new Float64Array(12);
    const random = randomStream(1, "lengths");
    for (let draw = 0; draw < DRAWS; draw++) counts[spanLength(random)] += 1;
    // 0.2 * 0.8^(l-1) / (1 - 0.8^10), by hand.
    const expected = [
      0.2241, 0.1793, 0.1434, 0.1147, 0.0918, 0.0734, 0.0587, 0.047, 0.0376, 0.0301,
    ];
    expect([counts[0], counts[11]]).toEqual([0, 0]);
    expected.forEach((p, index) => {
      expect(Math.abs(counts[index + 1] / DRAWS - p)).toBeLessThan(5 * Math.sqrt(p / DRAWS) + 1e-4);
    });
    const mean = counts.reduce((sum, count, length) => sum + (count * length) / DRAWS, 0);
    // 3.8 words, as SpanBERT has it.
    expect(Math.abs(mean - 3.797)).toBeLessThan(0.1);
    expect([spanLength(drawing(0)), spanLength(drawing(1 - 2 ** -53))]).toEqual([1, 10]);
  });
});

describe("spans", () => {
  it("start in proportion to the probabilities", () => {
    const wordIds = Int32Array.of(-1, 0, 1, 2, -1);
    // They sum to 1, so one token is selected, where the span starts.
    const probabilities = Float64Array.of(0, 0.1, 0.3, 0.6, 0);
    const counts = new Float64Array(5);
    const random = randomStream(1, "starts");
    for (let draw = 0; draw < DRAWS; draw++) {
      const selected = selectSpans({ wordIds }, probabilities, random);
      expect(selected).toHaveLength(1);
      counts[selected[0]] += 1;
    }
    probabilities.forEach((p, position) => {
      expect(Math.abs(counts[position] / DRAWS - p)).toBeLessThan(5 * Math.sqrt(p / DRAWS) + 1e-9);
    });
  });

  it("have as many tokens as the budget on average, in short texts too", () => {
    const wordIds = Int32Array.of(0, 1, 2);
    const probabilities = new Float64Array(3).fill(0.15);
    const random = randomStream(1, "sizes");
    let selected = 0;
    for (let draw = 0; draw < DRAWS; draw++) {
      selected += selectSpans({ wordIds }, probabilities, random).length;
    }
    expect(Math.abs(selected / DRAWS - 0.45)).toBeLessThan(5 * Math.sqrt(0.25 / DRAWS));
  });

  it("run over neighbouring words, whatever their probability", () => {
    const wordIds = Int32Array.of(0, 1, 1, 2, 3, 4);
    const probabilities = Float64Array.of(1, 0, 0, 0.9, 0.9, 0.2);
    // No rounding up; the first word; the longest span.
    const selected = selectSpans({ wordIds }, probabilities, drawing(0, 0, 0.999));
    expect([...selected]).toEqual([0, 1, 2]);
  });

  it("end at a special token, and go on elsewhere", () => {
    const wordIds = Int32Array.of(0, -1, 1, 2);
    const probabilities = Float64Array.of(1, 0, 0.5, 0.5);
    // A span of ten words from the first one; then from the last one, where the largest draw falls.
    const selected = selectSpans({ wordIds }, probabilities, drawing(0, 0, 0.999));
    expect([...selected]).toEqual([0, 3]);
  });

  it("are whole words, as many as the budget and at most a word more", () => {
    const word = fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), fc.nat(), (words, seed) => {
        const wordIds = Int32Array.from(
          words.flatMap(([size], index) => Array<number>(size).fill(index)),
        );
        const probabilities = Float64Array.from(wordIds, (index) => words[index][1]);
        const selected = selectSpans({ wordIds }, probabilities, randomStream(seed));
        const sum = probabilities.reduce((total, m) => total + m, 0);
        expect(selected.length).toBeGreaterThan(sum - 1);
        expect(selected.length).toBeLessThan(sum + 4);
        for (const position of selected) {
          const [size] = words[wordIds[position]];
          const others = selected.filter((other) => wordIds[other] === wordIds[position]);
          expect(others).toHaveLength(size);
        }
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
