import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/metrics.json" with { type: "json" };
import { classificationMetrics, meanLoss, predictedLabels } from "./metrics.js";

const mismatch = expect.objectContaining({ code: "input-mismatch" });

describe("classificationMetrics", () => {
  it.each(golden.classification)("matches scikit-learn: $name", (item) => {
    const metrics = classificationMetrics(item.expected, item.predicted, item.labels);
    expect(metrics.measures.accuracy).toBeCloseTo(item.accuracy, 12);
    expect(metrics.measures.macro_f1).toBeCloseTo(item.macroF1, 12);
    expect(metrics.confusion.map((row) => [...row])).toEqual(item.confusion);
    expect(metrics.perLabel.map(({ support }) => support)).toEqual(item.support);
    expect(metrics.examples).toBe(item.expected.length);
    metrics.perLabel.forEach(({ precision, recall, f1 }, label) => {
      expect(precision).toBeCloseTo(item.precision[label], 12);
      expect(recall).toBeCloseTo(item.recall[label], 12);
      expect(f1).toBeCloseTo(item.f1[label], 12);
    });
  });

  it("counts by hand: three of four right, labels 0 and 1", () => {
    const metrics = classificationMetrics([0, 0, 1, 1], [0, 0, 1, 0], 2);
    expect(metrics.measures.accuracy).toBe(0.75);
    // F1 of 0: 2*2 / (3 + 2); of 1: 2*1 / (1 + 2).
    expect(metrics.measures.macro_f1).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
  });

  it("refuses no examples, unequal lengths and ids out of range", () => {
    expect(() => classificationMetrics([], [], 2)).toThrow(
      expect.objectContaining({ code: "data-empty" }),
    );
    expect(() => classificationMetrics([0], [0, 1], 2)).toThrow(mismatch);
    expect(() => classificationMetrics([2], [0], 2)).toThrow("from -1 to 1, got 2 for example 0");
    expect(() => classificationMetrics([-2], [0], 2)).toThrow(mismatch);
    expect(() => classificationMetrics([0], [-1], 2)).toThrow("from 0 to 1, got -1 for example 0");
    expect(() => classificationMetrics([0], [0.5], 2)).toThrow(mismatch);
  });
});

describe("logits", () => {
  const { labels, expected } = golden.loss;
  const logits = Float32Array.from(golden.loss.logits);

  it("give the mean cross-entropy of SciPy's log-softmax", () => {
    expect(meanLoss(logits, expected, labels)).toBeCloseTo(golden.loss.meanLoss, 12);
  });

  it("give the label with the largest one, the first among equals", () => {
    expect([...predictedLabels(logits, labels)]).toEqual(golden.loss.predicted);
    expect([...predictedLabels(Float32Array.of(1, 3, 3, -2, -2, -5), 3)]).toEqual([1, 0]);
  });

  it("may be large: no overflow", () => {
    expect(meanLoss(Float32Array.of(1000, 0, -1000, 0), [0, 0], 2)).toBe(500);
  });

  it("are refused if they do not fit or are not finite", () => {
    expect(() => predictedLabels(logits, 7)).toThrow(mismatch);
    expect(() => predictedLabels(logits, 0)).toThrow(mismatch);
    expect(() => meanLoss(logits, [0], labels)).toThrow(mismatch);
    expect(() => meanLoss(Float32Array.of(1, 2), [-1], 2)).toThrow(mismatch);
    expect(() => meanLoss(new Float32Array(0), [], 2)).toThrow(
      expect.objectContaining({ code: "data-empty" }),
    );
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => predictedLabels(Float32Array.of(1, 2, 3, value), 2)).toThrow(
        expect.objectContaining({
          code: "training-diverged",
          message: `expected finite logits, got ${value} for example 1`,
        }),
      );
    }
  });
});
