import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import type { ErrorCode } from "../../base/errors.js";
import { isObject } from "../../base/strict-json.js";
import { singleTexts } from "../../data/task.js";
import { writeSafetensors } from "../../model/checkpoint/formats/safetensors.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { loadLinear, saveLinear } from "./linear-folder.js";

const at = temporaryFolder();
const texts = ["the engine rattles", "a torn sail", "\ud800 the hull leaks", "engine and hull"];
const unseen = ["engine oil", "sails", "", "__proto__"];
const labels = ["engine", "__proto__", "hull"];
const classifier = fitTfidf(texts, [0, 1, 2, 0], 3);
const columns = classifier.linear.weights.length / 3;

function saved(name: string): string {
  saveLinear(at(name), { classifier, labels, temperature: 0.5, task: singleTexts });
  return at(name);
}

describe("the folder of a linear classifier", () => {
  it("gives back the classifier, to the last bit of a logit", async () => {
    const loaded = await loadLinear(saved("plain"));
    expect(loaded.labels).toEqual(labels);
    const all = [...texts, ...unseen];
    expect(tfidfLogits(loaded.classifier, all)).toEqual(tfidfLogits(classifier, all));
  });

  it("may hold two labels, and replaces another", async () => {
    const two = fitTfidf(texts, [0, 1, 1, 0], 2);
    const folder = saved("replaced");
    saveLinear(folder, { classifier: two, labels: ["a", "b"], temperature: 1, task: singleTexts });
    expect((await loadLinear(folder)).classifier).toEqual(two);
    expect(readJson(join(folder, "temperature.json"))).toEqual({ temperature: 1 });
  });
});

/** Replaces a file of the folder by what `change` makes of its JSON. */
const json =
  (name: string, change: (value: Record<string, unknown>) => unknown) => (folder: string) => {
    const value = readJson(join(folder, name));
    if (isObject(value)) writeFileSync(join(folder, name), JSON.stringify(change(value)));
  };
const config = (fields: object) => json("config.json", (value) => ({ ...value, ...fields }));
const vocabulary = (fields: object) =>
  json("vocabulary.json", (value) => ({ ...value, ...fields }));
const tensors =
  (change: Readonly<Record<string, Float32Array | undefined>>) => (folder: string) => {
    const { weights, intercepts } = classifier.linear;
    const values = { weights, intercepts, rarity: new Float32Array(columns).fill(1), ...change };
    const written = Object.entries(values).flatMap(([name, of]) => {
      if (of === undefined) return [];
      const shape = name === "weights" ? [of.length / 3, 3] : [of.length];
      return [{ name, shape, values: of }];
    });
    const bytes = [...writeSafetensors(written, { dtype: "F32" })];
    writeFileSync(join(folder, "model.safetensors"), Buffer.concat(bytes));
  };
const cut = (name: string) => (folder: string) => {
  writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 40));
};

describe("a folder is refused", () => {
  it.each<[string, ErrorCode, string, (folder: string) => void]>([
    ["of a later version", "newer-format", "got 99", config({ format: 99, features: "new" })],
    ["of other features", "checkpoint-config", "features", config({ features: "new" })],
    [
      "of embeddings without a size",
      "checkpoint-config",
      "embedding_size",
      config({ features: "embed" }),
    ],
    [
      "without weights of its embeddings",
      "checkpoint-shape",
      "weights",
      config({ features: "embed", embedding_size: 8 }),
    ],
    ["without labels", "checkpoint-config", "got 0", config({ id2label: undefined })],
    ["with one label", "checkpoint-config", "got 1", config({ id2label: { 0: "a" } })],
    ["with labels in gaps", "checkpoint-config", "no 1", config({ id2label: { 0: "a", 2: "b" } })],
    ["with a torn config", "checkpoint-config", "config.json", cut("config.json")],
    ["with torn weights", "checkpoint-format", "model.safetensors", cut("model.safetensors")],
    ["with a torn vocabulary", "checkpoint-format", "line 1", cut("vocabulary.json")],
    ["with n-grams that are none", "checkpoint-format", '"words"', vocabulary({ words: [1] })],
    ["with an n-gram twice", "checkpoint-format", "twice", vocabulary({ characters: ["a", "a"] })],
    ["with too few n-grams", "checkpoint-shape", "weights", vocabulary({ words: [] })],
    [
      "with more labels than weights",
      "checkpoint-shape",
      "weights",
      config({ id2label: { 0: "a", 1: "b", 2: "c", 3: "d" } }),
    ],
    ["without rarities", "checkpoint-tensor", "rarity", tensors({ rarity: undefined })],
    [
      "with a rarity below 1",
      "checkpoint-tensor",
      "got 0",
      tensors({ rarity: new Float32Array(columns) }),
    ],
    [
      "with a weight that is no number",
      "checkpoint-tensor",
      "finite",
      tensors({ intercepts: Float32Array.of(0, Number.NaN, 0) }),
    ],
  ])("%s", async (name, code, says, change) => {
    const folder = saved(name);
    change(folder);
    const error = await failure(loadLinear(folder));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect(error.message).toContain(folder);
    expect(error.hint).toBeDefined();
  });
});
