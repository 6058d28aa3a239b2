/** Labels that are numbers, from files to figures: what a run records, with its baseline, and what leaves it out. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runEvaluate } from "../src/commands/evaluate.js";
import { orderOf } from "../src/results/metrics/order-measures.js";
import { comparisonCells } from "../src/results/statistics/comparison-cells.js";
import { readTrainedRun } from "../src/run/folder/trained-run.js";
import { evaluateSchema, resolveSettings } from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundRows, toJsonLines } from "./fixtures/sounds.js";
import { train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const stars = new Map([
  ["animal", "1"],
  ["engine", "2"],
  ["water", "10"],
]);

function write(split: "train" | "dev" | "test"): string {
  const rows = soundRows(split).map(({ text, label }) => ({ text, label: stars.get(label) ?? "" }));
  writeFileSync(at(`${split}.jsonl`), toJsonLines(rows));
  return at(`${split}.jsonl`);
}

const run = async (name: string, options: object = {}) => {
  const files = {
    ...{ trainFile: write("train"), validationFile: write("dev"), testFile: write("test") },
  };
  const given = trainOptions(tinyModel("bert"), at(name), {
    ...files,
    method: "embed",
    ...options,
  });
  return (await train(given, createTestHost())).metrics;
};

describe("ordered labels", () => {
  it("are measured by how far off a label is, beside the baseline, in words and on pages", async () => {
    const metrics = await run("stars");
    const { answers, run: compared } = readTrainedRun(at("stars"));
    const labels = [...stars.values()];
    const ids = (read: (row: (typeof answers)[number]) => string) =>
      answers.map((row) => labels.indexOf(read(row)));
    const expected = orderOf(
      ids((row) => row.expected),
      ids((row) => row.predicted),
      [1, 2, 10],
    );
    expect(expected?.mean_absolute_error).toBeGreaterThanOrEqual(0);
    expect(metrics.test?.order).toEqual(expected);
    expect(compared.test?.order).toEqual(expected);
    for (const of of [metrics.dev, metrics.baseline?.dev, metrics.baseline?.test]) {
      expect(of?.order).toBeDefined();
    }
    expect(metrics.verdict).toMatch(/By the order of the labels: mean absolute error [\d.]+, quad/);
    const [cell] = comparisonCells([compared, { ...compared, seed: 1 }]);
    const error = expected?.mean_absolute_error;
    expect(cell.test?.order?.mean_absolute_error).toEqual({ mean: error, std: 0, n: 2 });
    const evaluated = async (more: object) =>
      runEvaluate(
        resolveSettings(evaluateSchema, {
          ...{ model: join(at("stars"), "model"), input: write("test") },
          ...more,
        }),
        createTestHost(),
      );
    expect((await evaluated({})).order).toEqual(expected);
    expect((await evaluated({ orderedLabels: false })).order).toBeUndefined();
  });

  it("are labels like any others where that is asked for", async () => {
    const metrics = await run("plain", { method: "tfidf", orderedLabels: false });
    expect(metrics.dev.order).toBeUndefined();
    expect(metrics.test?.order).toBeUndefined();
  });

  it("have to be numbers", async () => {
    const { trainFile, validationFile, testFile } = trainOptions(tinyModel("bert"), at("words"));
    const words = { trainFile, validationFile, testFile, orderedLabels: true };
    expect(await failure(run("words", words))).toMatchObject({ code: "data-label" });
  });
});
