import { describe, expect, it } from "vitest";
import { type MaskedTextCase, maskingSummary } from "./masking-summary.js";

const names = { dataset: "a", model: "m", strategy: "l3", gamma: 1, budget: 0.25 };

/** Tokens between two special ones. */
function text(ids: readonly number[], probabilities: readonly number[]): MaskedTextCase {
  const inside = (values: readonly number[]) => [0, ...values, 0];
  return {
    ids: Int32Array.from([1, ...ids, 2]),
    maskable: Uint8Array.from(inside(ids.map(() => 1))),
    probabilities: Float64Array.from(inside(probabilities)),
    uniform: Float64Array.from(inside(ids.map(() => 0.25))),
  };
}

const texts = [text([10, 11, 10, 12], [0, 0.5, 0.5, 0]), text([11, 13], [0.5, 0])];
const summary = maskingSummary(names, texts, (id) => `t${id}`);

describe("maskingSummary", () => {
  it("counts by hand", () => {
    expect(summary).toMatchObject({ ...names, texts: 2, tokens: 6 });
    expect(summary.mean).toBeCloseTo(1.5 / 6, 14);
    // Three tokens have a third of the budget each, where each of six had a sixth.
    expect(summary.moved).toBeCloseTo(1 / 2, 14);
    const tokens = (list: typeof summary.most) => list.map(({ token }) => token);
    expect(summary.most).toEqual([
      { token: "t11", occurrences: 2, expected: 1, expected_uniform: 0.5 },
      { token: "t10", occurrences: 2, expected: 0.5, expected_uniform: 0.5 },
    ]);
    expect(tokens(summary.most_uniform)).toEqual(["t10", "t11", "t12", "t13"]);
    expect(tokens(summary.raised)).toEqual(["t11"]);
    expect(tokens(summary.lowered)).toEqual(["t12", "t13"]);
  });

  it("bins every maskable token once: 0 in the first bin, 1 in the last", () => {
    const { edges, counts, uniform } = summary.histogram;
    expect([edges.length, edges[0], edges.at(-1)]).toEqual([counts.length + 1, 0, 1]);
    // 0.25 and 0.5 are lower edges of their bins.
    expect(edges[uniform.indexOf(6)]).toBe(0.25);
    expect([counts[0], edges[counts.indexOf(3, 1)]]).toEqual([3, 0.5]);
    const certain = maskingSummary(names, [text([10], [1])], String);
    expect(certain.histogram.counts.at(-1)).toBe(1);
  });

  it("lists at most forty tokens", () => {
    const ids = Array.from({ length: 60 }, (_, id) => id + 10);
    const many = maskingSummary(
      names,
      [
        text(
          ids,
          ids.map((id) => id / 100),
        ),
      ],
      String,
    );
    expect(many.most.length).toBe(40);
    expect(many.most[0].token).toBe("69");
  });

  it("of nothing is nothing", () => {
    expect(maskingSummary(names, [], String)).toMatchObject({ tokens: 0, mean: 0, texts: 0 });
  });
});
