import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import golden from "../../../test/golden/baseline.json" with { type: "json" };
import { NEVER_HELD_OUT } from "../../data/folds.js";
import { labelIds, sortedLabels } from "../../data/labels.js";
import { softmax } from "../../results/metrics/metrics.js";
import { heldOutBaselineLogits, heldOutRows } from "./held-out.js";

const file = new URL("../../../examples/sample-task/train.jsonl", import.meta.url);
const row = z.object({ text: z.string(), label: z.string() });
const rows = readFileSync(file, "utf8")
  .split("\n")
  .slice(0, golden.held_out.probabilities.length)
  .map((line) => row.parse(JSON.parse(line)));
const texts = rows.map(({ text }) => text);
const labels = sortedLabels(rows.map(({ label }) => label));
const numbers = labelIds(labels);
const ids = rows.map(({ label }) => numbers.get(label) ?? -1);

describe("heldOutBaselineLogits", () => {
  it("have scikit-learn's probabilities", () => {
    const { folds: count } = golden.held_out;
    const folds = { count, ofRow: Int32Array.from(ids, (_, index) => index % count) };
    const passes = new Set<number>();
    const logits = heldOutBaselineLogits(texts, ids, labels.length, folds, (fold) =>
      passes.add(fold),
    );
    expect([...passes]).toEqual([0, 1, 2]);
    golden.held_out.probabilities.forEach((expected, index) => {
      const found = softmax(logits.subarray(index * labels.length, (index + 1) * labels.length));
      expected.forEach((probability, label) => {
        expect(found[label]).toBeCloseTo(probability, 3);
      });
    });
  });

  it("are no numbers for rows that are never held out", () => {
    const folds = { count: 2, ofRow: Int32Array.of(0, 1, NEVER_HELD_OUT, 0, 1) };
    const logits = heldOutBaselineLogits(["a b", "c d", "e", "c", "b"], [0, 1, 0, 1, 0], 2, folds);
    expect(Array.from(logits, Number.isFinite)).toEqual(
      [1, 1, 1, 1, 0, 0, 1, 1, 1, 1].map(Boolean),
    );
    expect(heldOutRows(folds)).toEqual([0, 1, 3, 4]);
  });
});
