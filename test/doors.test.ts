/** Records that a person adds to a list arrive wherever the list is read. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { MaskingStrategy } from "../src/method/masking/strategies/strategy.js";
import type { MethodRow } from "../src/method/methods.js";
import type { LabelMeasure } from "../src/results/metrics/label-measures.js";
import type { ProbabilityMeasure } from "../src/results/metrics/probability-measures.js";
import { inventedComparison } from "./fixtures/comparison.js";

const rare = {
  name: "rare",
  title: "Rare",
  does: "masks rare tokens more often",
  look: 4,
  needs: "frequencies",
  weights: (wordIds, frequencies) => Float64Array.from(wordIds, (_, i) => 1 / frequencies[i]),
} as const satisfies MaskingStrategy;

const method = {
  name: "rare",
  title: "MTL Rare",
  brief: "with rare tokens masked",
  meaning: "Multi-task learning with rare tokens hidden more often.",
  look: rare.look,
  masking: "l3",
} as const satisfies MethodRow;

const weighted = {
  name: "weighted_recall",
  title: "weighted recall",
  better: "higher",
  meaning: "Recall, each label counted by its rows.",
  hubType: "recall",
  value: ({ examples, hits }) => Array.from(hits).reduce((sum, hit) => sum + hit, 0) / examples,
} as const satisfies LabelMeasure;

const brier = {
  name: "brier",
  title: "Brier score",
  better: "lower",
  meaning: "Mean squared error of the probabilities.",
  format: (value) => value.toFixed(4),
  value: (logits) => logits.length,
} as const satisfies ProbabilityMeasure;

const given = { trainFile: "t.csv", outputDir: "o" };

/** results.json of runs that were measured by the new measure too. */
const measuredText = () =>
  JSON.stringify(inventedComparison(), (_, value) =>
    value !== null && typeof value === "object" && "macro_f1" in value
      ? { ...value, weighted_recall: value.macro_f1 }
      : value,
  );

/** The lists are made once, so they are extended before anything reads them. */
beforeAll(async () => {
  vi.resetModules();
  const { strategies } = await import("../src/method/masking/strategies/strategies.js");
  const { methods } = await import("../src/method/methods.js");
  const { labelMeasures } = await import("../src/results/metrics/label-measures.js");
  const { probabilityMeasures } = await import("../src/results/metrics/probability-measures.js");
  const append = (list: readonly unknown[], record: unknown) =>
    Array.prototype.push.call(list, record);
  append(strategies, rare);
  append(methods, method);
  append(labelMeasures, weighted);
  append(probabilityMeasures, brier);
});

it("a strategy is created by its name and masks by what it needs", async () => {
  const { createStrategy } = await import("../src/method/masking/probabilities.js");
  const settings = { budget: 0.25, calibration: "exact", exponent: 1 } as const;
  const { needs, probabilities } = createStrategy("rare", settings);
  expect(needs).toBe("frequencies");
  const wordIds = Int32Array.of(-1, 0, 1, -1);
  const frequencies = [Number.NaN, 0.75, 0.25, Number.NaN];
  expect([...probabilities({ wordIds }, frequencies)]).toEqual([0, 0.125, 0.375, 0]);
});

describe("a method", () => {
  it("is a value of the flag, in its help, and of compare", async () => {
    const { allSettings, compareSchema, trainSchema } = await import(
      "../src/run/settings/schemas.js"
    );
    expect(trainSchema.parse({ ...given, model: "m", method: "rare" }).method).toBe("rare");
    const flag = allSettings.find(({ name }) => name === "method");
    expect(flag?.description).toContain("rare: with rare tokens");
    const compared = compareSchema.parse({ ...given, model: ["m"] });
    expect(compared.methods).toEqual(["stl", "rtm", "l3", "rare"]);
  });

  it("has a title, a look and an explanation in pages", async () => {
    const { renderComparison } = await import("../src/results/report/pages/comparison.js");
    const renamed = JSON.parse(measuredText().replaceAll('"l3"', '"rare"'));
    const { html } = renderComparison(renamed, { date: "today" });
    expect(html).toContain("MTL Rare");
    expect(html).toContain(method.meaning);
    expect(html).toContain("masks rare tokens more often");
  });
});

describe("a measure of labels", () => {
  it("is measured, and may decide which step is kept", async () => {
    const { classificationMetrics } = await import("../src/results/metrics/metrics.js");
    const { measures } = classificationMetrics([0, 0, 1, 1], [0, 0, 1, 0], 2);
    expect(measures).toEqual({
      accuracy: 0.75,
      macro_f1: expect.closeTo(11 / 15, 12),
      weighted_recall: 0.75,
    });
    const { trainSchema } = await import("../src/run/settings/schemas.js");
    const chosen = { ...given, model: "m", metricForBestModel: "weighted_recall" };
    expect(trainSchema.parse(chosen)).toMatchObject(chosen);
  });

  it("stands in results.json, the tables, the tests and the pages", async () => {
    const text = measuredText();
    const { parseComparison } = await import("../src/results/records/comparison.js");
    const comparison = parseComparison(text, "results.json");
    expect(comparison.cells[0].dev).toHaveProperty("weighted_recall");
    expect(() => parseComparison(JSON.stringify(inventedComparison()), "results.json")).toThrow(
      "weighted_recall",
    );
    const { comparisonPage } = await import("../src/results/report/markdown/comparison.js");
    expect(comparisonPage(comparison)).toMatch(/\| \S+ weighted recall \|/);
    const { renderComparison } = await import("../src/results/report/pages/comparison.js");
    const { html, charts } = renderComparison(comparison, { date: "today" });
    expect(html).toContain(weighted.meaning);
    expect(charts.map(({ title }) => title)).toContain("Weighted recall on dev");
  });
});

it("a measure of probabilities is measured at every temperature", async () => {
  const { confidenceOf } = await import("../src/results/metrics/confidence.js");
  expect(Object.keys(confidenceOf(Float32Array.of(1, 0), [0], 2))).toEqual([
    "ece",
    "loss",
    "brier",
  ]);
});
