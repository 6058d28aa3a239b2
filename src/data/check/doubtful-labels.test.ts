import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/doubtful-labels.json" with { type: "json" };
import { doubtfulLabels } from "./doubtful-labels.js";

describe("doubtfulLabels", () => {
  it.each(golden.cases)(
    "of $labels labels are those of SciPy's fit, and as many as cleanlab's",
    (item) => {
      const found = doubtfulLabels(item.logits, item.given, item.labels);
      expect(item.doubtful.length).toBeGreaterThan(0);
      expect(found.rows.map(({ row }) => row)).toEqual(item.doubtful);
      expect(found.further.map(({ row }) => row)).toEqual(item.further);
    },
  );

  // Two labels, told apart with ease, and one row with the other label.
  const logits = Array.from({ length: 20 }, (_, row) => (row % 2 === 0 ? [4, 0] : [0, 4]));
  const given = logits.map((_, row) => (row === 6 ? 1 : row % 2));

  it("suggests the likeliest other label, with its probability", () => {
    const { rows, further } = doubtfulLabels(logits.flat(), given, 2);
    expect(rows.map(({ row, suggestedId }) => [row, suggestedId])).toEqual([[6, 0]]);
    expect(rows[0].probability + rows[0].givenProbability).toBeCloseTo(1, 12);
    expect(further).toEqual([]);
  });

  it("passes over rows without logits", () => {
    const unknown = [...logits, [Number.NaN, Number.NaN]];
    expect(doubtfulLabels(unknown.flat(), [...given, 0], 2).rows).toHaveLength(1);
    expect(doubtfulLabels([], [], 3)).toEqual({ rows: [], further: [] });
  });

  it("lists none where a weak classifier is as often wrong as it says", () => {
    // One row in four of each label gets the logits of the other; with these odds that is expected.
    const weak = Array.from({ length: 80 }, (_, row) =>
      (row % 4 === 0) === row < 40 ? [0, Math.log(3)] : [Math.log(3), 0],
    );
    const ids = weak.map((_, row) => (row < 40 ? 0 : 1));
    const { rows, further } = doubtfulLabels(weak.flat(), ids, 2);
    expect(rows.length).toBeLessThan(4);
    expect(further.length).toBeGreaterThan(10);
  });
});
