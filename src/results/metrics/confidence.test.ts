import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/confidence.json" with { type: "json" };
import { confidenceOf, fittedTemperature } from "./confidence.js";
import { softmax } from "./metrics.js";

describe.each(golden.cases)("classifiers that are $name", (item) => {
  const logits = Float32Array.from(item.logits);
  const { labels, expected } = item;

  it("get the temperature of SciPy's minimiser", () => {
    // A minimiser finds the place of a minimum to the root of the float64's precision.
    const temperature = fittedTemperature(logits, expected, labels);
    expect(temperature / item.temperature).toBeCloseTo(1, 6);
  });

  it("get error and loss of NumPy's bins, before and after", () => {
    const before = confidenceOf(logits, expected, labels);
    expect(before.ece).toBeCloseTo(item.ece, 6);
    expect(before.loss).toBeCloseTo(item.loss, 6);
    const after = confidenceOf(logits, expected, labels, item.temperature);
    expect(after.ece).toBeCloseTo(item.eceAtTemperature, 6);
    expect(after.loss).toBeCloseTo(item.lossAtTemperature, 6);
    expect(after.loss).toBeLessThan(before.loss);
  });
});

describe("confidence", () => {
  it("by hand: three bins", () => {
    // Probabilities 1/2 (right, wrong) and 2/3 (right): |0.5 - 0.5| * 2/3 + |1 - 2/3| * 1/3.
    const logits = Float32Array.of(0, 0, 0, 0, Math.log(2), 0);
    expect(confidenceOf(logits, [0, 1, 0], 2).ece).toBeCloseTo(1 / 9, 7);
  });

  it("counts a probability of 1 in the last bin, without overflow", () => {
    expect(confidenceOf(Float32Array.of(1000, -1000), [1], 2)).toEqual({ ece: 1, loss: 2000 });
  });

  it("ends at the border where every example is predicted right, or wrong", () => {
    const logits = Float32Array.of(2, 0, 0, 2);
    expect(fittedTemperature(logits, [0, 1], 2)).toBeCloseTo(0.1, 9);
    expect(fittedTemperature(logits, [1, 0], 2)).toBeCloseTo(10, 7);
  });

  it("refuses what does not fit", () => {
    const mismatch = expect.objectContaining({ code: "input-mismatch" });
    expect(() => fittedTemperature(Float32Array.of(1, 2), [0, 1], 2)).toThrow(mismatch);
    expect(() => confidenceOf(Float32Array.of(1, 2), [2], 2)).toThrow(mismatch);
  });
});

it("softmax scales by the inverse temperature", () => {
  const [p, q] = softmax(Float32Array.of(3, 1), 0.5);
  expect(p).toBeCloseTo(Math.E / (1 + Math.E), 12);
  expect(p + q).toBeCloseTo(1, 12);
});
