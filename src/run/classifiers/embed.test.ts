/** A linear classifier that reads embeddings, in the commands that take classifiers. */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost, tinyModel } from "../../../test/fixtures/host.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { explanationText } from "../../apps/cli/explanation-text.js";
import { plain } from "../../apps/cli/terminal.js";
import { runClassify, runOpenClassifier } from "../../commands/classify.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { runExport } from "../../commands/export.js";
import { runPredict } from "../../commands/predict.js";
import { runPush } from "../../commands/push.js";
import {
  type EmbedClassifier,
  embedLogits,
  fitEmbed,
} from "../../model/linear/embed-classifier.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  predictSchema,
  pushSchema,
  resolveSettings,
} from "../settings/schemas.js";
import { encodeOnce } from "../sources/labelled-texts.js";
import { type LoadedModel, loadModel } from "../sources/model.js";
import { openEmbedder } from "./embed.js";
import { loadEmbed, saveEmbed } from "./embed-folder.js";

const at = temporaryFolder();
const rows = [
  { text: "the engine rattles", label: "engine" },
  { text: "engine oil leaks", label: "engine" },
  { text: "a torn sail", label: "sail" },
  { text: "the sail flaps", label: "sail" },
];
const labels = ["engine", "sail"];
const texts = rows.map(({ text }) => text);
const model = at("model");
const input = at("rows.jsonl");
const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));

let base: LoadedModel;
let classifier: EmbedClassifier;

async function embeddingsOf(given: readonly string[], maxLength = 32): Promise<Float32Array> {
  const embedder = await openEmbedder({ model: base }, await createTestHost().runtime(1));
  const encodings = given.map(encodeOnce(base.tokenizer, maxLength));
  const found = await embedder.embed(encodings, 1024, () => undefined);
  await embedder.dispose();
  return found;
}

async function scoreOf(text: string): Promise<number> {
  return embedLogits(classifier, { texts: [text], embeddings: await embeddingsOf([text]) })[1];
}

beforeAll(async () => {
  base = await loadModel(tinyModel("bert"), createTestHost());
  const embeddings = await embeddingsOf(texts);
  const ids = rows.map(({ label }) => labels.indexOf(label));
  classifier = fitEmbed({ texts, embeddings }, ids, 2);
  await saveEmbed(model, { classifier, labels, temperature: 2, model: base, maxLength: 32 });
  writeFileSync(input, toJsonLines(rows));
});

describe("the folder of a classifier that reads embeddings", () => {
  it("gives back classifier, encoder and the most tokens of a text, wherever it is moved", async () => {
    cpSync(model, at("moved"), { recursive: true });
    const loaded = await loadEmbed(at("moved"), undefined, createTestHost());
    expect(loaded).toMatchObject({ classifier, labels, maxLength: 32 });
    const body = base.spec.family.bodyParameters(base.spec);
    for (const { name } of body) {
      expect(loaded.model.values.get(name)).toEqual(base.values.get(name));
    }
    expect(readJson(join(at("moved"), "encoder/config.json"))).toMatchObject({
      architectures: ["BertModel"],
    });
  });

  it("has its encoder in float16 where that loses nothing", async () => {
    const values = new Map(
      Array.from(base.values, ([name, of]) => [name, of.map((value) => Math.round(8 * value) / 8)]),
    );
    const half = { ...base, values };
    await saveEmbed(at("half"), { classifier, labels, temperature: 1, model: half, maxLength: 9 });
    expect(readJson(at("half/encoder/config.json"))).toMatchObject({ dtype: "float16" });
    expect(readJson(join(model, "encoder/config.json"))).toMatchObject({ dtype: "float32" });
    const loaded = await loadEmbed(at("half"), undefined, createTestHost());
    for (const { name } of base.spec.family.bodyParameters(base.spec)) {
      expect(loaded.model.values.get(name)).toEqual(values.get(name));
    }
  });

  it("is refused with another encoder, or none", async () => {
    cpSync(model, at("other"), { recursive: true });
    const config = join(at("other"), "config.json");
    const size = classifier.size;
    const text = readFileSync(config, "utf8");
    expect(text).toContain(`"embedding_size": ${size}`);
    rmSync(join(at("other"), "encoder"), { recursive: true });
    const missing = await failure(loadEmbed(at("other"), undefined, createTestHost()));
    expect(missing).toMatchObject({ code: "checkpoint-missing" });
    expect(missing.message).toContain(join(at("other"), "encoder"));
    const narrow = { ...classifier, size: size - 1 };
    const linear = {
      ...classifier.linear,
      weights: classifier.linear.weights.slice(0, -1),
    };
    await saveEmbed(at("narrow"), {
      ...{ classifier: { ...narrow, linear }, labels, temperature: 1 },
      ...{ model: base, maxLength: 32 },
    });
    const error = await failure(loadEmbed(at("narrow"), undefined, createTestHost()));
    expect(error).toMatchObject({ code: "checkpoint-shape" });
    expect(error.message).toContain(`embeddings of length ${size - 1}, got ${size}`);
  });
});

describe("a classifier that reads embeddings", () => {
  it("predicts, with its temperature where that is asked for", async () => {
    const score = await scoreOf("a sail");
    for (const [fittedTemperature, temperature] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const given = resolveSettings(classifierSchema, { model, fittedTemperature });
      expect(await runOpenClassifier(given, createTestHost())).toEqual(labels);
      const [{ label, probabilities }] = await runClassify({ texts: ["a sail"] });
      expect(label).toBe("sail");
      expect(probabilities.sail).toBeCloseTo(sigmoid(score / temperature), 5);
    }
  });

  it("writes predictions of a file, and is measured on one", async () => {
    const output = at("predictions.jsonl");
    const host = createTestHost();
    await runPredict(resolveSettings(predictSchema, { model, input, output }), host);
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).label)).toEqual(rows.map(({ label }) => label));
    const measured = await runEvaluate(resolveSettings(evaluateSchema, { model, input }), host);
    expect(measured).toMatchObject({ rows: 4, accuracy: 1 });
  });

  it("is stopped between batches", async () => {
    const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
    const given = resolveSettings(evaluateSchema, { model, input, evalTokens: 1 });
    const error = await failure(runEvaluate(given, host));
    expect(error).toMatchObject({ code: "interrupted", message: "stopped after 1 of 4 texts" });
  });

  it("explains texts by their words and by the embedding, which sum to the score", async () => {
    const host = createTestHost();
    const output = at("page.html");
    const given = { model, texts: ["The sail, oiled"], label: "sail" };
    const result = await runExplain(resolveSettings(explainSchema, given), host);
    const [text] = result.texts;
    expect(text.tokens).toEqual(["The", "sail,", "oiled"]);
    const whole = text.embedding_attribution ?? Number.NaN;
    const sum = text.attribution.reduce((a, b) => a + b, whole);
    const score = await scoreOf("The sail, oiled");
    expect(sum).toBeCloseTo(score - classifier.linear.intercepts[0], 4);
    expect(whole).not.toBeCloseTo(0, 3);
    expect(explanationText(result)(plain)).toContain("(the text as a whole)");
    await runExplain(resolveSettings(explainSchema, { ...given, output }), host);
    expect(readFileSync(output, "utf8")).toContain("The text as a whole, by its embedding");
  });

  it("refuses settings that it has no use for", async () => {
    const host = createTestHost();
    for (const given of [{ longTexts: "windows" as const }, { precision: "int8" as const }]) {
      const settings = resolveSettings(classifierSchema, { model, ...given });
      expect(await failure(runOpenClassifier(settings, host))).toMatchObject({
        code: "invalid-setting",
        hint: expect.stringMatching(/^Leave --(long-texts windows|precision int8) out\.$/),
      });
    }
    const given = { model, texts: ["a"], vanillaModel: "x", gamma: 2 };
    const error = await failure(runExplain(resolveSettings(explainSchema, given), host));
    expect(error.message).toContain("--vanilla-model, --gamma");
  });

  it("refuses to be exported or pushed", async () => {
    const host = createTestHost();
    const exported = runExport(resolveSettings(exportSchema, { model }), host);
    const pushed = runPush(resolveSettings(pushSchema, { model, repository: "a/b" }), host);
    for (const error of [await failure(exported), await failure(pushed)]) {
      expect(error).toMatchObject({ code: "checkpoint-config" });
      expect(error.message).toContain(`got a linear classifier in ${model}`);
    }
  });
});
