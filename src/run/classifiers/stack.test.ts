/** A stack of TF-IDF with an encoder, in the commands that take classifiers. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { soundFiles } from "../../../test/fixtures/sounds.js";
import { train, trainOptions } from "../../../test/fixtures/training.js";
import { runClassify, runOpenClassifier } from "../../commands/classify.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { runExport } from "../../commands/export.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  resolveSettings,
} from "../settings/schemas.js";
import { stackedLogits } from "./stacked-logits.js";

const at = temporaryFolder();
const model = at("run/model");
const texts = ["the dog barks", "a car in the street"];
let metrics: RunMetrics;

async function predicted(name: string, given: object = {}): Promise<readonly Prediction[]> {
  const settings = resolveSettings(classifierSchema, { model: name, ...given });
  await runOpenClassifier(settings, createTestHost());
  return runClassify({ texts });
}

beforeAll(async () => {
  const options = trainOptions(tinyModel("bert"), at("run"), { method: "stack", maxSteps: 30 });
  ({ metrics } = await train(options, createTestHost()));
});

it("mixes log-probabilities: 0.8 and 0.4 in equal parts are sqrt(0.8 x 0.4), before they are scaled to sum to 1", () => {
  const encoder = Float32Array.of(Math.log(8), Math.log(2));
  const linear = Float32Array.of(Math.log(0.04), Math.log(0.06));
  const [a, b] = stackedLogits(0.5, encoder, linear, 2);
  expect(a).toBeCloseTo(Math.log(Math.sqrt(0.8 * 0.4)), 6);
  expect(b).toBeCloseTo(Math.log(Math.sqrt(0.2 * 0.6)), 6);
  expect(stackedLogits(1, encoder, linear, 2)[0]).toBeCloseTo(Math.log(0.8), 6);
  expect(stackedLogits(0, encoder, linear, 2)[1]).toBeCloseTo(Math.log(0.6), 6);
});

describe("--method stack", () => {
  it("keeps both parts and the weight of the encoder", () => {
    expect(metrics).toMatchObject({ method: "stack", held_out: { folds: 0, choice: null } });
    const [{ encoder_weight: weight }] = metrics.held_out?.candidates ?? [];
    expect(readJson(join(model, "config.json"))).toMatchObject({
      model_type: "l3masking-stack",
      encoder_weight: weight,
    });
    expect(readJson(join(model, "linear/config.json"))).toMatchObject({ features: "tfidf" });
    expect(readJson(join(model, "encoder/config.json"))).toMatchObject({ model_type: "bert" });
    expect(metrics.verdict).toContain("TF-IDF:");
  });

  it("predicts as its parts do, mixed by the weight", async () => {
    const { encoder_weight: w = Number.NaN } = metrics.held_out?.candidates[0] ?? {};
    const both = await predicted(model);
    const encoder = await predicted(join(model, "encoder"));
    const linear = await predicted(join(model, "linear"));
    both.forEach(({ probabilities }, index) => {
      const pooled = Object.keys(probabilities).map(
        (label) =>
          encoder[index].probabilities[label] ** w * linear[index].probabilities[label] ** (1 - w),
      );
      const total = pooled.reduce((a, b) => a + b);
      Object.values(probabilities).forEach((p, label) => {
        expect(p).toBeCloseTo(pooled[label] / total, 5);
      });
    });
  });

  it("is measured by evaluate as it was by the run, at its temperature too", async () => {
    const given = { model, input: soundFiles.testFile, fittedTemperature: true };
    const found = await runEvaluate(resolveSettings(evaluateSchema, given), createTestHost());
    const { accuracy, macro_f1, loss } = found;
    expect(metrics).toMatchObject({ test: { accuracy, macro_f1 } });
    expect(metrics.confidence.test?.at_temperature.loss).toBeCloseTo(loss, 5);
  });
});

describe("a stack", () => {
  it("is neither explained nor exported whole: its parts are", async () => {
    const host = createTestHost();
    const explained = runExplain(resolveSettings(explainSchema, { model, texts }), host);
    expect(await failure(explained)).toMatchObject({
      code: "invalid-setting",
      hint: `Explain one of them: --model ${join(model, "linear")} or ${join(model, "encoder")}.`,
    });
    const exported = runExport(resolveSettings(exportSchema, { model }), host);
    expect(await failure(exported)).toMatchObject({
      code: "checkpoint-config",
      hint: `Name one of its parts: ${join(model, "encoder")}.`,
    });
    const linear = { model: join(model, "linear"), texts };
    const result = await runExplain(resolveSettings(explainSchema, linear), host);
    expect(result.attribution_input).toBe("n-grams");
  });

  it("is refused with a damaged config, without its encoder or its linear part", async () => {
    const broken = (name: string) => {
      cpSync(model, at(name), { recursive: true });
      return at(name);
    };
    const config = join(broken("odd"), "config.json");
    const text = readFileSync(config, "utf8");
    writeFileSync(config, text.replace(/"encoder_weight": [\d.]+/, '"encoder_weight": 2'));
    expect(await failure(predicted(at("odd")))).toMatchObject({ code: "checkpoint-config" });
    rmSync(join(broken("half"), "encoder"), { recursive: true });
    expect(await failure(predicted(at("half")))).toMatchObject({ code: "checkpoint-missing" });
    rmSync(join(broken("other"), "linear"), { recursive: true });
    expect(await failure(predicted(at("other")))).toMatchObject({ code: "checkpoint-missing" });
  });
});
