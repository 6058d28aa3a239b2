/** Training runs from files to metrics, in one process: what is written, what is learnt, what is kept. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runEvaluate } from "../src/commands/evaluate.js";
import { parseCsv } from "../src/data/formats/delimited.js";
import { methods } from "../src/method/methods.js";
import { loadCheckpoint } from "../src/model/checkpoint/load.js";
import { parseRecordLines } from "../src/results/records/parse.js";
import { wrongRow } from "../src/results/records/wrong-rows.js";
import type { TrainResult } from "../src/run/host/host.js";
import { evaluateSchema, resolveSettings } from "../src/run/settings/schemas.js";
import { runNames } from "../src/run/settings/written-names.js";
import { readJson, readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, type TestHost, tinyModel } from "./fixtures/host.js";
import { soundFiles, soundLabels, soundRows } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const cacheFolder = at("cache");

const fraction = z.number().min(0).max(1);
const split = { accuracy: fraction, macro_f1: fraction, loss: z.number().positive() };
const perLabel = z.strictObject({
  precision: fraction,
  recall: fraction,
  f1: fraction,
  support: z.number().int(),
});
/** Texts that are read whole, each once. */
const textCounts = (texts: number) =>
  z.strictObject({
    texts: z.literal(texts),
    truncated_texts: z.literal(0),
    truncated_tokens: z.literal(0),
    unknown_words: z.number().int().min(0),
    texts_without_tokens: z.literal(0),
    repeated_texts: z.literal(0),
  });
const confidence = z.strictObject({ ece: fraction, loss: z.number().min(0) });
const splitConfidence = z.strictObject({ plain: confidence, at_temperature: confidence });
const coveragePoint = z.strictObject({
  unsure_below: fraction,
  answered: fraction,
  right: fraction,
});
const metricsSchema = z.strictObject({
  method: z.enum(methods.map(({ name }) => name)),
  seed: z.literal(0),
  model: z.string(),
  task_weights: z.literal("equal"),
  final_task_weights: z.null(),
  best_step: z.number().int().min(1),
  dev: z.strictObject(split),
  test: z.strictObject({ ...split, per_label: z.record(z.string(), perLabel) }),
  test_unseen: z.strictObject({ rows: z.number(), accuracy: fraction, macro_f1: fraction }),
  baseline: z.strictObject({
    method: z.literal("tfidf"),
    dev: z.strictObject({ accuracy: fraction, macro_f1: fraction }),
    test: z.strictObject({ accuracy: fraction, macro_f1: fraction }),
  }),
  verdict: z.string().regex(/^On \d+ texts it never saw, it is right for .+ TF-IDF: .+; always '/),
  timing: z.strictObject({
    scoring_seconds: z.number().min(0),
    training_seconds: z.number().positive(),
    tokens_per_second: z.number().positive(),
    parts: z.literal(1),
  }),
  machine: z.strictObject({
    platform: z.string(),
    architecture: z.string(),
    processor: z.string(),
    processors: z.number().int(),
    memory_bytes: z.number(),
    device: z.literal("cpu"),
    versions: z.record(z.string(), z.string()),
  }),
  confidence: z.strictObject({
    temperature: z.number().positive(),
    dev: splitConfidence,
    cross_fitted: confidence,
    test: splitConfidence,
  }),
  coverage: z.strictObject({
    split: z.literal("test"),
    rows: z.literal(11),
    plain: z.array(coveragePoint).min(1),
    at_temperature: z.array(coveragePoint).min(1),
  }),
  second_stage: z.null(),
  excluded: z.strictObject({
    empty_texts_train: z.literal(0),
    empty_texts_dev: z.literal(0),
    empty_texts_test: z.literal(0),
  }),
  text_counts: z.strictObject({
    train: textCounts(36),
    dev: textCounts(12),
    test: textCounts(12),
  }),
});
const predictionSchema = z.strictObject({
  line: z.number().int().min(1),
  expected: z.enum(["animal", "engine", "water"]),
  label: z.enum(["animal", "engine", "water"]),
  probabilities: z.strictObject({ animal: fraction, engine: fraction, water: fraction }),
  seen_in_training: z.boolean(),
});

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe.each([
  ["bert", "l3"],
  ["roberta", "stl"],
  ["roberta", "rtm"],
  ["roberta", "l3"],
] as const)("a run of %s by %s", (family, method) => {
  const model = tinyModel(family);
  const outputDir = at(`${family}-${method}`);
  let host: TestHost;
  let result: TrainResult;

  beforeAll(async () => {
    host = createTestHost({ cacheFolder });
    const options = trainOptions(model, outputDir, { method, maxSteps: 30, evalSteps: 6 });
    result = await train(options, host);
  });

  it("writes its files and nothing else", () => {
    expect(readdirSync(outputDir).sort()).toEqual([
      "baseline",
      "config.json",
      "errors.csv",
      "errors.jsonl",
      ...(method === "l3" ? ["examples.json"] : []),
      "journal.jsonl",
      ...(method === "l3" ? ["masking.json"] : []),
      "metrics.json",
      "model",
      "predictions-test.jsonl",
    ]);
    // So that no command writes over what it reads there.
    expect(runNames).toEqual(expect.arrayContaining(readdirSync(outputDir)));
    expect(readdirSync(join(outputDir, "model"))).toEqual(
      expect.arrayContaining(["config.json", "model.safetensors", "tokenizer.json"]),
    );
  });

  it("writes metrics.json with these fields", () => {
    const metrics = metricsSchema.parse(readJson(join(outputDir, "metrics.json")));
    expect(metrics).toEqual(result.metrics);
    expect(metrics).toMatchObject({ method, model });
    expect(Object.keys(metrics.test.per_label)).toEqual(soundLabels);
    const { temperature, dev, test } = metrics.confidence;
    expect(dev.plain.loss).toBeCloseTo(metrics.dev.loss, 6);
    expect(test.plain.loss).toBeCloseTo(metrics.test.loss, 6);
    expect(dev.at_temperature.loss).toBeLessThanOrEqual(dev.plain.loss);
    expect(readJson(join(outputDir, "model", "temperature.json"))).toEqual({ temperature });
    expect(metrics.coverage.plain[0]).toEqual({
      unsure_below: 0,
      answered: 1,
      right: metrics.test_unseen.accuracy,
    });
    expect(metrics.timing.scoring_seconds > 0).toBe(method === "l3");
  });

  it("writes config.json with every setting resolved", () => {
    expect(readJson(join(outputDir, "config.json"))).toMatchObject({
      settings: {
        ...soundFiles,
        method,
        model,
        outputDir,
        maxLength: 32,
        learningRate: 3e-3,
        evalSteps: 6,
        // Defaults, from docs/method.md.
        taskWeights: "equal",
        estimator: "pll-word-l2r",
        mlmProbability: 0.15,
        calibration: "exact",
        gamma: 1,
        selection: "bernoulli",
        maskReplaceProb: 0.8,
        randomReplaceProb: 0.1,
        weightDecay: 0.01,
        warmupRatio: 0.06,
        maxGradNorm: 1,
        lrSchedulerType: "linear",
        gradientAccumulationSteps: 1,
        seed: 0,
        splitSeed: 0,
      },
      labels: soundLabels,
      rows: { train: 36, dev: 12, test: 12 },
      checkpoint_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      tokenizer_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      data_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("writes a prediction for every test row, which give the metrics", () => {
    const rows = readJsonLines(join(outputDir, "predictions-test.jsonl"), predictionSchema);
    expect(rows.map(({ expected }) => expected)).toEqual(
      soundRows("test").map(({ label }) => label),
    );
    expect(rows.map(({ line }) => line)).toEqual(rows.map((_, index) => index + 1));
    for (const { label, probabilities } of rows) {
      const values = Object.values(probabilities);
      expect(values.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
      expect(probabilities[label]).toBe(Math.max(...values));
    }
    const accuracy = (some: typeof rows) =>
      some.filter(({ label, expected }) => label === expected).length / some.length;
    const unseen = rows.filter((row) => !row.seen_in_training);
    expect(rows.map((row) => row.seen_in_training)).toEqual(rows.map((_, index) => index === 11));
    const { test, test_unseen } = result.metrics;
    expect(test?.accuracy).toBeCloseTo(accuracy(rows), 12);
    expect(test_unseen).toMatchObject({ rows: 11, accuracy: expect.closeTo(accuracy(unseen), 12) });
    const loss = mean(
      rows.map(({ expected, probabilities }) => -Math.log(probabilities[expected])),
    );
    expect(test?.loss).toBeCloseTo(loss, 6);
  });

  it("writes the wrong test rows, the surest first, with the words behind the label", () => {
    const path = join(outputDir, "predictions-test.jsonl");
    const wrong = readJsonLines(path, predictionSchema).filter((row) => row.label !== row.expected);
    const found = parseRecordLines(
      wrongRow,
      readFileSync(join(outputDir, "errors.jsonl"), "utf8"),
      {
        path: "errors.jsonl",
        writer: "a run",
        hint: "",
      },
    );
    expect(found.map(({ line }) => line).sort()).toEqual(wrong.map(({ line }) => line).sort());
    const shares = found.map(({ probability }) => probability);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    const texts = soundRows("test").map(({ text }) => text);
    for (const { line, text, words } of found) {
      expect(text).toBe(texts[line - 1]);
      expect(words?.pieces.join("")).toBe(text);
    }
    const { rows } = parseCsv(readFileSync(join(outputDir, "errors.csv"), "utf8"), "errors.csv");
    expect(rows.map(({ columns }) => Number(columns.line))).toEqual(found.map(({ line }) => line));
  });

  it("keeps a journal of every step and evaluation", () => {
    const { steps, evaluations, stop } = readJournal(outputDir);
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
    expect(steps.map(({ epoch }) => epoch)).toEqual(steps.map((_, i) => Math.floor(i / 3) + 1));
    const both = method === "stl" ? { main: 1, auxiliary: 0 } : { main: 0.5, auxiliary: 0.5 };
    for (const event of steps) {
      expect(event.task_weights).toEqual(both);
      expect(event.masked_tokens > 0).toBe(method !== "stl");
      expect(event.auxiliary_loss === null).toBe(method === "stl");
    }
    expect(evaluations.map(({ step }) => step)).toEqual(
      [6, 12, 18, 24, 30].slice(0, evaluations.length),
    );
    const best = evaluations.findLast((evaluation) => evaluation.best);
    expect(stop).toMatchObject({ step: steps.length, best_step: best?.step });
    expect(result.metrics.best_step).toBe(best?.step);
    expect(result.metrics.dev).toEqual({
      ...best?.measures,
      loss: best?.loss,
    });
    expect(best?.measures.macro_f1).toBe(
      Math.max(...evaluations.map(({ measures }) => measures.macro_f1)),
    );
  });

  it("learns: the losses fall", () => {
    const { steps } = readJournal(outputDir);
    const fall = (of: (step: (typeof steps)[number]) => number | null) =>
      mean(steps.slice(0, 3).map((step) => of(step) ?? 0)) -
      mean(steps.slice(-3).map((step) => of(step) ?? 0));
    // Beside the auxiliary task, so few steps teach a model this small little of the main one.
    expect(fall(({ main_loss }) => main_loss)).toBeGreaterThan(method === "stl" ? 0.3 : 0);
    if (method !== "stl") expect(fall(({ auxiliary_loss }) => auxiliary_loss)).toBeGreaterThan(1);
  });

  it("saves the best weights: `evaluate` on model/ gives the test metrics", async () => {
    const settings = { model: join(outputDir, "model"), input: soundFiles.testFile };
    const found = await runEvaluate(resolveSettings(evaluateSchema, settings), host);
    const { test } = result.metrics;
    expect(found).toMatchObject({ rows: 12, excluded: { empty_texts: 0 } });
    // The last test row also occurs in train.
    expect(found).toMatchObject({ trained_on: 1, unseen: { rows: 11 } });
    expect(found.unseen).toMatchObject(result.metrics.test_unseen ?? {});
    expect(found.loss).toBeCloseTo(test?.loss ?? 0, 6);
    expect(found.per_label).toEqual(test?.per_label);
  });

  it("tells what it does, and closes what it opened", () => {
    const notices = host.notices();
    expect(notices).toContain(`model ${model} (${family}, 2 layers x 32, vocabulary 360)`);
    expect(notices).toContain("TEST TEXTS SEEN IN TRAINING: 1 of 12 test rows");
    const last = host.progress("training").at(-1);
    expect(last).toMatchObject({ unit: "steps", total: 30 });
    expect(host.progress("scoring").length > 0).toBe(method === "l3");
    expect(host.openSessions).toBe(0);
  });

  it("gives the same journal, metrics and weights for the same seed", async () => {
    const again = at(`${family}-${method}-again`);
    const options = trainOptions(model, again, { method, maxSteps: 30, evalSteps: 6 });
    const { metrics } = await train(options, createTestHost({ cacheFolder }));
    const { timing: _, ...same } = result.metrics;
    expect(metrics).toMatchObject(same);
    for (const name of ["journal.jsonl", "predictions-test.jsonl", "model/model.safetensors"]) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(outputDir, name)))).toBe(
        true,
      );
    }
  });

  it("goes another way with another seed", async () => {
    const other = at(`${family}-${method}-other`);
    await train(trainOptions(model, other, { method, seed: 1 }), createTestHost({ cacheFolder }));
    const losses = (folder: string) =>
      readJournal(folder)
        .steps.slice(0, 3)
        .map(({ main_loss }) => main_loss);
    expect(losses(other)).not.toEqual(losses(outputDir));
  });
});

describe("the splits of a run", () => {
  const model = tinyModel("bert");

  it("has no test metrics without a test file", async () => {
    const options = trainOptions(model, at("no-test"), { maxSteps: 1 });
    delete options.testFile;
    const { metrics } = await train(options, createTestHost());
    expect(metrics).toMatchObject({ test: null, test_unseen: null });
    expect(existsSync(at("no-test/predictions-test.jsonl"))).toBe(false);
  });

  it("cuts dev and test from train where neither is given", async () => {
    const options = trainOptions(model, at("cut"), { maxSteps: 1, folds: 0 });
    delete options.validationFile;
    delete options.testFile;
    const { metrics } = await train(options, createTestHost());
    expect(metrics.test_unseen?.rows).toBe(3);
    expect(readJson(at("cut/config.json"))).toMatchObject({ rows: { train: 30, dev: 3, test: 3 } });
  });

  it("saves a model whose labels keep their names and order", async () => {
    const { spec } = await loadCheckpoint(at("cut/model"));
    expect(spec.labels).toEqual(soundLabels);
  });
});
