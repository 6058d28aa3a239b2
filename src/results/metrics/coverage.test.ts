import { describe, expect, it } from "vitest";
import { coverageCurve } from "./coverage.js";

describe("coverageCurve", () => {
  it("gives bounds, and by hand the shares answered and right", () => {
    const probabilities = [0.9999, 0.5005, 0.8, 0.7, 0.6, 0.95, 0.99, 0.91, 0.4, 0.65];
    // The two least sure ones and the row of 0.8 are wrong.
    const right = [true, false, false, true, true, true, true, true, false, true];
    expect(coverageCurve(probabilities, right)).toEqual([
      { unsure_below: 0, answered: 1, right: 0.7 },
      { unsure_below: 0.5, answered: 0.9, right: 7 / 9 },
      { unsure_below: 0.6, answered: 0.8, right: 7 / 8 },
      { unsure_below: 0.65, answered: 0.7, right: 6 / 7 },
      { unsure_below: 0.7, answered: 0.6, right: 5 / 6 },
      { unsure_below: 0.8, answered: 0.5, right: 4 / 5 },
    ]);
  });

  it("answers rows of equal probability together", () => {
    expect(coverageCurve([0.75, 0.75, 0.75, 0.75], [true, false, true, true])).toEqual([
      { unsure_below: 0, answered: 1, right: 0.75 },
    ]);
    expect(coverageCurve([], [])).toEqual([]);
  });
});
