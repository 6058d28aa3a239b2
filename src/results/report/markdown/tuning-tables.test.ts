import { expect, it } from "vitest";
import { parseCsv } from "../../../data/formats/delimited.js";
import type { SweepRecord, TunedCell } from "../../records/comparison.js";
import { tuningCsv, tuningLatex, tuningTable } from "./tuning-tables.js";

const measures = (mean: number, std: number | null, n: number) => ({
  accuracy: { mean, std, n },
  macro_f1: { mean: mean / 2, std, n },
});
const cell = (change: Partial<TunedCell>): TunedCell => ({
  ...{ dataset: "d_1", model: "m", method: "l3", task_weights: "equal" },
  ...{ swept: { gamma: 0.5, learningRate: 1e-4 }, seeds: [5, 6], failed: 0 },
  ...{ dev: measures(0.8, 0.02, 2), chosen: false },
  ...change,
});
const sweep: SweepRecord = {
  settings: [
    { name: "gamma", values: [0.5, 2] },
    { name: "learningRate", values: [1e-4] },
  ],
  samples: null,
  measure: "macro_f1",
  cells: [
    cell({ chosen: true }),
    cell({
      method: "stl",
      task_weights: null,
      swept: { learningRate: 1e-4 },
      dev: null,
      seeds: [],
      failed: 2,
    }),
  ],
};

it("in Markdown have a row for each cell, with what failed and what was chosen", () => {
  const [head, , first, second] = tuningTable(sweep, sweep.cells).split("\n");
  expect(head).toBe(
    "| data set | model | method | gamma | learning rate | dev macro-F1 | 95 % interval | n | chosen |",
  );
  // t with 1 degree of freedom is 12.706; 12.706 * 0.02 / sqrt(2) = 0.1797.
  expect(first).toBe(
    "| d_1 | m | MTL L3Masking | 0.5 | 0.0001 | 40.0 ± 2.0 % | 22.0 to 58.0 | 2 | yes |",
  );
  expect(second).toBe("| d_1 | m | STL | - | 0.0001 | - | - | 0, 2 failed |  |");
});

it("as CSV read back, with every digit", () => {
  const { columns, rows } = parseCsv(tuningCsv(sweep), "tuning.csv");
  expect(columns.slice(3, 8)).toEqual(["task_weights", "gamma", "learningRate", "measure", "mean"]);
  expect(rows).toHaveLength(4);
  expect(JSON.stringify(rows[1])).toContain("0.4");
});

it("as LaTeX have what was chosen in bold, and names as text", () => {
  const lines = tuningLatex(sweep).split("\n");
  expect(lines[1]).toBe("\\begin{tabular}{lllrrrrr}");
  expect(lines[5]).toBe(
    "d\\_1 & m & MTL L3Masking & 0.5 & 0.0001 & \\textbf{40.0 $\\pm$ 2.0} & [22.0, 58.0] & 2 \\\\",
  );
  expect(lines[6]).toBe("d\\_1 & m & STL & - & 0.0001 & -- & -- & 0 \\\\");
});
