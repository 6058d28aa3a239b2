import { describe, expect, it } from "vitest";
import { differenceOf, requireFaithful } from "./faithfulness.js";

describe("the difference of logits", () => {
  const expected = Float32Array.of(1, 2, 5, 4);

  it("is that of the logit that is furthest off, with the texts whose label stays", () => {
    const found = Float32Array.of(1, 2.25, 4, 4.5);
    expect(differenceOf(expected, found, 2)).toEqual({ largest: 1, equalLabels: 1, texts: 2 });
  });

  it("of what is not a number is infinite", () => {
    const found = Float32Array.of(1, Number.NaN, 5, 4);
    const { largest, equalLabels } = differenceOf(expected, found, 2);
    expect([largest, equalLabels]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });

  it.each([
    ["float32", 0.004, 0.006],
    ["float16", 0.24, 0.26],
    ["int8", 2.4, 2.6],
  ] as const)("in %s is refused beyond a share of the largest logit", (precision, small, large) => {
    const difference = (largest: number) => ({ largest, equalLabels: 2, texts: 2 });
    const check = (largest: number) => () =>
      requireFaithful("onnx/model.onnx", precision, difference(largest), expected);
    expect(check(small)).not.toThrow();
    expect(check(large)).toThrow(expect.objectContaining({ code: "export-mismatch" }));
  });
});
