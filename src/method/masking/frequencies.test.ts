import { expect, it } from "vitest";
import { tokenFrequencies } from "./frequencies.js";

it("counts tokens over all texts, special ones aside", () => {
  const texts = [
    { ids: Int32Array.of(1, 7, 8, 2), wordIds: Int32Array.of(-1, 0, 1, -1) },
    { ids: Int32Array.of(1, 7, 7, 2), wordIds: Int32Array.of(-1, 0, 1, -1) },
    { ids: Int32Array.of(1, 2), wordIds: Int32Array.of(-1, -1) },
  ];
  expect(tokenFrequencies(texts).map((values) => [...values])).toEqual([
    [Number.NaN, 0.75, 0.25, Number.NaN],
    [Number.NaN, 0.75, 0.75, Number.NaN],
    [Number.NaN, Number.NaN],
  ]);
});
