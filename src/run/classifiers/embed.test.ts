/** A linear classifier that reads embeddings: its folder, and what it alone does. test/contract has what all kinds do. */

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { labels, rows, saveEmbedClassifier } from "../../../test/fixtures/linear-classifiers.js";
import { toJsonLines } from "../../../test/fixtures/sounds.js";
import { runEvaluate } from "../../commands/evaluate.js";
import { runExplain } from "../../commands/explain.js";
import { singleTexts } from "../../data/task.js";
import type { EmbedClassifier } from "../../model/linear/embed-classifier.js";
import type { ParameterValues } from "../../model/parameters.js";
import { evaluateSchema, explainSchema, resolveSettings } from "../settings/schemas.js";
import type { LoadedModel } from "../sources/model.js";
import { loadEmbed, saveEmbed } from "./embed-folder.js";

const at = temporaryFolder();
const model = at("model");
let base: LoadedModel;
let given: ParameterValues;
let classifier: EmbedClassifier;

beforeAll(async () => {
  ({ model: base, classifier } = await saveEmbedClassifier(model));
  given = await base.weights();
});

describe("the folder of a classifier that reads embeddings", () => {
  it("gives back classifier, encoder and the most tokens of a text, wherever it is moved", async () => {
    cpSync(model, at("moved"), { recursive: true });
    const loaded = await loadEmbed(at("moved"), undefined, createTestHost());
    expect(loaded).toMatchObject({ classifier, labels, maxLength: 32 });
    const body = base.spec.family.bodyParameters(base.spec);
    for (const { name } of body) {
      expect((await loaded.model.weights()).get(name)).toEqual(given.get(name));
    }
    expect(readJson(join(at("moved"), "encoder/config.json"))).toMatchObject({
      architectures: ["BertModel"],
    });
  });

  it("has its encoder in float16 where that loses nothing", async () => {
    const values = new Map(
      Array.from(given, ([name, of]) => [name, of.map((value) => Math.round(8 * value) / 8)]),
    );
    const half = { ...base, weights: async () => values };
    await saveEmbed(at("half"), {
      classifier,
      labels,
      temperature: 1,
      task: singleTexts,
      model: half,
      maxLength: 9,
    });
    expect(readJson(at("half/encoder/config.json"))).toMatchObject({ dtype: "float16" });
    expect(readJson(join(model, "encoder/config.json"))).toMatchObject({ dtype: "float32" });
    const loaded = await loadEmbed(at("half"), undefined, createTestHost());
    for (const { name } of base.spec.family.bodyParameters(base.spec)) {
      expect((await loaded.model.weights()).get(name)).toEqual(values.get(name));
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
      ...{ classifier: { ...narrow, linear }, labels, temperature: 1, task: singleTexts },
      ...{ model: base, maxLength: 32 },
    });
    const error = await failure(loadEmbed(at("narrow"), undefined, createTestHost()));
    expect(error).toMatchObject({ code: "checkpoint-shape" });
    expect(error.message).toContain(`embeddings of length ${size - 1}, got ${size}`);
  });
});

it("is stopped between batches", async () => {
  const input = at("rows.jsonl");
  writeFileSync(input, toJsonLines(rows));
  const host = createTestHost({ stopAt: ({ type }) => type === "progress" });
  const given = resolveSettings(evaluateSchema, { model, input, evalTokens: 1 });
  const error = await failure(runEvaluate(given, host));
  expect(error).toMatchObject({ code: "interrupted", message: "stopped after 1 of 4 texts" });
});

it("gives the embedding a part in the score", async () => {
  const given = resolveSettings(explainSchema, {
    model,
    texts: ["The sail, oiled"],
    label: "sail",
  });
  const [text] = (await runExplain(given, createTestHost())).texts;
  expect(text.embedding_attribution).not.toBeCloseTo(0, 3);
});
