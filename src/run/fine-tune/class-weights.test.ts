import { expect, it } from "vitest";
import { balancedWeights } from "./class-weights.js";

it("balancedWeights: every label weighs the same together, a text 1 on average", () => {
  // 4 texts of label 0, 1 of label 1, 3 of label 2: 8 / (3 * 4), 8 / 3, 8 / 9.
  const weights = balancedWeights(Int32Array.of(0, 0, 2, 0, 1, 2, 2, 0), 3);
  expect(Array.from(weights)).toEqual([8 / 12, 8 / 3, 8 / 9].map(Math.fround));
});
