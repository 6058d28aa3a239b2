import { describe, expect, it } from "vitest";
import { inventedComparison } from "../../../test/fixtures/comparison.js";
import { decidingMeasure, ofLabelMeasures } from "../metrics/label-measures.js";
import { higherFirst } from "./higher-first.js";

/** Pairs whose first candidate is the better one, and the same as if it were the worse one. */
const pairs = inventedComparison().paired.filter(
  (pair) => pair[decidingMeasure.name].difference > 0,
);
const worse = pairs.map((pair) => ({
  ...pair,
  ...ofLabelMeasures((name) => {
    const { difference, differences, bootstrap, ...rest } = pair[name];
    return {
      ...rest,
      difference: -difference,
      differences: differences.map((value) => -value),
      bootstrap: { ...bootstrap, low: -bootstrap.high, high: -bootstrap.low },
    };
  }),
}));

describe("higherFirst", () => {
  it("leaves a pair whose first candidate is the better one", () => {
    expect(pairs.length).toBeGreaterThan(0);
    for (const pair of pairs) expect(higherFirst(pair, false)).toBe(pair);
  });

  it("turns the others, with all that has a sign or a side", () => {
    for (const [index, pair] of worse.entries()) {
      const turned = higherFirst(pair, false);
      expect([turned.a, turned.b]).toEqual([pair.b, pair.a]);
      for (const name of ["accuracy", "macro_f1"] as const) {
        const { difference, bootstrap } = pairs[index][name];
        expect(turned[name].difference).toBe(difference);
        expect(turned[name].bootstrap).toEqual(bootstrap);
        expect(turned[name].t_test?.t).toBe(-(pair[name].t_test?.t ?? 0));
      }
      const sides = turned.mcnemar.map(({ only_a: a, only_b: b }) => [a, b]);
      expect(sides).toEqual(pair.mcnemar.map(({ only_a: a, only_b: b }) => [b, a]));
      expect(turned.notes[0]).not.toBe(pair.notes[0]);
    }
  });
});
