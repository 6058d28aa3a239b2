/** A stack of TF-IDF with an encoder, in the commands that take classifiers. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { soundRows, toJsonLines } from "../../../test/fixtures/sounds.js";
import { train, trainOptions } from "../../../test/fixtures/training.js";
import { runClassify, runOpenClassifier } from "../../commands/classify.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { runExport } from "../../commands/export.js";
import { runPush } from "../../commands/push.js";
import type { Prediction } from "../../results/records/predictions.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import { wrongRow } from "../../results/records/wrong-rows.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  pushSchema,
  resolveSettings,
} from "../settings/schemas.js";
import { stackedLogits } from "./stacked-logits.js";

const at = temporaryFolder();
const model = at("run/model");
const testFile = at("test.jsonl");
const texts = ["the dog barks", "a car in the street"];
let metrics: RunMetrics;

async function predicted(name: string, given: object = {}): Promise<readonly Prediction[]> {
  const settings = resolveSettings(classifierSchema, { model: name, ...given });
  await runOpenClassifier(settings, createTestHost());
  return runClassify({ texts });
}

beforeAll(async () => {
  // The last row has a wrong label.
  const wrong = { text: "moo was heard near us again.", label: "engine" };
  writeFileSync(testFile, toJsonLines([...soundRows("test"), wrong]));
  const given = { method: "stack", maxSteps: 30, testFile } as const;
  const options = trainOptions(tinyModel("bert"), at("run"), given);
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
    const given = { model, input: testFile, fittedTemperature: true };
    const found = await runEvaluate(resolveSettings(evaluateSchema, given), createTestHost());
    const { accuracy, macro_f1, loss } = found;
    expect(metrics).toMatchObject({ test: { accuracy, macro_f1 } });
    expect(metrics.confidence.test?.at_temperature.loss).toBeCloseTo(loss, 5);
  });
});

describe("a stack", () => {
  const explain = (given: object) =>
    runExplain(resolveSettings(explainSchema, { texts, ...given }), createTestHost());
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

  it("is explained by both parts, each times its share", async () => {
    const { encoder_weight: w = Number.NaN } = metrics.held_out?.candidates[0] ?? {};
    const label = "engine";
    const both = await explain({ model, label });
    const encoder = await explain({ model: join(model, "encoder"), label });
    const linear = await explain({ model: join(model, "linear"), label });
    expect(both).toMatchObject({ encoder_weight: w, vanilla_model: null, masking: {} });
    const answers = await predicted(model);
    both.texts.forEach((text, index) => {
      expect(text.pieces.join("")).toBe(texts[index]);
      expect(text.explained_label).toBe(label);
      expect(text.label).toBe(answers[index].label);
      for (const [name, p] of Object.entries(answers[index].probabilities)) {
        expect(text.probabilities[name]).toBeCloseTo(p, 5);
      }
      const { encoder: byEncoder = [], tfidf = [] } = text.attribution_parts ?? {};
      // The texts have no punctuation, so the words of both are those between spaces.
      text.attribution.forEach((value, word) => {
        expect(byEncoder[word]).toBeCloseTo(w * encoder.texts[index].attribution[word], 3);
        expect(tfidf[word]).toBeCloseTo((1 - w) * linear.texts[index].attribution[word], 3);
        expect(value).toBeCloseTo(byEncoder[word] + tfidf[word], 3);
      });
    });
  });

  it("says which part of a text its encoder does not read", async () => {
    const long = { model, texts: ["the dog barks at a car"], maxLength: 5 };
    const [text] = (await explain(long)).texts;
    expect(text.truncated).toBeGreaterThan(0);
    expect(text.attribution_parts?.encoder.at(-1)).toBe(0);
    expect(text.attribution_parts?.tfidf.at(-1)).not.toBe(0);
  });

  it("has no tokens to mask", async () => {
    const refused = explain({ model, vanillaModel: tinyModel("bert") });
    expect(await failure(refused)).toMatchObject({
      code: "invalid-setting",
      hint: `Leave --vanilla-model out, or explain its encoder alone: --model ${join(model, "encoder")}.`,
    });
  });

  it("names in errors.csv the words that spoke for the label by both parts", async () => {
    const rows = readFileSync(at("run/errors.jsonl"), "utf8").trim().split("\n");
    const row = wrongRow.parse(JSON.parse(rows[0]));
    const found = await explain({ model, texts: [row.text], label: row.predicted });
    expect(row.words?.pieces).toEqual(found.texts[0].pieces);
    const explained = found.texts[0].attribution;
    row.words?.attribution.forEach((value, word) => {
      expect(value).toBeCloseTo(explained[word], 3);
    });
    expect(sum(row.words?.attribution ?? [])).not.toBe(0);
  });

  it("is not exported or uploaded whole: the command for its encoder is named", async () => {
    const host = createTestHost();
    const exported = runExport(resolveSettings(exportSchema, { model }), host);
    expect(await failure(exported)).toMatchObject({
      code: "checkpoint-config",
      hint: expect.stringContaining(`l3masking export ${join(model, "encoder")}`),
    });
    const repository = "org/name";
    const pushed = runPush(resolveSettings(pushSchema, { model, repository }), host);
    expect(await failure(pushed)).toMatchObject({
      code: "checkpoint-config",
      hint: expect.stringContaining(`push ${join(model, "encoder")} --repository org/name`),
    });
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
