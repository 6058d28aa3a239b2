/** `--method embed`: the folder of its run, folds, and its row in a comparison. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compare, compareOptions } from "../../../test/fixtures/comparing.js";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { soundFiles } from "../../../test/fixtures/sounds.js";
import { readJournal, train, trainOptions } from "../../../test/fixtures/training.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runReport } from "../../commands/report.js";
import { evaluateSchema, reportSchema, resolveSettings } from "../settings/schemas.js";

const at = temporaryFolder();
const options = (name: string) => trainOptions(tinyModel("bert"), at(name), { method: "embed" });

describe("--method embed", () => {
  const outputDir = at("run");

  it("writes the files of a run, with a verdict next to TF-IDF", async () => {
    const host = createTestHost();
    const { metrics } = await train(options("run"), host);
    expect(readdirSync(outputDir).sort()).toEqual([
      "baseline",
      "config.json",
      "errors.csv",
      "errors.jsonl",
      "journal.jsonl",
      "metrics.json",
      "model",
      "predictions-test.jsonl",
    ]);
    expect(readdirSync(join(outputDir, "model")).sort()).toEqual([
      "config.json",
      "encoder",
      "model.safetensors",
      "temperature.json",
      "training_texts.bin",
      "vocabulary.json",
    ]);
    expect(readJson(join(outputDir, "metrics.json"))).toEqual(metrics);
    expect(metrics).toMatchObject({
      ...{ method: "embed", best_step: 1, baseline: { method: "tfidf" } },
      verdict: expect.stringContaining("TF-IDF"),
    });
    const { evaluations, steps, stop } = readJournal(outputDir);
    expect(steps).toEqual([]);
    expect(evaluations).toMatchObject([{ step: 1, loss: metrics.dev.loss, best: true }]);
    expect(stop).toMatchObject({ reason: "steps", best_step: 1 });
    expect(host.progress("embedding").at(-1)).toMatchObject({ unit: "texts" });
    expect(host.notices()).not.toContain("classification head");
  });

  it("keeps a classifier that evaluate measures as the run did", async () => {
    const again = await train({ ...options("run"), resume: true }, createTestHost());
    const { test, confidence } = again.metrics;
    const given = { model: join(outputDir, "model"), input: soundFiles.testFile };
    const settings = resolveSettings(evaluateSchema, { ...given, fittedTemperature: true });
    const found = await runEvaluate(settings, createTestHost());
    expect(found.accuracy).toBe(test?.accuracy);
    expect(found.loss).toBeCloseTo(confidence.test?.at_temperature.loss ?? Number.NaN, 5);
  });

  it("is the same once more, with another seed too", async () => {
    await train({ ...options("again"), seed: 5 }, createTestHost());
    for (const name of ["model/model.safetensors", "predictions-test.jsonl", "errors.csv"]) {
      expect(readFileSync(at(`again/${name}`))).toEqual(readFileSync(join(outputDir, name)));
    }
  });

  it("is not repeated once finished, and has a page", async () => {
    const host = createTestHost();
    await train({ ...options("run"), resume: true }, host);
    expect(host.notices()).toContain("is finished");
    const output = at("page.html");
    await runReport(resolveSettings(reportSchema, { folder: outputDir, output }), host);
    expect(readFileSync(output, "utf8")).toContain("TF-IDF + embeddings");
  });

  it("is stopped on request, and begins anew", async () => {
    const host = createTestHost({ stopAt: (event) => event.type === "progress" });
    const given = { ...options("stopped"), evalTokens: 64 };
    const error = await failure(train(given, host));
    expect(error).toMatchObject({ code: "interrupted" });
    expect(error.message).toMatch(/^stopped after embedding \d+ of 60 texts$/);
    const { metrics } = await train({ ...given, resume: true }, createTestHost());
    expect(metrics.method).toBe("embed");
  });

  it("holds the texts of a small file out in turn", async () => {
    const { validationFile: _, testFile: __, ...one } = options("folds");
    const { metrics } = await train(one, createTestHost());
    expect(metrics.held_out).toMatchObject({ folds: 5, rows: 36, chosen: "embed", choice: null });
    expect(metrics.verdict).toContain("On 36 texts it never saw");
    expect(existsSync(at("folds/predictions-held-out.jsonl"))).toBe(true);
    const { evaluations } = readJournal(at("folds"));
    expect(evaluations).toMatchObject([{ loss: metrics.dev.loss }]);
  });
});

it("is a row of a comparison of several models", async () => {
  const models = [tinyModel("bert"), tinyModel("roberta")];
  const given = compareOptions(models[0], at("compared"), {
    methods: ["embed", "stl"],
    seeds: ["0"],
  });
  const host = createTestHost({ cacheFolder: at("cache") });
  const { table, finished } = await compare({ ...given, model: models, maxSteps: 2 }, host);
  expect(finished).toBe(4);
  expect(table.match(/\| TF-IDF \+ embeddings \|/g)?.length).toBe(2);
});
