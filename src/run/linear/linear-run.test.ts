/** `--method tfidf`: the folder of its run, and its row in a comparison. */
import { readdirSync, readFileSync } from "node:fs";
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
const options = (name: string) => trainOptions("no/such/model", at(name), { method: "tfidf" });

describe("--method tfidf", () => {
  const outputDir = at("run");

  it("writes the files of a run, without a model to start from and without a runtime", async () => {
    const host = createTestHost();
    const runtime = () => Promise.reject(new Error("no runtime is needed"));
    const { metrics } = await train(options("run"), { ...host, runtime });
    expect(readdirSync(outputDir).sort()).toEqual([
      "config.json",
      "errors.csv",
      "errors.jsonl",
      "journal.jsonl",
      "metrics.json",
      "model",
      "predictions-test.jsonl",
    ]);
    expect(readJson(join(outputDir, "metrics.json"))).toEqual(metrics);
    expect(metrics).toMatchObject({ method: "tfidf", baseline: null, best_step: 1 });
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
    expect(metrics).toMatchObject({ confidence: { test: { at_temperature: { loss } } } });
  });

  it("is not repeated once finished, and has a page", async () => {
    const host = createTestHost();
    await train({ ...options("run"), resume: true }, host);
    expect(host.notices()).toContain("is finished");
    const output = at("page.html");
    await runReport(resolveSettings(reportSchema, { folder: outputDir, output }), host);
    expect(readFileSync(output, "utf8")).toContain("TF-IDF");
  });

  it("is stopped on request, and begins anew", async () => {
    const stopping = { ...createTestHost(), cancelled: () => true };
    const error = await failure(train(options("stopped"), stopping));
    expect(error).toMatchObject({ code: "interrupted" });
    const { metrics } = await train({ ...options("stopped"), resume: true }, createTestHost());
    const { timing, ...rest } = metrics;
    expect(timing.parts).toBe(1);
    expect(readJson(join(outputDir, "metrics.json"))).toMatchObject(rest);
  });
});

it("is a row of a comparison of several models", async () => {
  const models = [tinyModel("bert"), tinyModel("roberta")];
  const given = compareOptions(models[0], at("compared"), {
    methods: ["tfidf", "stl"],
    seeds: ["0"],
  });
  const host = createTestHost({ cacheFolder: at("cache") });
  const { table, finished } = await compare({ ...given, model: models, maxSteps: 2 }, host);
  expect(finished).toBe(4);
  expect(table.match(/\| TF-IDF \|/g)?.length).toBe(2);
  expect(readFileSync(at("compared/report.html"), "utf8")).toContain("TF-IDF");
});
