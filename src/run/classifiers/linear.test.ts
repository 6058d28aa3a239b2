/** A TF-IDF classifier: what it alone does. test/contract has what all kinds do. */
import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { rows, saveTfidfClassifier } from "../../../test/fixtures/linear-classifiers.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { runPredict } from "../../commands/predict.js";
import {
  evaluateSchema,
  explainSchema,
  predictSchema,
  resolveSettings,
} from "../settings/schemas.js";

const at = temporaryFolder();
const model = at("model");
const input = at("rows.jsonl");
await saveTfidfClassifier(model);

it("counts the rows that it predicts", async () => {
  writeFileSync(input, toJsonLines(rows));
  const host = createTestHost();
  await runPredict(resolveSettings(predictSchema, { model, input, output: at("out.jsonl") }), host);
  expect(host.progress("predicting").at(-1)).toMatchObject({ done: 4, total: 4 });
});

it("is stopped between batches", async () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ text: `engine ${i}`, label: "engine" }));
  writeFileSync(input, toJsonLines(many));
  const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
  const error = await failure(runEvaluate(resolveSettings(evaluateSchema, { model, input }), host));
  expect(error).toMatchObject({ code: "interrupted", message: "stopped after 256 of 300 texts" });
});

it("attributes a label most to the word that names it", async () => {
  const given = resolveSettings(explainSchema, {
    model,
    texts: ["The sail, oiled"],
    label: "sail",
  });
  const [{ attribution }] = (await runExplain(given, createTestHost())).texts;
  expect(attribution.indexOf(Math.max(...attribution))).toBe(1);
});
