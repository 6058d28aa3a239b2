/** What a run keeps of long texts is kept by all that classifies with its model, without being told. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runExplain } from "../src/commands/explain.js";
import { runPredict } from "../src/commands/predict.js";
import {
  explainSchema,
  type PredictOptions,
  predictSchema,
  resolveSettings,
} from "../src/run/settings/schemas.js";
import { failure } from "./fixtures/failure.js";
import { readJson, readJsonLines, temporaryFolder } from "./fixtures/folders.js";
import { createTestHost, tinyModel } from "./fixtures/host.js";
import { soundRows, toJsonLines } from "./fixtures/sounds.js";
import { readJournal, train, trainOptions } from "./fixtures/training.js";

const at = temporaryFolder();
const predicted = z.looseObject({ probabilities: z.record(z.string(), z.number()) });

/** Long texts that begin alike; what tells the label is at their end. */
const longer = (split: "train" | "dev" | "test") =>
  soundRows(split).map(({ text, label }) => ({ text: `${"baa splash ".repeat(8)}${text}`, label }));

describe.each([
  ["stl", "head-tail"],
  ["embed", "head-tail"],
  ["stl", "windows"],
  ["embed", "windows"],
  ["stack", "windows"],
] as const)("%s, --long-texts %s", (method, longTexts) => {
  const folder = at(`${method}-${longTexts}`);
  const model = join(folder, "model");
  const input = at("test.jsonl");
  beforeAll(async () => {
    for (const split of ["train", "dev", "test"] as const) {
      writeFileSync(at(`${split}.jsonl`), toJsonLines(longer(split)));
    }
    const files = {
      trainFile: at("train.jsonl"),
      validationFile: at("dev.jsonl"),
      testFile: input,
    };
    const options = { ...files, method, maxLength: 12, longTexts } as const;
    await train(trainOptions(tinyModel("bert"), folder, options), createTestHost());
  });
  const predict = async (more: Partial<PredictOptions> = {}) => {
    const settings = resolveSettings(predictSchema, { model, input, ...more });
    const { predictions = [] } = await runPredict(settings, createTestHost());
    return predictions.map(({ probabilities }) => Object.values(probabilities));
  };
  const trained = () =>
    readJsonLines(join(folder, "predictions-test.jsonl"), predicted).map(({ probabilities }) =>
      Object.values(probabilities),
    );

  it("is recorded, and predicts as in training", async () => {
    const place = method === "stl" ? model : join(model, "encoder");
    expect(readJson(join(place, "training_args.json"))).toMatchObject({ long_texts: longTexts });
    const found = await predict();
    trained().forEach((row, index) => {
      row.forEach((probability, label) => {
        expect(found[index][label]).toBeCloseTo(probability, 5);
      });
    });
    expect(found).toEqual(await predict({ longTexts }));
    expect(found).not.toEqual(await predict({ longTexts: "head" }));
  });

  it.runIf(method === "stl")("explains the tokens that it reads", async () => {
    const [{ text }] = longer("test");
    const output = at("explained.html");
    const settings = resolveSettings(explainSchema, { model, texts: [text], output });
    await runExplain(settings, createTestHost());
    const explained = readFileSync(output, "utf8");
    // The full stop at the end.
    expect(explained).toContain(">.</span>");
  });

  it.runIf(longTexts === "windows" && method !== "embed")("explains whole texts", async () => {
    const [{ text }] = longer("test");
    const settings = resolveSettings(explainSchema, { model, texts: [text] });
    const [explained] = (await runExplain(settings, createTestHost())).texts;
    expect(explained.truncated).toBe(0);
    expect(explained.pieces.join("")).toBe(text);
    expect(explained.attribution.every((value) => value !== 0)).toBe(true);
  });
});

it("explains a text with head and tail by surprisals too", async () => {
  const folder = at("l3");
  const files = { trainFile: at("train.jsonl"), validationFile: at("dev.jsonl") };
  const given = {
    ...files,
    method: "l3",
    maxLength: 12,
    maxSteps: 1,
    longTexts: "head-tail",
  } as const;
  const host = createTestHost({ cacheFolder: at("cache") });
  await train(trainOptions(tinyModel("bert"), folder, given), host);
  const [{ text }] = longer("test");
  const settings = resolveSettings(explainSchema, { model: join(folder, "model"), texts: [text] });
  const [explained] = (await runExplain(settings, host)).texts;
  expect(explained.truncated).toBeGreaterThan(0);
  expect(explained.surprisal.filter((value) => value !== null)).toHaveLength(10);
});

describe("--long-texts windows", () => {
  it("trains every window of a text", async () => {
    const files = { trainFile: at("train.jsonl"), validationFile: at("dev.jsonl") };
    const options = { ...files, maxLength: 12, longTexts: "windows", batchSize: 36 } as const;
    const folder = at("steps");
    const epochs = { maxSteps: undefined, numTrainEpochs: 1 };
    await train(
      trainOptions(tinyModel("bert"), folder, { ...options, ...epochs }),
      createTestHost(),
    );
    // 36 texts of more than two windows.
    expect(readJournal(folder).steps.length).toBeGreaterThan(2);
  });

  it("is refused where tokens are masked, and with a vanilla model", async () => {
    const options = trainOptions(tinyModel("bert"), at("rtm"), {
      method: "rtm",
      longTexts: "windows",
    });
    expect(await failure(train(options, createTestHost()))).toMatchObject({
      code: "invalid-setting",
      message: expect.stringContaining("--method rtm"),
    });
    const model = join(at("steps"), "model");
    const given = { model, vanillaModel: tinyModel("bert"), texts: ["baa"] };
    const explained = runExplain(resolveSettings(explainSchema, given), createTestHost());
    expect(await failure(explained)).toMatchObject({
      code: "invalid-setting",
      hint: "Leave --vanilla-model out.",
    });
  });
});
