import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/doubtful-labels.json" with { type: "json" };
import { labelNoise } from "./label-noise.js";

describe("labelNoise", () => {
  it.each(golden.cases)(
    "of $labels labels is where SciPy finds the likelihood to be highest",
    (item) => {
      const found = labelNoise(item.logits, item.given, item.labels);
      expect(found.temperature / item.temperature).toBeCloseTo(1, 5);
      expect(found.share / item.share).toBeCloseTo(1, 5);
      item.wrong.forEach((probability, row) => {
        expect(found.wrong[row]).toBeCloseTo(probability, 5);
      });
    },
  );

  it("is that of the labels known before where there are none", () => {
    expect(labelNoise([], [], 4).share).toBeCloseTo(0.033, 9);
  });
});
