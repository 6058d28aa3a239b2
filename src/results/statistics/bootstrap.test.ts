import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/paired-tests.json" with { type: "json" };
import { randomStream } from "../../base/random.js";
import { labelMeasures } from "../metrics/label-measures.js";
import { classificationMetrics } from "../metrics/metrics.js";
import {
  bootstrapInterval,
  bootstrapMetrics,
  meanDifferences,
  standardError,
} from "./bootstrap.js";

const mismatch = expect.objectContaining({ code: "input-mismatch" });
const stream = (seed = 1) => randomStream(seed, "bootstrap");
const ids = (values: readonly number[]) => Int32Array.from(values);

describe("bootstrapMetrics", () => {
  const expected = [0, 2, 1, 1, 0, 2, 2, 0, 1, 1, 0, 2];
  const predicted = [
    [0, 2, 1, 0, 0, 2, 1, 0, 1, 1, 2, 2],
    [0, 1, 1, 1, 0, 2, 1, 0, 0, 1, 0, 2],
  ];
  const rows = { expected: ids(expected), labels: 4, predicted: predicted.map(ids) };

  it("measures each resample as the metrics of its rows", async () => {
    const { accuracy, macro_f1 } = await bootstrapMetrics(rows, 25, stream());
    // The same draws again, measured row by row.
    const random = stream();
    for (let sample = 0; sample < 25; sample++) {
      const drawn = expected.map(() => random.integer(expected.length));
      predicted.forEach((guess, run) => {
        const metrics = classificationMetrics(
          drawn.map((row) => expected[row]),
          drawn.map((row) => guess[row]),
          4,
        );
        expect(accuracy[run][sample]).toBeCloseTo(metrics.measures.accuracy, 14);
        expect(macro_f1[run][sample]).toBeCloseTo(metrics.measures.macro_f1, 14);
      });
    }
  });

  it("depends on the stream alone", async () => {
    const first = await bootstrapMetrics(rows, 20, stream());
    expect(await bootstrapMetrics(rows, 20, stream())).toEqual(first);
    expect(await bootstrapMetrics(rows, 20, stream(2))).not.toEqual(first);
  });

  it("tells how far it is", async () => {
    const told: number[] = [];
    await bootstrapMetrics(rows, 250, stream(), async (done) => {
      told.push(done);
    });
    expect(told).toEqual([100, 200]);
  });

  it("refuses no rows, unequal lengths and ids out of range", async () => {
    const bad = [
      { expected: ids([]), labels: 2, predicted: [ids([])] },
      { expected: ids([0, 1]), labels: 2, predicted: [ids([0])] },
      { expected: ids([0, 2]), labels: 2, predicted: [ids([0, 1])] },
      { expected: ids([0, 1]), labels: 2, predicted: [ids([0, -1])] },
    ];
    for (const some of bad) {
      await expect(bootstrapMetrics(some, 5, stream())).rejects.toThrow(mismatch);
    }
  });
});

describe("the paired bootstrap", () => {
  const SAMPLES = 100_000;

  it.each(golden.bootstrap.map((item, index) => [index, item] as const))(
    "comes near the distribution over all N^N resamples (%d)",
    async (_, item) => {
      const predicted = [...item.a, ...item.b].map(ids);
      const rows = { expected: ids(item.expected), labels: item.labels, predicted };
      const resampled = await bootstrapMetrics(rows, SAMPLES, stream());
      const a = item.a.map((_, run) => run);
      const b = item.b.map((_, run) => item.a.length + run);
      for (const { name } of labelMeasures) {
        const exact = { accuracy: item.accuracy, macro_f1: item.macroF1 }[name];
        const differences = meanDifferences(resampled[name], a, b);
        const mean = differences.reduce((sum, d) => sum + d, 0) / SAMPLES;
        expect(Math.abs(mean - exact.mean)).toBeLessThan((5 * exact.std) / Math.sqrt(SAMPLES));
        const result = bootstrapInterval(differences, 0.95);
        // The distribution has few values, with wide gaps between them.
        expect(result.low).toBeCloseTo(exact.low, 9);
        expect(result.high).toBeCloseTo(exact.high, 9);
        const p = Math.min(1, 2 * Math.min(exact.notAbove, exact.notBelow));
        expect(Math.abs(result.p - p)).toBeLessThan(0.01);
      }
    },
  );

  it("counts by hand: quantiles between order statistics, zeros on both sides", () => {
    const differences = Float64Array.of(0.3, -0.1, 0.2, 0, 0.1);
    const { p, low, high } = bootstrapInterval(differences, 0.5);
    // Two of five are not above 0, four are not below.
    expect(p).toBeCloseTo((2 * (1 + 2)) / 6, 14);
    expect([low, high]).toEqual([0, 0.2]);
    expect(bootstrapInterval(differences, 0.75).low).toBeCloseTo(-0.05, 14);
    expect(bootstrapInterval(Float64Array.of(0.1, 0.2, 0.3), 0.95).p).toBeCloseTo(0.5, 14);
    expect(bootstrapInterval(new Float64Array(9), 0.95)).toEqual({ p: 1, low: 0, high: 0 });
    expect(() => bootstrapInterval(new Float64Array(0), 0.95)).toThrow(mismatch);
  });

  it("has the standard deviation of NumPy as its standard error", () => {
    // numpy.std([1, 2, 4, 7], ddof=1)
    expect(standardError(Float64Array.of(1, 2, 4, 7))).toBeCloseTo(2.6457513110645907, 14);
  });

  it("does not take the seeds of a candidate for more rows", async () => {
    // Three equal seeds know no more than one.
    const expected = ids(Array.from({ length: 60 }, (_, row) => row % 2));
    const good = expected.map((label, row) => (row % 5 === 0 ? 1 - label : label));
    const poor = expected.map((label, row) => (row % 3 === 0 ? 1 - label : label));
    const one = { expected, labels: 2, predicted: [good, poor] };
    const three = { expected, labels: 2, predicted: [good, good, good, poor, poor, poor] };
    const alone = await bootstrapMetrics(one, 2000, stream());
    const pooled = await bootstrapMetrics(three, 2000, stream());
    const first = bootstrapInterval(meanDifferences(alone.accuracy, [0], [1]), 0.95);
    const second = bootstrapInterval(meanDifferences(pooled.accuracy, [0, 1, 2], [3, 4, 5]), 0.95);
    expect(second.p).toBe(first.p);
    expect(second.low).toBeCloseTo(first.low, 12);
    expect(second.high).toBeCloseTo(first.high, 12);
  });
});
