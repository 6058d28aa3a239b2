/** What every method that trains a linear classifier does: the folder of its run, and its row in a comparison. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runEvaluate } from "../../src/commands/evaluate.js";
import { runReport } from "../../src/commands/report.js";
import { evaluateSchema, reportSchema, resolveSettings } from "../../src/run/settings/schemas.js";
import { compare, compareOptions } from "../fixtures/comparing.js";
import { readJson, temporaryFolder } from "../fixtures/folders.js";
import { createTestHost, tinyModel } from "../fixtures/host.js";
import { soundFiles } from "../fixtures/sounds.js";
import { readJournal, train, trainOptions } from "../fixtures/training.js";

const at = temporaryFolder();

const runtime = () => Promise.reject(new Error("no runtime is needed"));
const methods = [
  {
    method: "tfidf",
    title: "TF-IDF",
    model: "no/such/model",
    host: () => ({ ...createTestHost(), runtime }),
    others: [],
  },
  {
    method: "embed",
    title: "TF-IDF + embeddings",
    model: tinyModel("bert"),
    host: createTestHost,
    others: ["baseline"],
  },
] as const;

describe.each(methods)("--method $method", ({ method, title, model, host, others }) => {
  const outputDir = at(method);
  const options = trainOptions(model, outputDir, { method });

  it("writes the files of a run", async () => {
    const { metrics } = await train(options, host());
    expect(readdirSync(outputDir).sort()).toEqual([
      ...others,
      "config.json",
      "errors.csv",
      "errors.jsonl",
      "journal.jsonl",
      "metrics.json",
      "model",
      "predictions-test.jsonl",
    ]);
    expect(readJson(join(outputDir, "metrics.json"))).toEqual(metrics);
    expect(metrics).toMatchObject({ method, best_step: 1 });
    const { evaluations, steps, stop } = readJournal(outputDir);
    expect(steps).toEqual([]);
    expect(evaluations).toMatchObject([{ step: 1, loss: metrics.dev.loss, best: true }]);
    expect(stop).toMatchObject({ reason: "steps", best_step: 1 });
  });

  it("keeps a classifier that evaluate measures as the run did", async () => {
    const metrics = readJson(join(outputDir, "metrics.json"));
    const given = { model: join(outputDir, "model"), input: soundFiles.testFile };
    const settings = resolveSettings(evaluateSchema, { ...given, fittedTemperature: true });
    const { accuracy, macro_f1, loss } = await runEvaluate(settings, createTestHost());
    expect(metrics).toMatchObject({ test: { accuracy, macro_f1 } });
    const measured = { at_temperature: { loss: expect.closeTo(loss, 5) } };
    expect(metrics).toMatchObject({ confidence: { test: measured } });
  });

  it("is not repeated once finished, and has a page", async () => {
    const again = createTestHost();
    await train({ ...options, resume: true }, again);
    expect(again.notices()).toContain("is finished");
    const output = at(`${method}.html`);
    await runReport(resolveSettings(reportSchema, { folder: outputDir, output }), again);
    expect(readFileSync(output, "utf8")).toContain(title);
  });

  it("is a row of a comparison of several models", async () => {
    const models = [tinyModel("bert"), tinyModel("roberta")];
    const folder = at(`compared-${method}`);
    const given = compareOptions(models[0], folder, { methods: [method, "stl"], seeds: ["0"] });
    const caching = createTestHost({ cacheFolder: at("cache") });
    const { table, finished } = await compare({ ...given, model: models, maxSteps: 2 }, caching);
    expect(finished).toBe(4);
    expect(table.split(`| ${title} |`).length).toBe(3);
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain(title);
  });
});
