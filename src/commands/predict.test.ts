import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { failure } from "../../test/fixtures/failure.js";
import { changedModel, readJsonLines, temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier, tinyModel } from "../../test/fixtures/host.js";
import { savedRecord } from "../../test/fixtures/saved-record.js";
import { toJsonLines } from "../../test/fixtures/sounds.js";
import type { Host } from "../run/host/host.js";
import { type PredictOptions, predictSchema, resolveSettings } from "../run/settings/schemas.js";
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

  it("writes them to a file, beside the input's columns or alone, and then returns none", async () => {
    const output = at("predictions.jsonl");
    const { predictions } = await predict();
    expect(await predict({ output, inputColumns: false })).toEqual({ rows: 10, output });
    expect(readJsonLines(output, predictionSchema)).toEqual(predictions);
    expect(await predict({ output })).toEqual({ rows: 10, output });
    expect(readJsonLines(output, z.unknown())).toEqual(
      predictions?.map((prediction, index) => ({ text: rows[index].text, ...prediction })),
    );
    expect(readdirSync(at(".")).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("warns where config.json leaves out layers that the weights have", async () => {
    const shallow = await changedModel(model, at("shallow"), { config: { num_hidden_layers: 1 } });
    const host = createTestHost();
    await predict({ model: shallow }, host);
    expect(host.notices("warning")).toContain(
      "is used without 1 layer that its weights have: its config.json says num_hidden_layers 1",
    );
  });

  it("gives its fields other names where the input has them, and says so", async () => {
    writeFileSync(
      at("named.csv"),
      'id,text,label,predicted_label\n1,"moo, ""moo""",x,y\n2,splash,,\n',
    );
    const host = createTestHost();
    await predict({ input: at("named.csv"), output: at("named-out.csv") }, host);
    const [head, first, second, ...rest] = readFileSync(at("named-out.csv"), "utf8").split("\n");
    expect(head).toBe("id,text,label,predicted_label,predicted_predicted_label,probability");
    expect(first).toMatch(/^1,"moo, ""moo""",x,y,animal,0\.\d+$/);
    expect(second).toMatch(/^2,splash,,,water,0\.\d+$/);
    expect(rest).toEqual([""]);
    expect(host.notices("warning")).toBe(
      'the input already has a column "label", so predictions are written to "predicted_predicted_label"',
    );
  });

  it("carries lists of labels along, which it does not need", async () => {
    writeFileSync(at("lists.jsonl"), '{"labels":["x","y"],"text":"moo moo"}\n');
    await predict({ input: at("lists.jsonl"), output: at("lists-out.jsonl") });
    expect(readJsonLines(at("lists-out.jsonl"), z.unknown())).toMatchObject([
      { labels: ["x", "y"], text: "moo moo", label: "animal" },
    ]);
  });

  it("gives rows piece by piece to whoever takes them, until nobody wants more", async () => {
    const many = at("many.jsonl");
    writeFileSync(
      many,
      toJsonLines(Array.from({ length: 2500 }, (_, id) => ({ id, text: "moo" }))),
    );
    const pieces: string[] = [];
    const taking = (enough: number) =>
      createTestHost({
        async write(text) {
          pieces.push(text);
          return pieces.length < enough;
        },
      });
    const found = await predict({ input: many }, taking(100));
    expect(found).toEqual({ rows: 2500, output: undefined });
    expect(pieces.length).toBeGreaterThan(1);
    const ids = pieces
      .join("")
      .trimEnd()
      .split("\n")
      .map((line) => z.object({ id: z.number() }).parse(JSON.parse(line)).id);
    expect(ids).toEqual(Array.from({ length: 2500 }, (_, id) => id));
    pieces.length = 0;
    const host = taking(2);
    const early = await predict({ input: many }, host);
    expect(pieces.length).toBe(2);
    expect(early.rows).toBe(pieces.join("").trimEnd().split("\n").length);
    expect(early.rows).toBeLessThan(2500);
    expect(host.openSessions).toBe(0);
  });

  it("counts over all windows what the model does not see", async () => {
    const input = at("empty.txt");
    writeFileSync(input, "\n".repeat(1500));
    const host = createTestHost();
    await predict({ input, output: at("empty.jsonl") }, host);
    expect(host.notices("info")).toContain("of 1500 texts: 1,500 texts without tokens");
    expect(host.progress("predicting").at(-1)).toMatchObject({ done: 1500, total: 1500 });
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
    expect(existsSync(`${output}.partial`)).toBe(false);
    expect(host.openSessions).toBe(0);
  });
});

describe("predict with a bound", () => {
  it("leaves rows without a label that no label is probable enough for, and counts them", async () => {
    const largest = expected.map((probabilities) => Math.max(...Object.values(probabilities)));
    const sorted = [...largest].sort((a, b) => a - b);
    const unsureBelow = (sorted[2] + sorted[3]) / 2;
    const { unsure, predictions } = await predict({ unsureBelow });
    expect(unsure).toBe(3);
    expect(predictions?.map(({ label }) => label === null)).toEqual(
      largest.map((probability) => probability < unsureBelow),
    );
    expect(await predict()).not.toHaveProperty("unsure");
    const output = at("unsure.jsonl");
    expect(await predict({ unsureBelow, output })).toMatchObject({ unsure: 3 });
    const lines = readFileSync(output, "utf8").trimEnd().split("\n");
    expect(lines.filter((line) => line.includes('"label":null'))).toHaveLength(3);
  });
});

describe("predict by windows", () => {
  it("reads texts beyond the maximum length whole, and the others as before", async () => {
    const text = "baa splash vroom baa splash vroom";
    const file = at("long.jsonl");
    writeFileSync(file, toJsonLines([{ text }, { text: "baa" }]));
    const host = createTestHost();
    const of = async (options: Partial<PredictOptions>) =>
      (await predict({ input: file, maxLength: 6, ...options }, host)).predictions ?? [];
    const [head, short] = await of({});
    const warnings = () =>
      host.events.filter((event) => JSON.stringify(event).includes("truncated"));
    const told = warnings().length;
    expect(told).toBeGreaterThan(0);
    const [whole, same] = await of({ longTexts: "windows" });
    expect(warnings()).toHaveLength(told);
    expect(whole.probabilities).not.toEqual(head.probabilities);
    expect(Object.values(whole.probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    for (const [label, probability] of Object.entries(short.probabilities)) {
      expect(same.probabilities[label]).toBeCloseTo(probability, 5);
    }
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

  it("an output whose ending tells no format it writes", async () => {
    for (const name of ["labels.json", "labels.csv.gz", "labels.parquet"]) {
      const host = createTestHost();
      const error = await failure(predict({ output: at(name) }, host));
      expect(error).toMatchObject({ code: "invalid-setting" });
      expect(error.message).toContain("ending in .jsonl, .ndjson, .csv or .tsv");
      expect(host.events).toEqual([]);
    }
  });

  it.each(["regression", "ranking"])(
    "a checkpoint whose head gives something else than labels: %s",
    async (problem) => {
      const other = await changedModel(model, at(problem), { config: { problem_type: problem } });
      const error = await failure(predict({ model: other }));
      expect(error).toMatchObject({ code: "checkpoint-config", exitCode: 4 });
      expect(error.message).toContain(
        `labels, got problem_type "${problem}" in ${other}/config.json`,
      );
    },
  );

  it.each([{ id2label: { 0: "score" } }, { id2label: null, num_labels: 1 }, { id2label: null }])(
    "a classifier with a single logit, of which softmax would make 1: %j",
    async (config) => {
      const folder = at(`one-logit-${Object.keys(config).join("-")}-${config.id2label}`);
      const one = await changedModel(model, folder, {
        config: { problem_type: null, ...config },
        tensors: (name, values) =>
          name.includes("out_proj") ? values.slice(0, values.length / 3) : values,
      });
      const error = await failure(predict({ model: one }));
      expect(error).toMatchObject({ code: "checkpoint-config" });
      expect(error.message).toContain(`got a single logit`);
      expect(error.hint).toContain("sigmoid");
    },
  );

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
    writeFileSync(at("foreign/training_args.json"), '{"format": 2, "max_length": 24}');
    const later = await failure(probabilities({ model: foreign }));
    expect(later).toMatchObject({ code: "newer-format" });

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
