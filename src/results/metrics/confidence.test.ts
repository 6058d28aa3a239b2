import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/confidence.json" with { type: "json" };
import {
  confidenceOf,
  crossFittedConfidence,
  fittedTemperature,
  temperatureHelps,
} from "./confidence.js";
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

describe("crossFittedConfidence", () => {
  it("measures each part at the temperature that fits the others", () => {
    const [{ logits, expected, labels }] = golden.cases;
    const found = crossFittedConfidence(Float32Array.from(logits), expected, labels);
    const ids = Array.from(expected.keys());
    const losses = [0, 1, 2, 3, 4].map((part) => {
      const of = (wanted: (i: number) => boolean) => ids.filter(wanted);
      const rows = (some: readonly number[]) => ({
        logits: Float32Array.from(some.flatMap((i) => logits.slice(i * labels, (i + 1) * labels))),
        expected: some.map((i) => expected[i]),
      });
      const others = rows(of((i) => i % 5 !== part));
      const own = rows(of((i) => i % 5 === part));
      const temperature = fittedTemperature(others.logits, others.expected, labels);
      const { loss } = confidenceOf(own.logits, own.expected, labels, temperature);
      return loss * own.expected.length;
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / ids.length;
    expect(found?.loss).toBeCloseTo(mean, 5);
  });

  it("is nothing for one example, and of two each is fitted on the other", () => {
    expect(crossFittedConfidence(Float32Array.of(1, 0), [0], 2)).toBeUndefined();
    // The right one wants 0.1 for the wrong one, which wants 10 for it.
    const found = crossFittedConfidence(Float32Array.of(2, 0, 2, 0), [0, 1], 2);
    const loss = (margin: number) => Math.log(1 + Math.exp(-margin));
    expect(found?.loss).toBeCloseTo((loss(0.2) + loss(-20)) / 2, 3);
  });
});

describe("a temperature", () => {
  const dev = { plain: { ece: 0.1, loss: 0.6 }, at_temperature: { ece: 0.02, loss: 0.5 } };
  it.each([
    [{ ece: 0.05, loss: 0.55 }, true],
    [{ ece: 0.1, loss: 0.59 }, true],
    [{ ece: 0.11, loss: 0.55 }, false],
    [{ ece: 0.05, loss: 0.6 }, false],
    [undefined, false],
  ])("that measures %j where it was not fitted helps: %s", (tried, helps) => {
    const cross = tried && { cross_fitted: tried };
    expect(temperatureHelps({ temperature: 2, dev, ...cross, test: null })).toBe(helps);
  });
});

it("softmax scales by the inverse temperature", () => {
  const [p, q] = softmax(Float32Array.of(3, 1), 0.5);
  expect(p).toBeCloseTo(Math.E / (1 + Math.E), 12);
  expect(p + q).toBeCloseTo(1, 12);
});
