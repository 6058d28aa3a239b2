import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/masking.json" with { type: "json" };
import { rankAgreement, spearman } from "./rank-correlation.js";

const mismatch = expect.objectContaining({ code: "input-mismatch" });

describe("spearman", () => {
  it.each(golden.correlations)("matches SciPy with ties: $spearman", (item) => {
    expect(spearman(item.a, item.b)).toBeCloseTo(item.spearman, 12);
  });

  it("is 1 for any increasing and -1 for any decreasing relation", () => {
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3, 4], [8, 4, 2, 1])).toBeCloseTo(-1, 12);
  });

  it.each([
    [[], []],
    [[1], [2]],
    [
      [3, 3, 3],
      [1, 2, 3],
    ],
  ])("is undefined for %j and %j", (a, b) => {
    expect(spearman(a, b)).toBeUndefined();
  });

  it("refuses lists of unequal length and NaN", () => {
    expect(() => spearman([1, 2], [1])).toThrow(mismatch);
    expect(() => spearman([1, Number.NaN, 3], [1, 2, 3])).toThrow(mismatch);
  });
});

describe("rankAgreement", () => {
  const gap = Number.NaN;

  it("pools tokens and averages texts, leaving special tokens out", () => {
    const exact = [Float32Array.of(gap, 1, 2, 3, gap), Float32Array.of(gap, 4, 5, gap)];
    const other = [Float32Array.of(gap, 1, 2, 3, gap), Float32Array.of(gap, 5, 4, gap)];
    const agreement = rankAgreement(exact, other);
    // Pooled: ranks 1 2 3 4 5 against 1 2 3 5 4, so 1 - 6 * 2 / (5 * 24) = 0.9. Texts: 1 and -1.
    expect(agreement.pooled).toBeCloseTo(0.9, 12);
    expect(agreement.withinText).toBeCloseTo(0, 12);
    expect(agreement).toMatchObject({ tokens: 5, texts: 2 });
  });

  it("leaves texts without a correlation out of the mean", () => {
    const exact = [Float32Array.of(gap, 1, gap), Float32Array.of(gap, 4, 5, gap)];
    expect(rankAgreement(exact, exact)).toEqual({ pooled: 1, withinText: 1, tokens: 3, texts: 1 });
    expect(rankAgreement([], [])).toEqual({
      pooled: undefined,
      withinText: undefined,
      tokens: 0,
      texts: 0,
    });
  });

  it("refuses scores of other texts", () => {
    const one = Float32Array.of(gap, 1);
    expect(() => rankAgreement([one], [])).toThrow(mismatch);
    expect(() => rankAgreement([one], [Float32Array.of(gap, 1, 2)])).toThrow(mismatch);
    expect(() => rankAgreement([one], [Float32Array.of(1, gap)])).toThrow(mismatch);
  });
});
