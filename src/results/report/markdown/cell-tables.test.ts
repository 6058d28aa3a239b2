import { describe, expect, it } from "vitest";
import { parseCsv } from "../../../data/formats/delimited.js";
import type { ComparisonCell } from "../../records/comparison.js";
import { cellRows, cellsCsv, cellsLatex } from "./cell-tables.js";

const measures = (mean: number, std: number | null, n: number) => ({
  accuracy: { mean, std, n },
  macro_f1: { mean: mean / 2, std, n },
});
const cell = (change: Partial<ComparisonCell>): ComparisonCell => ({
  ...{ dataset: "d_1", model: "50%, base", method: "l3", task_weights: "equal" },
  ...{ seeds: [0, 1, 2, 3, 4], test: measures(0.8, 0.02, 5), leak_free: null },
  ...{ dev: measures(0.9, 0.01, 5), best_step: 3, training_seconds: 1 },
  ...change,
});
const single = cell({
  method: "stl",
  task_weights: null,
  seeds: [7],
  test: measures(0.5, null, 1),
});
const cells = [cell({}), single];

describe("cellRows", () => {
  it("have the interval of the mean over seeds", () => {
    const [first] = cellRows({ cells });
    // t with 4 degrees of freedom is 2.7764; 2.7764 * 0.02 / sqrt(5) = 0.024833.
    expect(first).toMatchObject({ rows: "test", measure: "accuracy", mean: 0.8, std: 0.02, n: 5 });
    expect(first.low).toBeCloseTo(0.775167, 5);
    expect(first.high).toBeCloseTo(0.824833, 5);
  });

  it("are as many as there are cells, row sets with results, and measures", () => {
    expect(cellRows({ cells })).toHaveLength(2 * 2 * 2);
    const { low, high, std } = cellRows({ cells: [single] })[0];
    expect([low, high, std]).toEqual([null, null, null]);
  });
});

it("CSV reads back, with every digit and with commas in names", () => {
  const given = [cell({ test: measures(1 / 3, 0.1, 5) })];
  const table = parseCsv(cellsCsv({ cells: given }), "results.csv");
  const [head, first] = [table.columns, table.rows[0]];
  expect(head.slice(0, 4)).toEqual(["dataset", "model", "method", "task_weights"]);
  expect(JSON.stringify(first)).toContain("50%, base");
  expect(JSON.stringify(first)).toContain(String(1 / 3));
  const tuned = cellsCsv({ cells: [cell({ swept: { gamma: 2, estimator: "pll" } })] });
  expect(tuned.split("\n")[1]).toMatch(/,l3,equal,gamma=2 estimator=pll,test,accuracy,0.8,/);
});

it("LaTeX has a row for each cell, and names as text", () => {
  const lines = cellsLatex({ cells }).trimEnd().split("\n");
  expect(lines.filter((line) => /^\\(top|mid|bottom)rule$/.test(line))).toHaveLength(3);
  expect(lines[5]).toBe(
    "d\\_1 & 50\\%, base & MTL L3Masking & 80.0 $\\pm$ 2.0 & [77.5, 82.5] & 40.0 $\\pm$ 2.0 & [37.5, 42.5] & 5 \\\\",
  );
  expect(lines[6]).toBe("d\\_1 & 50\\%, base & STL & 50.0 & -- & 25.0 & -- & 1 \\\\");
  expect(lines[1]).toBe("\\begin{tabular}{lllrrrrr}");
});
