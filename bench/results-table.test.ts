import { describe, expect, it } from "vitest";
import type { Figure, Result } from "./results.js";
import { isReached } from "./results.js";
import { resultsPage, written } from "./results-table.js";

const figure: Figure = {
  work: "training step",
  ours: { value: 7, unit: "s" },
  against: { name: "transformers | float32", value: 19, unit: "s" },
  figure: { unit: "x", median: 2.714, low: 2.6, high: 2.8 },
  reach: { bound: "at least", value: 2.7 },
  limit: { name: "bare products", value: 5.6, unit: "s", share: 0.8 },
};

const result: Result = {
  benchmark: "training",
  date: "2026-01-02",
  commit: "abc",
  threads: 2,
  quick: false,
  machine: { processor: "P", processors: 2, memoryBytes: 24e9, system: "Linux 6" },
  versions: { node: "20" },
  figures: [figure],
  notes: ["the peer's better variant"],
  series: [],
};

describe("written", () => {
  it.each([
    [6.931, "s", "6.93 s"],
    [2.714, "x", "2.71x"],
    [83, "%", "83.0 %"],
    [0.98, "exponent", "0.98"],
  ] as const)("%d %s as %s", (value, unit, text) => {
    expect(written(value, unit)).toBe(text);
  });
});

describe("isReached", () => {
  it("compares the median with the bound", () => {
    expect(isReached(figure)).toBe(true);
    expect(isReached({ ...figure, reach: { bound: "at most", value: 2.7 } })).toBe(false);
    expect(isReached({ ...figure, reach: null })).toBeUndefined();
  });
});

describe("resultsPage", () => {
  const page = resultsPage([
    { name: "training", title: "Training", result },
    { name: "start", title: "Start", result: undefined },
  ]);
  const lines = page.slice(page.indexOf("| work |")).split("\n");

  it("has a title and says how to read the table", () => {
    expect(page).toMatch(/^# Results of npm run bench\n\n"figure" is the median/);
  });

  it("has a row for each figure, with its limit and whether it reaches what was asked", () => {
    expect(lines[2]).toBe(
      "| training step | 7.00 s | transformers \\| float32: 19.00 s | 2.71x (2.60x to 2.80x) | at least 2.70x: reached | bare products: 5.60 s; we are at 80.0 % of it |",
    );
  });

  it("says what was not measured", () => {
    expect(lines[3]).toBe("| Start | not measured yet |  |  |  |  |");
  });

  it("ends with notes and with machine, versions and date, once for what they have in common", () => {
    expect(lines.slice(5)).toEqual([
      "* `training`: the peer's better variant",
      "",
      "* 2026-01-02, commit abc: P, 2 processors, 24.00 GB, Linux 6; 2 threads; node 20 (`training`)",
      "",
    ]);
    const both = resultsPage([
      { name: "training", title: "", result },
      { name: "start", title: "", result: { ...result, benchmark: "start", notes: [] } },
    ]);
    expect(both).toContain("node 20 (`training`, `start`)");
  });
});
