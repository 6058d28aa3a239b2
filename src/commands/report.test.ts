import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inventedComparison } from "../../test/fixtures/comparison.js";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { createTestHost } from "../../test/fixtures/host.js";
import { elementsNamed } from "../../test/fixtures/markup.js";
import { stepEvent } from "../../test/fixtures/step-event.js";
import type { JournalEvent } from "../method/train/events.js";
import type { RunMetrics } from "../results/records/run-metrics.js";
import { runReport } from "./report.js";
import { commands } from "./table.js";

const at = temporaryFolder();
const report = (folder: string, output?: string, charts?: string) =>
  runReport(
    { folder: at(folder), output: output && at(output), charts: charts && at(charts) },
    createTestHost(),
  );

const textOf = (path: string) =>
  elementsNamed(readFileSync(path, "utf8"), "body")[0].text.replace(/\s+/g, " ");

const record = {
  settings: {
    method: "l3",
    taskWeights: "meta",
    seed: 4,
    model: "models/small",
    trainFile: "data/boats/train.jsonl",
    testFile: "data/boats/test.jsonl",
    batchSize: 12,
  },
  checkpoint_digest: "11".repeat(32),
  tokenizer_digest: "22".repeat(32),
  data_digest: "33".repeat(32),
  labels: ["plumbing", "rigging"],
  rows: { train: 20, dev: 4, test: 4 },
};

const journal: readonly JournalEvent[] = [
  stepEvent(1, {
    main_loss: 0.7,
    auxiliary_loss: 5,
    learning_rate: 1e-4,
    task_weights: { main: 0.5, auxiliary: 0.5 },
    cosines: { main: 0.3, auxiliary: 0.1 },
  }),
  stepEvent(2, {
    main_loss: 0.5,
    auxiliary_loss: 4,
    learning_rate: 5e-5,
    task_weights: { main: 0.6, auxiliary: 0.4 },
    cosines: { main: 0.2, auxiliary: 0.1 },
  }),
  {
    type: "evaluation",
    stage: 1,
    step: 2,
    split: "dev",
    loss: 0.6,
    measures: { accuracy: 0.75, macro_f1: 0.7 },
    best: true,
  },
  { type: "stop", stage: 1, step: 2, reason: "steps", best_step: 2 },
];

/** Three of four right; the last row has a text of train. */
const predictions = [
  ["plumbing", "plumbing", false],
  ["plumbing", "rigging", false],
  ["rigging", "rigging", false],
  ["rigging", "rigging", true],
] as const;

const labelMetrics = { precision: 1, recall: 1, f1: 1, support: 2 };
const confidence = {
  plain: { ece: 0.2, loss: 0.6 },
  at_temperature: { ece: 0.1, loss: 0.5 },
};

const metrics: RunMetrics = {
  method: "l3",
  seed: 4,
  model: "models/small",
  task_weights: "meta",
  final_task_weights: { main: 0.6, auxiliary: 0.4 },
  best_step: 2,
  dev: { accuracy: 0.75, macro_f1: 0.7, loss: 0.6 },
  test: {
    accuracy: 0.75,
    macro_f1: 0.7,
    loss: 0.6,
    per_label: { plumbing: labelMetrics, rigging: labelMetrics },
  },
  test_unseen: { rows: 3, accuracy: 0.67, macro_f1: 0.67 },
  baseline: null,
  verdict: "On 3 texts it never saw, it is right for 66.7 % (21 to 94).",
  timing: { scoring_seconds: 12, training_seconds: 75, tokens_per_second: 1234, parts: 1 },
  confidence: { temperature: 1.5, dev: confidence, test: confidence },
  second_stage: null,
  excluded: { empty_texts_train: 1 },
  text_counts: {
    test: {
      texts: 3,
      truncated_texts: 1,
      truncated_tokens: 8,
      unknown_words: 0,
      texts_without_tokens: 0,
      repeated_texts: 0,
    },
  },
};

function writeRun(folder: string, isFinished = true): void {
  mkdirSync(at(folder));
  const lines = (rows: readonly unknown[]) =>
    rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  writeFileSync(at(`${folder}/config.json`), JSON.stringify(record));
  writeFileSync(at(`${folder}/journal.jsonl`), lines(journal));
  const rows = predictions.map(([expected, label, seen], line) => ({
    line,
    expected,
    label,
    probabilities: {},
    seen_in_training: seen,
  }));
  writeFileSync(at(`${folder}/predictions-test.jsonl`), lines(rows));
  if (isFinished) writeFileSync(at(`${folder}/metrics.json`), JSON.stringify(metrics));
}

describe("report of a training run", () => {
  it("is a page in its folder that tells what was trained and measured", async () => {
    writeRun("run");
    const result = await report("run");
    expect(result.output).toBe(at("run/report.html"));
    expect(result.bytes).toBe(readFileSync(result.output).length);
    expect(result.figures).toBe(at("run/figures.csv"));
    const figures = readFileSync(result.figures, "utf8");
    const charts = elementsNamed(readFileSync(result.output, "utf8"), "svg");
    expect(charts.length).toBeGreaterThan(8);
    for (const { attributes } of charts) {
      const id = attributes["aria-labelledby"].replace(/-title .*/, "");
      expect(figures).toContain(`\n${id},`);
    }
    // The second step of the journal.
    expect(figures).toContain(
      "run-main-loss,Training loss of the main task,MTL L3Masking,optimizer steps,2,,cross-entropy (nats),0.5,,\n",
    );
    const text = textOf(result.output);
    expect(text).toContain("MTL L3Masking on boats, seed 4");
    expect(text).toContain("Written on 21 November 2026.");
    // The rows whose text does not occur in train: two of three right.
    expect(text).toContain("accuracy 66.7 %, macro-F1 66.7 %");
    expect(text).toContain(metrics.verdict);
    expect(text).toContain("The weights of step 2 of 2");
    expect(text).toContain("data/boats/train.jsonl");
    expect(text).toContain("Left out: 1 row (empty texts train).");
    expect(text).toContain("test: 1 text truncated to the maximum length (8 tokens lost).");
    expect(text).toContain("batchSize");
    const headings = elementsNamed(readFileSync(result.output, "utf8"), "h3").map((h) => h.text);
    expect(headings).toEqual([
      "Scores",
      "Learning curves",
      "Task weights",
      "Label by label",
      "Probabilities",
      "Confusions",
      "Time",
      "Data",
    ]);
    expect(text).not.toContain("Holm");
  });

  it("shows label by label what folds held out, where there is no test split", async () => {
    writeRun("folds");
    rmSync(at("folds/predictions-test.jsonl"));
    const answers = [
      ["plumbing", "plumbing"],
      ["plumbing", "rigging"],
      ["rigging", "rigging"],
    ].map(([expected, label], row) => ({
      line: row + 1,
      expected,
      label,
      probabilities: { [label]: 0.75 },
    }));
    writeFileSync(
      at("folds/predictions-held-out.jsonl"),
      answers.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
    const { output } = await report("folds");
    const text = textOf(output);
    expect(text).toContain("On the 3 texts that were held out in folds");
    expect(text).toContain("50 % of “plumbing” were predicted as “rigging”");
    // Of both labels it finds one; of plumbing all that it names, of rigging half: 2 * 1 / 3 twice.
    expect(text).toContain("plumbing266.7");
    const { answers: given } = await commands.readRun.run(
      { folder: at("folds") },
      createTestHost(),
    );
    expect(given[1]).toEqual({
      line: 2,
      expected: "plumbing",
      predicted: "rigging",
      probability: 0.75,
    });
  });

  it("shows texts token by token where the run kept some, and refuses damaged ones", async () => {
    writeRun("with-masks");
    const example = {
      tokens: ["<s>", "two", "Ġvanes", "</s>"],
      pieces: ["<s>", "two", " vanes", "</s>"],
      word_ids: [null, 0, 1, null],
      surprisal: [null, 1.5, 9.25, null],
      mask_probability: [null, 0.02, 0.28, null],
      masks: [
        { positions: [2], replacements: ["<mask>"] },
        { positions: [1], replacements: ["two"] },
      ],
      ...{ label: "left", probabilities: { left: 0.875, right: 0.125 } },
      ...{ expected_label: "right", explained_label: "left", attribution: [0.01, -2, 4, 0] },
    };
    const path = at("with-masks/examples.json");
    writeFileSync(path, JSON.stringify([example]));
    const { output } = await report("with-masks");
    const page = readFileSync(output, "utf8");
    const lines = elementsNamed(page, "p").filter(
      ({ attributes }) => attributes.class === "tokens",
    );
    expect(lines.map((line) => line.text)).toEqual([
      "two vanes",
      "two vanes<mask>",
      "[=]two vanes",
      "two vanes",
    ]);
    const marked = elementsNamed(page, "span").filter(({ attributes }) => attributes.title);
    expect(marked.map(({ attributes }) => attributes.class)).toEqual([
      ...["t m0", "t m2", "drawn", "drawn", "t against a2", "t for a3"],
    ]);
    expect(textOf(output)).toContain("Round 1: 1 token selected");
    expect(textOf(output)).toContain("Text 1: right");
    expect(textOf(output)).toContain("The trained model predicts left, 87.5 %.");
    expect(elementsNamed(page, "tr").map((row) => row.text)).toContain("Ġvanes9.250.280+4.00");

    rmSync(path);
    await report("with-masks");
    expect(textOf(output)).not.toContain("token by token");
    for (const damage of [{ tokens: [] }, { label: "up" }]) {
      writeFileSync(path, JSON.stringify([{ ...example, ...damage }]));
      await expect(report("with-masks")).rejects.toMatchObject({ code: "data-format" });
    }
  });

  it("is refused while the run is not finished", async () => {
    writeRun("unfinished", false);
    await expect(report("unfinished")).rejects.toMatchObject({
      code: "file-missing",
      message: expect.stringContaining("metrics.json"),
      hint: expect.stringContaining("--resume"),
    });
  });

  it("is refused for the folder of another command", async () => {
    mkdirSync(at("pretrained"));
    writeFileSync(at("pretrained/config.json"), '{"settings": {"maxSteps": 5}}');
    await expect(report("pretrained")).rejects.toMatchObject({ code: "data-format" });
  });
});

describe("report of a comparison", () => {
  it("is a page where it was asked for", async () => {
    mkdirSync(at("comparison"));
    writeFileSync(at("comparison/results.json"), JSON.stringify(inventedComparison()));
    const { output, figures } = await report("comparison", "page.html");
    expect(output).toBe(at("page.html"));
    expect(figures).toBe(at("page-figures.csv"));
    expect(readFileSync(figures, "utf8")).toContain(",Accuracy on dev,STL,");
    expect(textOf(output)).toContain("STL, MTL RTM and MTL L3Masking compared");
  });

  it("gives its charts as files too", async () => {
    const { output, charts } = await report("comparison", "again.html", "new/charts");
    const page = readFileSync(output, "utf8");
    const inPage = elementsNamed(page, "svg");
    expect(inPage.length).toBeGreaterThan(5);
    expect(charts.length).toBe(inPage.length);
    expect(readdirSync(at("new/charts")).length).toBe(charts.length);
    for (const [index, path] of charts.entries()) {
      const [chart] = elementsNamed(readFileSync(path, "utf8"), "svg");
      expect(chart.attributes.viewBox).toBe(inPage[index].attributes.viewBox);
      expect(chart.attributes.viewBox).toBe(
        `0 0 ${chart.attributes.width} ${chart.attributes.height}`,
      );
      const [style] = elementsNamed(readFileSync(path, "utf8"), "style");
      expect(style.text).toContain(".chart");
      expect(chart.text.replace(style.text, "")).toBe(inPage[index].text);
    }
    expect((await report("comparison", "again.html")).charts).toEqual([]);
  });

  it("is refused where nothing is to report, or no file can be written", async () => {
    mkdirSync(at("empty"));
    await expect(report("empty")).rejects.toMatchObject({
      code: "file-missing",
      message: expect.stringContaining("results.json"),
    });
    await expect(report("comparison", "no/such/folder.html")).rejects.toMatchObject({
      code: "invalid-setting",
    });
  });
});
