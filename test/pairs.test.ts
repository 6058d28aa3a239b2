/** Pairs of texts from files to predictions: every kind of classifier reads them as it was trained, without being told. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runClassify, runOpenClassifier } from "../src/commands/classify.js";
import { runEvaluate } from "../src/commands/evaluate.js";
import { runExplain } from "../src/commands/explain.js";
import { runPredict } from "../src/commands/predict.js";
import { runScore } from "../src/commands/score.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  predictSchema,
  resolveSettings,
  scoreSchema,
} from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundRows, toJsonLines } from "./fixtures/sounds.js";
import { train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const predicted = z.looseObject({ probabilities: z.record(z.string(), z.number()) });
const textColumn = "place,sound";

/** The sound is the second text; the first one says nothing of it. */
const rows = (split: "train" | "dev" | "test") =>
  soundRows(split).map(({ text, label }, row) => ({
    place: row % 2 === 0 ? "by the mill" : "at noon",
    sound: text,
    label,
  }));

function write(split: "train" | "dev" | "test"): string {
  writeFileSync(at(`${split}.jsonl`), toJsonLines(rows(split)));
  return at(`${split}.jsonl`);
}

describe.each(["tfidf", "embed", "l3", "stack"] as const)("pairs, %s", (method) => {
  const folder = at(method);
  const model = join(folder, "model");
  const input = at("test.jsonl");
  beforeAll(async () => {
    const files = {
      ...{ trainFile: write("train"), validationFile: write("dev"), testFile: write("test") },
      cacheDir: at("cache"),
    };
    const options = { ...files, method, textColumn, maxLength: 20 };
    await train(trainOptions(tinyModel("bert"), folder, options), createTestHost());
  });
  const predict = async (more: { readonly textColumn?: string; readonly input?: string } = {}) => {
    const settings = resolveSettings(predictSchema, { model, input, ...more });
    const { predictions = [] } = await runPredict(settings, createTestHost());
    return predictions.map(({ probabilities }) => Object.values(probabilities));
  };

  it("are predicted as in training, by the columns of training", async () => {
    const found = await predict();
    const trained = readJsonLines(join(folder, "predictions-test.jsonl"), predicted);
    expect(found.length).toBe(trained.length);
    trained.forEach(({ probabilities }, index) => {
      Object.values(probabilities).forEach((probability, label) => {
        expect(found[index][label]).toBeCloseTo(probability, 5);
      });
    });
    const swapped = await predict({ textColumn: "sound,place" });
    if (method === "tfidf") return;
    expect(swapped).not.toEqual(found);
  });

  it("are evaluated and explained with both texts", async () => {
    const evaluated = await runEvaluate(
      resolveSettings(evaluateSchema, { model, input, output: at(`${method}.csv`) }),
      createTestHost(),
    );
    expect(evaluated.rows).toBe(rows("test").length);
    const settings = { model, texts: ["by the mill", "a splash was heard"] };
    const host = createTestHost({ cacheFolder: at("cache") });
    const { texts } = await runExplain(resolveSettings(explainSchema, settings), host);
    expect(texts.map(({ text }) => text)).toEqual(["by the mill ␞ a splash was heard"]);
    const words = texts[0].pieces.join("").replaceAll(/\s/g, "");
    expect(words).toMatch(/bythemill.*asplashwasheard/);
  });

  it("are asked for where single texts come, and the reverse", async () => {
    expect(await failure(predict({ textColumn: "sound" }))).toMatchObject({ code: "data-pair" });
    const odd = resolveSettings(explainSchema, { model, texts: ["one"] });
    expect(await failure(runExplain(odd, createTestHost()))).toMatchObject({ code: "data-pair" });
    const host = createTestHost();
    await runOpenClassifier(resolveSettings(classifierSchema, { model }), host);
    const [both] = await runClassify({ texts: [["at noon", "baa"]] });
    expect(Object.keys(both.probabilities)).toEqual(["animal", "engine", "water"]);
    const single = await failure(runClassify({ texts: ["baa"] }));
    expect(single).toMatchObject({
      code: "data-pair",
      message: expect.stringContaining("a pair of texts, place and sound, as text 1, got one"),
    });
  });
});

it("scores both texts of a pair", async () => {
  const settings = {
    ...{ model: tinyModel("bert"), input: write("test"), output: at("scores.jsonl"), textColumn },
    cacheDir: at("cache"),
  };
  await runScore(resolveSettings(scoreSchema, { ...settings, maxLength: 32 }), createTestHost());
  const line = z.object({ tokens: z.array(z.string()), logprob: z.array(z.number().nullable()) });
  const [first] = readJsonLines(at("scores.jsonl"), line);
  const unscored = first.tokens.filter((_, token) => first.logprob[token] === null);
  expect(unscored).toEqual(["[CLS]", "[SEP]", "[SEP]"]);
});

it("needs the same kind of texts in all files, and keeps the head of long ones", async () => {
  writeFileSync(at("one.csv"), 'text,"place,sound",label\na,moo was heard,animal\n');
  const given = { trainFile: write("train"), validationFile: write("dev"), textColumn };
  const files = { ...given, testFile: at("one.csv") };
  const run = (options: object) =>
    failure(train(trainOptions(tinyModel("bert"), at("other"), { ...options }), createTestHost()));
  expect(await run(files)).toMatchObject({ code: "data-column" });
  expect(
    await run({ ...files, testFile: write("test"), longTexts: "windows", method: "stl" }),
  ).toMatchObject({ code: "invalid-setting" });
});
