/**
 * Folders that `train` saved, against what transformers computes from them (scripts/golden/saved_folder.mjs, then
 * check_saved.py). Predictions of a program that loads the folder must be those of the project.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openClassifier } from "../src/run/classifiers/kinds.js";
import { classifierSchema, resolveSettings } from "../src/run/settings/schemas.js";
import { loadTokenizer } from "../src/text/load.js";
import { createTestHost, savedClassifier } from "./fixtures/host.js";
import { savedRecord } from "./fixtures/saved-record.js";

const record = savedRecord();

const classes = {
  bert: "BertForSequenceClassification",
  roberta: "RobertaForSequenceClassification",
};

describe.each(["bert", "roberta"] as const)("a saved %s classifier", (family) => {
  const folder = savedClassifier(family);
  const expected = record.families[family];
  const json = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));

  it("was loaded whole by transformers, which found the same ids and logits", () => {
    expect(expected).toMatchObject({
      class: classes[family],
      labels: ["animal", "engine", "water"],
      missing: [],
      unexpected: [],
      idsEqual: true,
    });
    expect(expected.largestDifference).toBeLessThan(1e-4);
    expect(expected.rows.length).toBeGreaterThanOrEqual(10);
  });

  it("gives transformers' ids and logits here", async () => {
    const tokenizer = await loadTokenizer(folder);
    const texts = expected.rows.map(({ text }) => text);
    const ids = texts.map((text) => Array.from(tokenizer.encode(text, record.maxLength).ids));
    expect(ids).toEqual(expected.rows.map((row) => row.ids));

    const settings = resolveSettings(classifierSchema, { model: folder });
    const classifier = await openClassifier(settings, createTestHost());
    expect(classifier.labels).toEqual(expected.labels);
    const logits = await classifier.logits(texts, "predicting");
    await classifier.dispose();
    const reference = expected.rows.flatMap((row) => row.logits);
    expect(logits.length).toBe(reference.length);
    const largest = logits.reduce((most, v, i) => Math.max(most, Math.abs(v - reference[i])), 0);
    expect(largest).toBeLessThan(1e-4);
  });

  it("has the files that transformers.js reads, whose tokenizer finds the same ids", () => {
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining(["config.json", "tokenizer.json", "tokenizer_config.json"]),
    );
    expect(json("config.json")).toMatchObject({
      model_type: family,
      architectures: [classes[family]],
      id2label: { 0: "animal", 1: "engine", 2: "water" },
      label2id: { animal: 0, engine: 1, water: 2 },
    });
    const objects = z.record(z.string(), z.unknown());
    const tokenizer = new Tokenizer(
      objects.parse(json("tokenizer.json")),
      objects.parse(json("tokenizer_config.json")),
    );
    for (const { text, ids } of expected.rows) {
      const found = Array.from(tokenizer.encode(text).ids);
      // That library does not truncate; the last token of a cut row is the closing special one.
      expect(found.slice(0, ids.length - 1)).toEqual(ids.slice(0, -1));
      expect(found.at(-1)).toBe(ids.at(-1));
    }
  });
});
