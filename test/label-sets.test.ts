/** Several labels a text from files to predictions, with every kind of classifier. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runClassify, runOpenClassifier } from "../src/commands/classify.js";
import { runEvaluate } from "../src/commands/evaluate.js";
import { runExplain } from "../src/commands/explain.js";
import { runPredict } from "../src/commands/predict.js";
import { parseComparison } from "../src/results/records/comparison.js";
import { renderRun } from "../src/results/report/pages/run.js";
import { readTrainedRun } from "../src/run/folder/trained-run.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  predictSchema,
  resolveSettings,
} from "../src/run/settings/schemas.js";
import { compare, compareOptions } from "./fixtures/comparing.js";
import { failure } from "./fixtures/failure.js";
import { changedModel, readJson, readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "./fixtures/host.js";
import { keywordLabels, keywordLines, keywordRows } from "./fixtures/keywords.js";
import { train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const predictionLine = z.looseObject({
  expected: z.string(),
  label: z.string(),
  labels: z.array(z.string()),
  probabilities: z.record(z.string(), z.number()),
});

const files = () => {
  writeFileSync(at("train.jsonl"), keywordLines(96));
  writeFileSync(at("dev.jsonl"), keywordLines(40, 96));
  writeFileSync(at("test.jsonl"), keywordLines(40, 136));
  return {
    trainFile: at("train.jsonl"),
    validationFile: at("dev.jsonl"),
    testFile: at("test.jsonl"),
    cacheDir: at("cache"),
  };
};

describe.each(["tfidf", "embed", "stl", "l3", "stack", "auto"] as const)(
  "several labels, %s",
  (method) => {
    const folder = at(method);
    const model = join(folder, "model");
    const input = at("test.jsonl");
    const host = createTestHost();
    beforeAll(async () => {
      const options = { ...files(), method, maxLength: 24, baseline: true };
      await train(trainOptions(tinyModel("bert"), folder, options), host);
    });

    it("are told, measured and judged", () => {
      const { run, label_curves: curves, verdict } = readTrainedRun(folder);
      expect(host.notices()).toContain('several labels a text from the lists in "labels"');
      const rows = readJsonLines(join(folder, "predictions-test.jsonl"), predictionLine);
      expect(rows.map(({ expected }) => expected)).toEqual(
        keywordRows(40, 136).map(({ labels }) => labels.join("; ")),
      );
      let [hits, wrong, exact] = [0, 0, 0];
      for (const { expected, labels } of rows) {
        const having = expected.split("; ").filter(Boolean);
        const both = labels.filter((label) => having.includes(label)).length;
        hits += both;
        wrong += having.length + labels.length - 2 * both;
        if (having.join("; ") === labels.join("; ")) exact += 1;
      }
      expect(run.test?.label_sets?.micro_f1).toBeCloseTo((2 * hits) / (2 * hits + wrong), 12);
      expect(run.test?.label_sets?.hamming_loss).toBeCloseTo(wrong / 120, 12);
      expect(run.test?.accuracy).toBeCloseTo(exact / 40, 12);
      expect(curves?.labels.map(({ label, rows: support }) => [label, support])).toEqual(
        keywordLabels.map((label) => [label, 20]),
      );
      if (method === "tfidf") expect(verdict).toBeNull();
      else
        expect(verdict).toMatch(
          /^On 40 texts it never saw, .* a micro-F1 of [\d.]+ % \(\d+ to \d+\)/,
        );
      const { html } = renderRun(readTrainedRun(folder), { date: "today" });
      expect(html).toContain("Average precision");
      expect(html).not.toContain("Confusions");
    });

    it("are predicted as in training, and evaluated in every layout", async () => {
      const predicted = await runPredict(
        resolveSettings(predictSchema, { model, input }),
        createTestHost(),
      );
      const trained = readJsonLines(join(folder, "predictions-test.jsonl"), predictionLine);
      expect(predicted.predictions?.map(({ label, labels }) => ({ label, labels }))).toEqual(
        trained.map(({ label, labels }) => ({ label, labels })),
      );
      const rows = keywordRows(40, 136);
      writeFileSync(
        at("cells.csv"),
        ["text,labels", ...rows.map(({ text, labels }) => `${text},${labels.join(";")}`), ""].join(
          "\n",
        ),
      );
      const columns = rows.map(
        ({ text, labels }) =>
          `${text},${keywordLabels.map((one) => +labels.includes(one)).join(",")}`,
      );
      writeFileSync(
        at("columns.csv"),
        [`text,${keywordLabels.join(",")}`, ...columns, ""].join("\n"),
      );
      const evaluate = (more: object) =>
        runEvaluate(
          resolveSettings(evaluateSchema, { model, ...more, output: at(`${method}.csv`) }),
          createTestHost(),
        );
      const { run } = readTrainedRun(folder);
      for (const more of [
        { input },
        { input: at("cells.csv") },
        { input: at("columns.csv"), labelColumn: keywordLabels.join(",") },
      ]) {
        const found = await evaluate(more);
        expect(found.label_sets).toEqual(run.test?.label_sets);
        expect(found.macro_f1).toBeCloseTo(run.test?.macro_f1 ?? -1, 12);
      }
      const [header, first] = readFileSync(at(`${method}.csv`), "utf8").split("\n");
      expect(header).toContain("probability of animal,probability of engine,probability of water");
      expect(first.split(",").length).toBe(header.split(",").length);
    });

    it("are explained label by label, and answered with lists", async () => {
      const settings = { model, texts: ["moo by the brook"] };
      const explainHost = createTestHost({ cacheFolder: at("cache") });
      const { texts } = await runExplain(resolveSettings(explainSchema, settings), explainHost);
      const [{ explained_label: explained, probabilities, labels }] = texts;
      const likeliest = Object.entries(probabilities).sort(([, a], [, b]) => b - a)[0][0];
      expect(explained).toBe(likeliest);
      expect(labels).toBeInstanceOf(Array);
      await runOpenClassifier(resolveSettings(classifierSchema, { model }), createTestHost());
      const [answer] = await runClassify({ texts: ["moo by the brook"] });
      expect(answer.labels).toEqual(labels);
      expect(answer.label).toBe(labels?.join("; "));
    });

    it("have a threshold each, and say so in config.json", () => {
      const saved = z.object({ thresholds: z.record(z.string(), z.number()) });
      const { thresholds } = saved.parse(readJson(join(model, "thresholds.json")));
      expect(Object.keys(thresholds)).toEqual([...keywordLabels]);
      expect(readJson(join(model, "config.json"))).toMatchObject({
        problem_type: "multi_label_classification",
      });
    });
  },
);

it("are held out by folds with thresholds of other rows, and choose among all candidates", async () => {
  writeFileSync(at("one.jsonl"), keywordLines(80));
  const options = {
    trainFile: at("one.jsonl"),
    validationFile: undefined,
    testFile: undefined,
    method: "auto",
    maxLength: 24,
    cacheDir: at("cache"),
  } as const;
  const { metrics } = await train(
    trainOptions(tinyModel("bert"), at("folds"), options),
    createTestHost(),
  );
  expect(metrics.held_out).toMatchObject({ folds: 5, rows: 80 });
  expect(metrics.dev.label_sets?.micro_f1).toBeGreaterThan(0.5);
  expect(metrics.label_curves?.split).toBe("dev");
  expect(metrics.verdict).toContain("micro-F1");
  const rows = readJsonLines(at("folds/predictions-held-out.jsonl"), predictionLine);
  expect(rows).toHaveLength(80);
});

it("of a classifier by another program are given from probability 0.5 on", async () => {
  const config = { problem_type: "multi_label_classification" };
  const model = await changedModel(savedClassifier("bert"), at("foreign"), { config });
  writeFileSync(at("foreign.jsonl"), keywordLines(8));
  const settings = resolveSettings(predictSchema, { model, input: at("foreign.jsonl") });
  const { predictions = [] } = await runPredict(settings, createTestHost());
  expect(predictions).toHaveLength(8);
  for (const { labels, probabilities } of predictions) {
    const likely = Object.keys(probabilities).filter((label) => probabilities[label] >= 0.5);
    expect(labels).toEqual(likely);
  }
});

it("of long texts are averaged over windows as logits", async () => {
  const options = { ...files(), method: "stl", maxLength: 8, longTexts: "windows" } as const;
  const folder = at("windows");
  await train(trainOptions(tinyModel("bert"), folder, options), createTestHost());
  const trained = readJsonLines(join(folder, "predictions-test.jsonl"), predictionLine);
  const model = join(folder, "model");
  const settings = resolveSettings(predictSchema, { model, input: at("test.jsonl") });
  const { predictions = [] } = await runPredict(settings, createTestHost());
  predictions.forEach(({ label, probabilities }, row) => {
    expect(label).toBe(trained[row].label);
    for (const [name, p] of Object.entries(probabilities)) {
      expect(p).toBeCloseTo(trained[row].probabilities[name], 5);
    }
  });
});

it("are compared: tests of differences over sets, micro-F1 in the tables, no confusions on the page", async () => {
  const { cacheDir, ...data } = files();
  const folder = at("compared");
  const options = compareOptions(tinyModel("bert"), folder, {
    ...data,
    methods: ["tfidf", "embed", "stl"],
    seeds: ["0"],
    maxLength: 24,
  });
  const host = createTestHost({ cacheFolder: cacheDir });
  const result = await compare(options, host);
  expect(result).toMatchObject({ finished: 3, failed: 0, missing: 0 });
  expect(result.table).toContain("subset accuracy");
  expect(result.table).toContain("micro-F1");
  const found = parseComparison(readFileSync(join(folder, "results.json"), "utf8"), "results.json");
  const rows = (index: number) =>
    readJsonLines(join(folder, found.runs[index].folder, "predictions-test.jsonl"), predictionLine);
  const pair = found.paired.find(({ rows: of }) => of === "test");
  const runOf = (method: string) => found.runs.findIndex((run) => run.method === method);
  const right = (method: string) =>
    rows(runOf(method)).map(({ expected, label }) => expected === label);
  const [a, b] = [right(pair?.a.method ?? ""), right(pair?.b.method ?? "")];
  expect(pair?.mcnemar[0]).toMatchObject({
    only_a: a.filter((one, row) => one && !b[row]).length,
    only_b: b.filter((one, row) => one && !a[row]).length,
  });
  const page = readFileSync(join(folder, "report.html"), "utf8");
  expect(page).toContain("Micro-F1");
  expect(page).not.toContain("Confusions");
});

it("refuse what has no meaning for them", async () => {
  const refused = (name: string, rows: string, more: object = {}) => {
    writeFileSync(at(name), rows);
    const none = { validationFile: undefined, testFile: undefined };
    const options = { ...none, trainFile: at(name), method: "stl" as const, ...more };
    return failure(
      train(trainOptions(tinyModel("bert"), at("refused"), options), createTestHost()),
    );
  };
  expect(
    await refused("none.jsonl", '{"text":"a","labels":[]}\n{"text":"b","labels":[]}\n'),
  ).toMatchObject({
    code: "data-classes",
    message: "expected labels in train, found none in any row",
  });
  expect(
    await refused("single.jsonl", '{"text":"a","labels":["x"]}\n{"text":"b","labels":[]}\n'),
  ).toMatchObject({
    code: "data-classes",
    message: expect.stringContaining('found only "x"'),
  });
  expect(
    await refused("weights.jsonl", keywordLines(40), { classWeights: "balanced" }),
  ).toMatchObject({ code: "invalid-setting", message: expect.stringContaining("--class-weights") });
});
