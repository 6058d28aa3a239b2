import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { failure } from "../../test/fixtures/failure.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost, savedClassifier } from "../../test/fixtures/host.js";
import { savedRecord } from "../../test/fixtures/saved-record.js";
import { toJsonLines } from "../../test/fixtures/sounds.js";
import { parseCsv } from "../data/formats/delimited.js";
import { writeTrainingTexts } from "../run/folder/training-texts.js";
import type { Host } from "../run/host/host.js";
import { type EvaluateOptions, evaluateSchema, resolveSettings } from "../run/settings/schemas.js";
import { runEvaluate } from "./evaluate.js";

const at = temporaryFolder();
const model = savedClassifier("bert");

const evaluate = (options: Partial<EvaluateOptions>, host: Host = createTestHost()) =>
  runEvaluate(resolveSettings(evaluateSchema, { model, input: "", ...options }), host);

const file = (name: string, rows: readonly unknown[]) => {
  writeFileSync(at(name), toJsonLines(rows));
  return at(name);
};

describe("evaluate", () => {
  it("gives the metrics of the golden logits, and leaves empty texts out", async () => {
    const { labels, rows } = savedRecord().families.bert;
    // The label of the largest golden logit, but for the first row, which is told to be water.
    const given = rows.map(({ text, logits }, index) => ({
      text,
      label: index === 0 ? "water" : labels[logits.indexOf(Math.max(...logits))],
    }));
    const filled = rows.slice(0, -1);
    const loss = filled.map(({ logits }, index) => {
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
      return Math.log(total) - logits[labels.indexOf(given[index].label)];
    });
    const result = await evaluate({ input: file("golden.jsonl", given) });
    expect(result).toMatchObject({ rows: 9, excluded: { empty_texts: 1 } });
    expect(result.accuracy).toBeCloseTo(8 / 9, 12);
    expect(result.loss).toBeCloseTo(loss.reduce((a, b) => a + b) / 9, 5);
    expect(Object.keys(result.per_label)).toEqual(labels);
    const support = given.slice(0, -1).filter(({ label }) => label === "water").length;
    expect(result.per_label.water).toMatchObject({
      precision: 1,
      recall: expect.closeTo((support - 1) / support, 12),
      support,
    });
  });

  it("counts a label that no row has with F1 = 0", async () => {
    const input = file("one.jsonl", [{ text: "baa", label: "animal" }]);
    const { accuracy, macro_f1 } = await evaluate({ input });
    expect({ accuracy, macro_f1 }).toEqual({ accuracy: 1, macro_f1: expect.closeTo(1 / 3, 12) });
  });

  it("takes the columns asked for, and tells how far it is", async () => {
    writeFileSync(at("columns.csv"), "text,said,truth\nsplash,baa,animal\nbaa,splash,water\n");
    const host = createTestHost();
    const options = { input: at("columns.csv"), textColumn: "said", labelColumn: "truth" };
    expect((await evaluate(options, host)).accuracy).toBe(1);
    expect(host.progress("evaluating").at(-1)).toMatchObject({ done: 2, total: 2 });
    expect(host.openSessions).toBe(0);
  });
});

describe("evaluate tells", () => {
  const rows = [
    { text: "baa", label: "animal", id: 7 },
    { text: "splash", label: "water", id: 8 },
  ];

  it("which texts the classifier was trained on, and how it does on the others", async () => {
    const folder = at("trained");
    cpSync(model, folder, { recursive: true });
    writeTrainingTexts(folder, ["baa "]);
    const input = file("seen.jsonl", rows);
    const found = await evaluate({ model: folder, input });
    expect(found).toMatchObject({ trained_on: 1, unseen: { rows: 1 } });
    expect([0, 1]).toContain(found.unseen?.accuracy);
    expect(await evaluate({ input })).toMatchObject({ trained_on: null, unseen: null });
    const all = await evaluate({ model: folder, input: file("all.jsonl", rows.slice(0, 1)) });
    expect(all).toMatchObject({ trained_on: 1, unseen: null });
  });

  it("which labels of the classifier no row has", async () => {
    const { labels_without_rows } = await evaluate({ input: file("two.jsonl", rows) });
    expect(labels_without_rows).toEqual(["engine"]);
  });

  it("what each row got beside its label, where a file is named for it", async () => {
    const folder = at("trained");
    writeTrainingTexts(folder, ["baa"]);
    const output = at("predictions.csv");
    const result = await evaluate({ model: folder, input: file("out.jsonl", rows), output });
    expect(result.output).toBe(output);
    const written = parseCsv(readFileSync(output, "utf8"), output).rows;
    expect(written.map(({ columns }) => columns)).toEqual(
      rows.map(({ text, label, id }, index) => ({
        line: String(index + 1),
        id: String(id),
        text,
        label,
        trained_on: String(index === 0),
        predicted_label: expect.stringMatching(/^(animal|engine|water)$/),
        probability: expect.stringMatching(/^0\.\d+$/),
      })),
    );
  });
});

describe("evaluate refuses", () => {
  it("a label that the classifier does not have, with the line and the nearest name", async () => {
    const rows = [
      { text: "baa", label: "animal" },
      { text: "moo", label: "Animals" },
    ];
    const host = createTestHost();
    const error = await failure(evaluate({ input: file("unknown.jsonl", rows) }, host));
    expect(error).toMatchObject({ code: "data-label", exitCode: 3 });
    expect(error.message).toContain(`${at("unknown.jsonl")} line 2`);
    expect(error.message).toContain('(animal, engine, water), got "Animals"');
    expect(error.hint).toContain('"animal"');
    expect(host.openSessions).toBe(0);
  });

  it("numbers of classes, whose names it tells", async () => {
    const rows = [0, 2].map((label) => ({ text: "baa", label }));
    const error = await failure(evaluate({ input: file("numbers.jsonl", rows) }));
    expect(error.hint).toContain("0 animal, 1 engine, 2 water");
  });

  it("several labels at once", async () => {
    const rows = ["Animals", "animal", "qqqqqqqqqqqq", "Animals", "qqqqqqqqqqqq"].map((label) => ({
      text: "baa",
      label,
    }));
    const error = await failure(evaluate({ input: file("several.jsonl", rows) }));
    expect(error.message).toContain('got "Animals", and further on "qqqqqqqqqqqq" (2 rows)');
    expect(error.hint).toBe('If it is meant to be "animal" for "Animals", correct the labels.');
  });

  it("an output that cannot be written, before the work", async () => {
    const input = file("fine.jsonl", [{ text: "baa", label: "animal" }]);
    const error = await failure(evaluate({ input, output: at("nowhere/p.csv") }));
    expect(error).toMatchObject({ code: "invalid-setting" });
  });

  it("a label that resembles none", async () => {
    const input = file("odd.jsonl", [{ text: "baa", label: "qqqqqqqqqqqq" }]);
    expect((await failure(evaluate({ input }))).hint).toContain("train a classifier with");
  });

  it("a file of empty texts", async () => {
    const input = file("empty.jsonl", [{ text: " ", label: "animal" }]);
    expect(await failure(evaluate({ input }))).toMatchObject({ code: "data-empty" });
  });

  it("a file without labels", async () => {
    const input = file("unlabelled.jsonl", [{ text: "baa" }]);
    const error = await failure(evaluate({ input }));
    expect(error).toMatchObject({ code: "data-column" });
    expect(error.hint).toContain("to label texts that have none, use l3masking predict.");
    const blank = file("blank.jsonl", [
      { text: "baa", label: null },
      { text: "moo", label: "" },
    ]);
    expect((await failure(evaluate({ input: blank }))).hint).toContain("use l3masking predict.");
  });
});
