import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { type CorruptionOptions, maskTokens } from "./corrupt.js";

const MASK = 4;
const specialIds = new Set([0, 1, 2, 3, 4]);
const VOCABULARY = 25;
const COUNT = 40_000;

/** Token ids 5 .. 24, one word each, all selected. */
const ids = Int32Array.from({ length: COUNT }, (_, i) => 5 + (i % 20));
const wordIds = Int32Array.from(ids.keys());
const all = new Float64Array(COUNT).fill(1);

function options(change: Partial<CorruptionOptions> = {}): CorruptionOptions {
  return {
    random: randomStream(1, "mask"),
    maskId: MASK,
    vocabularySize: VOCABULARY,
    specialIds,
    ...change,
  };
}

/** Five standard errors of a proportion over `count` draws. */
function tolerance(p: number, count: number): number {
  return 5 * Math.sqrt((p * (1 - p)) / count);
}

describe("maskTokens", () => {
  it("replaces 80 % by the mask token, 10 % by random tokens and keeps 10 %", () => {
    const masked = maskTokens({ ids, wordIds }, all, options());
    const share = (test: (id: number, i: number) => boolean) =>
      masked.ids.filter((id, i) => test(id, i)).length / COUNT;
    expect(Math.abs(share((id) => id === MASK) - 0.8)).toBeLessThan(tolerance(0.8, COUNT));
    // A random token equals the original one in 20 times.
    const changed = share((id, i) => id !== MASK && id !== ids[i]);
    expect(Math.abs(changed - 0.095)).toBeLessThan(tolerance(0.095, COUNT));
    const kept = share((id, i) => id === ids[i]);
    expect(Math.abs(kept - 0.105)).toBeLessThan(tolerance(0.105, COUNT));
  });

  it("draws random tokens uniformly over the vocabulary, special tokens left out", () => {
    const share = { maskReplaceProbability: 0, randomReplaceProbability: 1 };
    const masked = maskTokens({ ids, wordIds }, all, options(share));
    const counts = new Float64Array(VOCABULARY);
    for (const id of masked.ids) counts[id] += 1;
    counts.forEach((count, id) => {
      const expected = specialIds.has(id) ? 0 : 1 / 20;
      expect(Math.abs(count / COUNT - expected)).toBeLessThanOrEqual(tolerance(expected, COUNT));
    });
  });

  it("labels the selected positions with the original tokens and leaves the rest alone", () => {
    const text = { ids: Int32Array.of(1, 10, 11, 12, 2), wordIds: Int32Array.of(-1, 0, 1, 1, -1) };
    const before = { ids: [...text.ids], wordIds: [...text.wordIds] };
    const m = Float64Array.of(0, 1, 0, 1, 0);
    const masked = maskTokens(
      text,
      m,
      options({ maskReplaceProbability: 1, randomReplaceProbability: 0 }),
    );
    expect([...masked.targets]).toEqual([1, 3]);
    expect([...masked.labels]).toEqual([10, 12]);
    expect([...masked.ids]).toEqual([1, MASK, 11, MASK, 2]);
    expect({ ids: [...text.ids], wordIds: [...text.wordIds] }).toEqual(before);
  });

  it("keeps selected tokens as targets where they stay as they are", () => {
    const text = { ids: Int32Array.of(1, 10, 2), wordIds: Int32Array.of(-1, 0, -1) };
    const shares = { maskReplaceProbability: 0, randomReplaceProbability: 0 };
    const masked = maskTokens(text, Float64Array.of(0, 1, 0), options(shares));
    expect([...masked.ids]).toEqual([1, 10, 2]);
    expect([...masked.labels]).toEqual([10]);
  });

  it("has no targets if nothing was selected", () => {
    const text = { ids: Int32Array.of(1, 10, 2), wordIds: Int32Array.of(-1, 0, -1) };
    const masked = maskTokens(text, new Float64Array(3), options());
    expect({ ...masked, ids: [...masked.ids] }).toEqual({
      ids: [1, 10, 2],
      targets: new Int32Array(0),
      labels: new Int32Array(0),
    });
  });

  it("passes the selection on", () => {
    const short = {
      ids: ids.subarray(0, 40),
      wordIds: Int32Array.from({ length: 40 }, (_, i) => i >> 2),
    };
    const m = new Float64Array(40).fill(0.15);
    for (let seed = 0; seed < 20; seed++) {
      const draw = (selection: "fixed-size" | "whole-word") =>
        maskTokens(short, m, options({ random: randomStream(seed), selection })).targets;
      expect(draw("fixed-size")).toHaveLength(6);
      const words = draw("whole-word").map((position) => position >> 2);
      for (const word of words) expect(words.filter((other) => other === word)).toHaveLength(4);
    }
  });

  it("depends on the stream alone", () => {
    const short = { ids: ids.subarray(0, 100), wordIds: wordIds.subarray(0, 100) };
    const draw = (epoch: number) =>
      maskTokens(short, all.subarray(0, 100), options({ random: randomStream(1, "mask", epoch) }));
    expect(draw(0)).toEqual(draw(0));
    expect(draw(0).ids).not.toEqual(draw(1).ids);
  });

  it.each([
    [0.8, 0.3],
    [-0.1, 0.1],
    [0.8, -0.1],
    [Number.NaN, 0.1],
  ])("refuses the shares %d and %d", (maskReplaceProbability, randomReplaceProbability) => {
    const shares = { maskReplaceProbability, randomReplaceProbability };
    expect(() => maskTokens({ ids, wordIds }, all, options(shares))).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });

  it("takes shares whose sum is 1 up to rounding", () => {
    const shares = { maskReplaceProbability: 0.7, randomReplaceProbability: 0.30000000000000004 };
    expect(() => maskTokens({ ids, wordIds }, all, options(shares))).not.toThrow();
  });

  it("refuses a vocabulary of special tokens alone", () => {
    const share = { maskReplaceProbability: 0, randomReplaceProbability: 1, vocabularySize: 5 };
    expect(() => maskTokens({ ids, wordIds }, all, options(share))).toThrow(
      expect.objectContaining({ code: "input-mismatch" }),
    );
  });
});
