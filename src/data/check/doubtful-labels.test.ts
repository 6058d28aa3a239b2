import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/doubtful-labels.json" with { type: "json" };
import { doubtfulLabels } from "./doubtful-labels.js";

describe("doubtfulLabels", () => {
  it.each(golden.cases)("of $labels labels are as many as cleanlab's, by log-odds", (item) => {
    const found = doubtfulLabels(item.probabilities, item.given, item.labels);
    expect(item.doubtful.length).toBeGreaterThan(0);
    expect(found.map(({ row }) => row)).toEqual(item.doubtful);
  });

  // Thresholds: a (0.9 + 0.8 + 0.1) / 3 = 0.6, b (0.7 + 0.9) / 2 = 0.8.
  const rows = [
    [0.9, 0.1],
    [0.8, 0.2],
    [0.1, 0.9],
    [0.3, 0.7],
    [0.1, 0.9],
  ];

  it("suggests the label that a row is confidently of, with its probability", () => {
    expect(doubtfulLabels(rows.flat(), [0, 0, 0, 1, 1], 2)).toEqual([
      { row: 2, suggestedId: 1, probability: 0.9, givenProbability: 0.1 },
    ]);
  });

  it("passes over rows without probabilities", () => {
    const unknown = [...rows, [Number.NaN, Number.NaN]];
    expect(doubtfulLabels(unknown.flat(), [0, 0, 0, 1, 1, 0], 2)).toHaveLength(1);
    expect(doubtfulLabels([], [], 3)).toEqual([]);
  });
});
