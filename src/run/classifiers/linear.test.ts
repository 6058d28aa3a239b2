/** A linear classifier in the commands that take classifiers. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { explanationText } from "../../apps/cli/explanation-text.js";
import { plain } from "../../apps/cli/terminal.js";
import { runClassify, runOpenClassifier } from "../../commands/classify.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { runExport } from "../../commands/export.js";
import { runPredict } from "../../commands/predict.js";
import { runPush } from "../../commands/push.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import {
  classifierSchema,
  evaluateSchema,
  explainSchema,
  exportSchema,
  predictSchema,
  pushSchema,
  resolveSettings,
} from "../settings/schemas.js";
import { saveLinear } from "./linear-folder.js";

const at = temporaryFolder();
const rows = [
  { text: "the engine rattles", label: "engine" },
  { text: "engine oil leaks", label: "engine" },
  { text: "a torn sail", label: "sail" },
  { text: "the sail flaps", label: "sail" },
];
const labels = ["engine", "sail"];
const texts = rows.map(({ text }) => text);
const classifier = fitTfidf(
  texts,
  rows.map(({ label }) => labels.indexOf(label)),
  2,
);
const model = at("model");
saveLinear(model, { classifier, labels, temperature: 2 });
const input = at("rows.jsonl");
writeFileSync(input, toJsonLines(rows));
const sigmoid = (score: number) => 1 / (1 + Math.exp(-score));

describe("a linear classifier", () => {
  it("predicts, without a runtime, and with its temperature where that is asked for", async () => {
    const [, score] = tfidfLogits(classifier, ["a sail"]);
    for (const [fittedTemperature, temperature] of [
      [false, 1],
      [true, 2],
    ] as const) {
      const given = resolveSettings(classifierSchema, { model, fittedTemperature });
      const runtime = () => Promise.reject(new Error("no runtime is needed"));
      expect(await runOpenClassifier(given, { ...createTestHost(), runtime })).toEqual(labels);
      const [{ label, probabilities }] = await runClassify({ texts: ["a sail"] });
      expect(label).toBe("sail");
      expect(probabilities.sail).toBeCloseTo(sigmoid(score / temperature), 6);
    }
  });

  it("writes predictions of a file, and is measured on one", async () => {
    const output = at("predictions.jsonl");
    const host = createTestHost();
    await runPredict(resolveSettings(predictSchema, { model, input, output }), host);
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).label)).toEqual(rows.map(({ label }) => label));
    expect(host.progress("predicting").at(-1)).toMatchObject({ done: 4, total: 4 });
    const measured = await runEvaluate(resolveSettings(evaluateSchema, { model, input }), host);
    expect(measured).toMatchObject({ rows: 4, accuracy: 1 });
  });

  it("is stopped between batches", async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ text: `engine ${i}`, label: "engine" }));
    writeFileSync(at("many.jsonl"), toJsonLines(many));
    const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
    const given = resolveSettings(evaluateSchema, { model, input: at("many.jsonl") });
    const error = await failure(runEvaluate(given, host));
    expect(error).toMatchObject({ code: "interrupted", message: "stopped after 256 of 300 texts" });
  });

  it("explains texts word by word, in the terminal and on a page", async () => {
    const host = createTestHost();
    const output = at("page.html");
    const given = { model, texts: ["The sail, oiled"], label: "sail" };
    const result = await runExplain(resolveSettings(explainSchema, given), host);
    const [text] = result.texts;
    expect(text.tokens).toEqual(["The", "sail,", "oiled"]);
    const [, score] = tfidfLogits(classifier, ["The sail, oiled"]);
    const sum = text.attribution.reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(score - classifier.linear.intercepts[0], 5);
    expect(text.attribution.indexOf(Math.max(...text.attribution))).toBe(1);
    const shown = explanationText(result)(plain);
    expect(shown).toContain("word   attribution to sail");
    expect(shown).not.toMatch(/mask|surprisal|token/);
    await runExplain(resolveSettings(explainSchema, { ...given, output }), host);
    const page = readFileSync(output, "utf8").replace(/<style>[\s\S]*?<\/style>/, "");
    expect(page).toContain("word by word");
    expect(page).not.toMatch(/vanilla|surprisal/i);
  });
});

describe("a linear classifier refuses", () => {
  it("settings of encoders", async () => {
    const host = createTestHost();
    for (const given of [{ maxLength: 64 }, { precision: "int8" as const }]) {
      const settings = resolveSettings(classifierSchema, { model, ...given });
      expect(await failure(runOpenClassifier(settings, host))).toMatchObject({
        code: "invalid-setting",
        hint: expect.stringMatching(/^Leave --(max-length|precision int8) out\.$/),
      });
    }
    const given = { model, texts: ["a"], vanillaModel: "x", gamma: 2 };
    const error = await failure(runExplain(resolveSettings(explainSchema, given), host));
    expect(error.message).toContain("--vanilla-model, --gamma");
  });

  it("to be exported or pushed", async () => {
    const host = createTestHost();
    const exported = runExport(resolveSettings(exportSchema, { model }), host);
    const pushed = runPush(resolveSettings(pushSchema, { model, repository: "a/b" }), host);
    for (const error of [await failure(exported), await failure(pushed)]) {
      expect(error).toMatchObject({ code: "checkpoint-config" });
      expect(error.message).toContain(`got a linear classifier in ${model}`);
    }
  });
});
