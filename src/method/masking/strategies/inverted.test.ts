import { expect, it } from "vitest";
import { inverted } from "./inverted.js";

it("has 1 minus the weights of L3Masking", () => {
  const wordIds = Int32Array.of(-1, 0, 1, 2, 3, -1);
  const scores = Float64Array.of(Number.NaN, -1, -2, -4, -8, Number.NaN);
  expect([...inverted.weights(wordIds, scores)].slice(1, 5)).toEqual([7 / 8, 3 / 4, 1 / 2, 0]);
});
