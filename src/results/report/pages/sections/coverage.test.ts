import { describe, expect, it } from "vitest";
import { readMarkup } from "../../../../../test/fixtures/markup.js";
import { coverageSection } from "./coverage.js";

const point = (answered: number, right: number, bound: number) => ({
  answered,
  right,
  unsure_below: bound,
});
const all = point(1, 0.8, 0);

describe("the section of unsure texts", () => {
  it("has a chart, and the bounds as tables for plain and scaled probabilities", () => {
    const coverage = {
      split: "test",
      rows: 50,
      plain: [all, point(0.9, 0.86, 0.412)],
      at_temperature: [all, point(0.9, 0.86, 0.377)],
    } as const;
    const section = coverageSection(coverage, { id: "run" });
    expect(section?.charts.map(({ id }) => id)).toEqual(["run-coverage"]);
    const rows = readMarkup(`<html>${section?.source}</html>`).filter(({ name }) => name === "tr");
    expect(rows.map(({ text }) => text)).toEqual([
      "AnsweredRight--unsure-below",
      expect.stringMatching(/^100.*80.*0$/),
      expect.stringMatching(/^90.*86.*0\.412$/),
      "AnsweredRight--unsure-below",
      expect.stringMatching(/^100.*80.*0$/),
      expect.stringMatching(/^90.*86.*0\.377$/),
    ]);
  });

  it("is left out where no bound does anything", () => {
    const flat = { split: "dev", rows: 5, plain: [all], at_temperature: [all] } as const;
    expect(coverageSection(flat, { id: "run" })).toBeUndefined();
  });
});
