import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure } from "../../../test/fixtures/failure.js";
import { changedModel, readJsonLines, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../../test/fixtures/host.js";
import { savedRecord } from "../../../test/fixtures/saved-record.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { type PredictOptions, predictSchema, resolveSettings } from "../../config.js";
import type { Host } from "../host.js";
import { runPredict } from "./predict.js";

const at = temporaryFolder();
const model = savedClassifier("roberta");
const { rows } = savedRecord().families.roberta;

const input = at("texts.jsonl");
writeFileSync(input, toJsonLines(rows.map(({ text }) => ({ text }))));

const predict = (options: Partial<PredictOptions> = {}, host: Host = createTestHost()) =>
  runPredict(resolveSettings(predictSchema, { model, input, ...options }), host);

/** Softmax of transformers' logits. */
const expected = rows.map(({ logits }) => {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const [animal, engine, water] = logits.map((logit) => Math.exp(logit) / total);
  return { animal, engine, water };
});

const predictionSchema = z.strictObject({
  label: z.enum(["animal", "engine", "water"]),
  probabilities: z.strictObject({ animal: z.number(), engine: z.number(), water: z.number() }),
});

describe("predict", () => {
  it("gives labels and probabilities in the order of the input, of empty texts too", async () => {
    const { predictions, ...rest } = await predict();
    expect(rest).toEqual({ rows: 10, output: undefined });
    expect(rows.at(-1)?.text).toBe("");
    expect(predictions?.length).toBe(10);
    predictions?.forEach(({ label, probabilities }, index) => {
      for (const [name, value] of Object.entries(expected[index])) {
        expect(probabilities[name]).toBeCloseTo(value, 5);
      }
      const largest = Object.entries(expected[index]).toSorted(([, a], [, b]) => b - a)[0][0];
      expect(label).toBe(largest);
    });
  });

  it("writes them to a file, and then returns none", async () => {
    const output = at("predictions.jsonl");
    const result = await predict({ output });
    expect(result).toEqual({ rows: 10, output });
    expect(readJsonLines(output, predictionSchema)).toEqual((await predict()).predictions);
  });

  it("in int8 comes near transformers' probabilities, but is not the same", async () => {
    const { predictions } = await predict({ precision: "int8" });
    const differences = (predictions ?? []).flatMap(({ probabilities }, index) =>
      Object.entries(expected[index]).map(([name, p]) => Math.abs(probabilities[name] - p)),
    );
    expect(differences.length).toBe(30);
    expect(Math.max(...differences)).toBeLessThan(0.05);
    expect(Math.max(...differences)).toBeGreaterThan(1e-5);
  });

  it("does not depend on the batches", async () => {
    const { predictions } = await predict();
    const { predictions: oneByOne } = await predict({ evalTokens: 1 });
    predictions?.forEach(({ probabilities }, index) => {
      for (const [name, value] of Object.entries(probabilities)) {
        expect(oneByOne?.[index].probabilities[name]).toBeCloseTo(value, 5);
      }
    });
  });

  it("divides logits by the fitted temperature where asked to, and refuses where there is none", async () => {
    const folder = at("with-temperature");
    cpSync(model, folder, { recursive: true });
    const refused = await failure(predict({ model: folder, fittedTemperature: true }));
    expect(refused).toMatchObject({ code: "checkpoint-config" });
    expect(refused.message).toContain("temperature.json");
    writeFileSync(join(folder, "temperature.json"), '{"temperature": 4}');
    const { predictions } = await predict({ model: folder, fittedTemperature: true });
    predictions?.forEach(({ probabilities }, index) => {
      const scaled = Object.entries(expected[index]).map(([name, p]) => [name, p ** 0.25] as const);
      const total = scaled.reduce((sum, [, p]) => sum + p, 0);
      for (const [name, p] of scaled) expect(probabilities[name]).toBeCloseTo(p / total, 5);
    });
  });

  it("takes the column asked for", async () => {
    writeFileSync(at("columns.csv"), "id,note,text\n1,baa,vroom vroom\n2,moo moo,brrr\n");
    const labelsOf = async (textColumn: string) => {
      const { predictions } = await predict({ input: at("columns.csv"), textColumn });
      return predictions?.map(({ label }) => label);
    };
    expect(await labelsOf("note")).toEqual(["animal", "animal"]);
    expect(await labelsOf("text")).toEqual(["engine", "engine"]);
    const error = await failure(labelsOf("nowhere"));
    expect(error).toMatchObject({ code: "data-column" });
  });

  it("tells how far it is", async () => {
    const host = createTestHost();
    await predict({ evalTokens: 1 }, host);
    const progress = host.progress("predicting");
    expect(progress.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(progress[0]).toMatchObject({ total: 10, unit: "texts" });
    expect(host.openSessions).toBe(0);
  });

  it("stops between batches when asked to, leaving the output as it was", async () => {
    const output = at("kept.jsonl");
    writeFileSync(output, "from before\n");
    const host = createTestHost({ stopAt: (e) => e.type === "progress" && e.done === 3 });
    const error = await failure(predict({ evalTokens: 1, output }, host));
    expect(error).toMatchObject({ code: "interrupted", message: "stopped after 3 of 10 texts" });
    expect(readFileSync(output, "utf8")).toBe("from before\n");
    expect(host.openSessions).toBe(0);
  });
});

describe("predict refuses", () => {
  it("an output that cannot be written, before any work", async () => {
    mkdirSync(at("folder"));
    for (const output of [at("no/such/folder.jsonl"), at("folder")]) {
      const host = createTestHost();
      const error = await failure(predict({ output }, host));
      expect(error).toMatchObject({ code: "invalid-setting" });
      expect(error.message).toContain(output);
      expect(host.events).toEqual([]);
    }
  });

  it("an input that is missing, or a model that is none", async () => {
    const missing = await failure(predict({ input: at("no-texts.jsonl") }));
    expect(missing).toMatchObject({ code: "file-missing" });
    const noModel = await failure(predict({ model: at("no-model") }));
    expect(noModel).toMatchObject({ code: "checkpoint-missing" });
  });

  it("a checkpoint without a classification head", async () => {
    const error = await failure(predict({ model: tinyModel("bert") }));
    expect(error).toMatchObject({ code: "checkpoint-tensor" });
    expect(error.message).toContain("expected a text classifier in");
  });

  it("weights that give no numbers, instead of a label", async () => {
    const broken = await changedModel(model, at("nan"), {
      tensors: (name, values) => (name.includes("out_proj") ? values.fill(Number.NaN) : values),
    });
    const error = await failure(predict({ model: broken }));
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toContain("NaN");
  });
});

describe("the length of a classifier's texts", () => {
  const long = at("long.jsonl");
  // Beyond the first 24 tokens only 'splash' follows.
  writeFileSync(long, toJsonLines([{ text: `${"moo ".repeat(8)}${"splash ".repeat(8)}` }]));
  const probabilities = async (options: Partial<PredictOptions>) =>
    (await predict({ input: long, ...options })).predictions?.[0].probabilities;

  it("is that of its training where nothing else is asked", async () => {
    expect(await probabilities({})).toEqual(await probabilities({ maxLength: 24 }));
    expect(await probabilities({})).not.toEqual(await probabilities({ maxLength: 48 }));
  });

  it("is the longest that the model reads where the folder does not say", async () => {
    const foreign = await changedModel(model, at("foreign"), {});
    writeFileSync(at("foreign/training_args.json"), "{");
    const damaged = await failure(probabilities({ model: foreign }));
    expect(damaged).toMatchObject({ code: "checkpoint-config" });
    expect(damaged.message).toContain(at("foreign/training_args.json"));

    const without = await changedModel(model, at("without"), {});
    rmSync(at("without/training_args.json"));
    expect(await probabilities({ model: without })).toEqual(await probabilities({ maxLength: 64 }));
  });

  it("is at most what the model reads", async () => {
    const error = await failure(probabilities({ maxLength: 65 }));
    expect(error).toMatchObject({ code: "invalid-setting" });
    expect(error.message).toContain("at most 64");
  });
});
