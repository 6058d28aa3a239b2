import { describe, expect, it } from "vitest";
import type { EvaluateResult } from "../../commands/evaluate.js";
import type { RunMetrics } from "../../results/records/run-metrics.js";
import {
  doctorSummary,
  evaluateSummary,
  predictSummary,
  pretrainSummary,
  scoreSummary,
  trainSummary,
} from "./summaries.js";

const label = (support: number) => ({ precision: 0.5, recall: 1, f1: 2 / 3, support });

const metrics: RunMetrics = {
  method: "l3",
  seed: 2,
  model: "models/small",
  task_weights: "equal",
  final_task_weights: null,
  best_step: 40,
  dev: { accuracy: 0.8, macro_f1: 0.75, loss: 0.61234 },
  test: { accuracy: 0.7, macro_f1: 0.65, loss: 0.9, per_label: { no: label(60), yes: label(40) } },
  test_unseen: { rows: 92, accuracy: 0.6875, macro_f1: 0.6 },
  baseline: null,
  verdict: null,
  timing: { scoring_seconds: 12.3, training_seconds: 340, tokens_per_second: 5100, parts: 1 },
  confidence: {
    temperature: 1.8374,
    dev: { plain: { ece: 0.1, loss: 0.6 }, at_temperature: { ece: 0.02, loss: 0.5 } },
    cross_fitted: { ece: 0.03, loss: 0.51 },
    test: { plain: { ece: 0.1234, loss: 0.9 }, at_temperature: { ece: 0.045, loss: 0.7 } },
  },
  second_stage: null,
  excluded: {},
  text_counts: {},
};

describe("trainSummary", () => {
  it("tells test twice, the shared rows, timing, places and commands", () => {
    expect(trainSummary({ outputDir: "runs/a", metrics, labelledFile: "data/test.csv" })).toBe(
      `L3Masking: models/small, seed 2, weights of step 40
                            accuracy  macro-F1   loss
dev                           80.0 %    75.0 %  0.612
test, all 100 rows            70.0 %    65.0 %  0.900
test, 92 rows not in train    68.8 %    60.0 %
8 of 100 test rows repeat a text of train.
probabilities on test: expected calibration error 12.3 %, loss 0.900; at the
  temperature fitted on dev, 1.84 (--fitted-temperature): expected calibration
  error 4.5 %, loss 0.700
scoring 0:12, training 5:40 (5100 tokens/s)

run:   runs/a (config.json, journal.jsonl, metrics.json)
model: runs/a/model

next:
  l3masking evaluate --model runs/a/model --input data/test.csv
  l3masking predict --model runs/a/model --input data/test.csv --output labels.csv
  l3masking report runs/a`,
    );
  });

  it("tells how many labels look doubtful, and how to correct them", () => {
    const doubts = (doubtful_labels: number, trainFile = "my messages.csv") =>
      trainSummary({
        outputDir: "r",
        trainFile,
        metrics: { ...metrics, doubtful_labels },
      });
    expect(doubts(12)).toContain(
      "12 labels look doubtful: l3masking check 'my messages.csv' --output rows.csv",
    );
    expect(doubts(1)).toContain("1 label looks doubtful");
    expect(doubts(2, "-")).toContain("l3masking check FILE --output rows.csv");
    expect(doubts(0)).not.toContain("doubtful");
  });

  it("names the columns that were named, in every command that reads them", () => {
    const columns = { textColumn: "What happened", labelColumn: "desk" };
    const doubtful = { ...metrics, doubtful_labels: 2 };
    const files = { trainFile: "all.csv", labelledFile: "test.csv" };
    const text = trainSummary({ outputDir: "r", metrics: doubtful, ...files, ...columns });
    const both = "--text-column 'What happened' --label-column desk";
    expect(text).toContain(`l3masking check all.csv ${both} --output rows.csv`);
    expect(text).toContain(`l3masking evaluate --model r/model --input test.csv ${both}\n`);
    expect(text).toContain(
      "l3masking predict --model r/model --input test.csv --text-column 'What happened' --output",
    );
  });

  it("names the held-out rows where folds stand for dev", () => {
    const candidates = [{ method: "stl", accuracy: 0.8, macro_f1: 0.75 }] as const;
    const sizes = { folds: 5, rows: 90, compared_rows: 90 };
    const point = { answered: 0.9, right: 0.85, unsure_below: 0.6 };
    const probabilities = {
      plain: { ece: 0.1, loss: 0.6 },
      at_temperature: { ece: 0.02, loss: 0.5 },
    };
    const none = { test: null, test_unseen: null };
    const confidence = { temperature: 2, dev: probabilities, test: null };
    const text = trainSummary({
      outputDir: "runs/a",
      metrics: {
        ...metrics,
        ...none,
        confidence,
        held_out: {
          ...sizes,
          candidates: [...candidates],
          left_out: [],
          chosen: "stl",
          choice: null,
        },
        coverage: { split: "dev", rows: 90, plain: [point], at_temperature: [] },
      },
    });
    expect(text).toContain("held out, 90 rows    80.0 %");
    expect(text).toContain("probabilities on held-out rows:");
    // Nothing says that it helps on other rows than those it was fitted on.
    expect(text).not.toContain("--fitted-temperature");
    const words = text.replaceAll(/\s+/g, " ");
    expect(words).toContain("does not make those of rows better that it was not fitted on");
    expect(words).toContain("the temperature fitted on held-out rows, 2.00");
    expect(text).toContain(
      "without a label; on held-out rows:\n  at 90 % answered, 85 % right (--unsure-below 0.6)\n",
    );
    expect(text).not.toContain("dev");
  });

  it("begins with the verdict", () => {
    const verdict =
      "On 92 texts it never saw, it is right for 68.8 % (59 to 77). TF-IDF: 60 %; always 'no': 55 %. Better than the baseline by 8.8 points (1 to 16).";
    const summary = trainSummary({ outputDir: "runs/a", metrics: { ...metrics, verdict } });
    expect(summary.split("\n").slice(0, 4)).toEqual([
      "On 92 texts it never saw, it is right for 68.8 % (59 to 77). TF-IDF: 60 %;",
      "always 'no': 55 %. Better than the baseline by 8.8 points (1 to 16).",
      "",
      "L3Masking: models/small, seed 2, weights of step 40",
    ]);
  });

  it.each([
    ["tfidf", "TF-IDF"],
    ["embed", "TF-IDF + embeddings: models/small"],
  ] as const)("tells no steps of %s, which has none", (method, told) => {
    const summary = trainSummary({ outputDir: "runs/a", metrics: { ...metrics, method } });
    expect(summary.split("\n")[0]).toBe(told);
    expect(summary).not.toContain("step");
  });

  it("tells what was left out and what the model does not see", () => {
    const counts = { texts: 9, unknown_words: 0, texts_without_tokens: 0, repeated_texts: 0 };
    const summary = trainSummary({
      outputDir: "runs/a",
      metrics: {
        ...metrics,
        excluded: { empty_texts_train: 1, empty_texts_dev: 0 },
        text_counts: {
          train: { ...counts, truncated_texts: 2, truncated_tokens: 1300 },
          dev: { ...counts, truncated_texts: 0, truncated_tokens: 0 },
        },
      },
    });
    expect(summary).toContain(
      "\nleft out: 1 row (empty_texts_train)\ntrain: 2 texts truncated to the maximum length (1,300 tokens lost)\nscoring",
    );
  });

  it("tells learned weights, and whether a second stage was kept", () => {
    const dev_before = { accuracy: 0.75, macro_f1: 0.7, loss: 0.6 };
    const told = (kept: boolean) =>
      trainSummary({
        outputDir: "runs/a",
        metrics: {
          ...metrics,
          final_task_weights: { main: 0.50123, auxiliary: 0.49877 },
          second_stage: { kept, steps: 12, dev_before },
        },
      });
    expect(told(true)).toContain("\nlearned task weights: main 0.5012, auxiliary 0.4988\n");
    const before = "the first stage's accuracy 75.0 %, macro-F1 70.0 %";
    const inOneLine = (kept: boolean) => told(kept).replaceAll("\n  ", " ");
    expect(inOneLine(true)).toContain(
      `\nsecond stage: 12 steps, kept: better on dev than ${before}\n`,
    );
    expect(inOneLine(false)).toContain(
      `second stage: 12 steps, not kept: no better on dev than ${before}`,
    );
  });

  it("leaves out what there was not", () => {
    const text = trainSummary({
      outputDir: "my runs/it's",
      metrics: {
        ...metrics,
        method: "stl",
        test: null,
        test_unseen: null,
        timing: { ...metrics.timing, scoring_seconds: 0 },
      },
    });
    expect(text).not.toContain("test,");
    expect(text).not.toContain("scoring");
    expect(text).toContain("The fine-tuned encoder: models/small, ");
    expect(text).toContain("--model 'my runs/it'\\''s/model' --input FILE");
  });

  it("says so when no row is shared, and when all are", () => {
    const none = { ...metrics, test_unseen: { rows: 100, accuracy: 0.7, macro_f1: 0.65 } };
    const disjoint = trainSummary({ outputDir: "r", metrics: none });
    expect(disjoint).toContain("No test row repeats a text of train.");
    expect(disjoint).not.toContain("not in train");
    const all = { ...metrics, test_unseen: { rows: 0, accuracy: null, macro_f1: null } };
    const text = trainSummary({ outputDir: "r", metrics: all });
    expect(text).toContain("100 of 100 test rows repeat a text of train.");
    expect(text).not.toContain("not in train");
  });
});

describe("unsure answers after train", () => {
  const point = (answered: number, right: number, bound: number) => ({
    answered,
    right,
    unsure_below: bound,
  });

  it("tell what a bound of the probability costs and brings", () => {
    const plain = [
      point(1, 0.8, 0),
      point(0.9, 0.861, 0.42),
      point(0.8, 0.9, 0.513),
      point(0.5, 1, 0.8),
    ];
    const coverage = { split: "test", rows: 100, plain, at_temperature: [] } as const;
    const told = trainSummary({ outputDir: "r", metrics: { ...metrics, coverage } });
    expect(told).toContain(
      "on test:\n  at 90 % answered, 86 % right (--unsure-below 0.42)\n  at 80 % answered, 90 % right (--unsure-below 0.513)\n",
    );
    const flat = { ...coverage, plain: plain.slice(0, 1) };
    expect(trainSummary({ outputDir: "r", metrics: { ...metrics, coverage: flat } })).not.toContain(
      "--unsure-below",
    );
  });
});

describe("the other summaries", () => {
  it("score", () => {
    expect(scoreSummary({ texts: 1, output: "s.jsonl" })).toBe("scored 1 text: s.jsonl");
  });

  it("predict: where the rows are, and nothing where they went to standard output", () => {
    expect(predictSummary({ rows: 2, output: "p.jsonl" })).toBe("classified 2 texts: p.jsonl");
    expect(predictSummary({ rows: 2, output: undefined })).toBe("");
    expect(predictSummary({ rows: 20, unsure: 3, output: "p.csv" })).toBe(
      "classified 20 texts, 3 of them left without a label: p.csv",
    );
  });

  it("evaluate", () => {
    const result = {
      rows: 100,
      accuracy: 0.7,
      macro_f1: 0.65,
      loss: 0.9,
      ece: 0.0512,
      per_label: { no: label(60), yes: label(40) },
      excluded: { empty_texts: 2, other: 0 },
      trained_on: null,
      unseen: null,
      labels_without_rows: [],
    };
    const told = (more: Partial<EvaluateResult>) =>
      evaluateSummary({ ...result, ...more })
        .split("\n")
        .slice(4, -1);
    expect(told({ trained_on: 0 })).toEqual([]);
    expect(told({ trained_on: 1, unseen: { rows: 99, accuracy: 0.69, macro_f1: 0.6 } })).toEqual([
      "1 of 100 texts was used to train this classifier, so these figures flatter it.",
      "On the other 99 texts: accuracy 69.0 %, macro-F1 60.0 %",
    ]);
    expect(told({ trained_on: 100 })).toEqual([
      "All 100 texts were used to train this classifier, so these figures flatter it.",
    ]);
    expect(told({ labels_without_rows: ["a", "b"] })).toEqual([
      'No row has the classifier\'s labels "a" and "b": each counts as F1 = 0 in macro-F1.',
    ]);
    expect(evaluateSummary({ ...result, output: "p.csv" })).toMatch(/\npredictions: p\.csv$/);
    expect(evaluateSummary(result)).toBe(
      `100 rows: accuracy 70.0 %, macro-F1 65.0 %, expected calibration error 5.1 %, loss 0.900
     precision   recall      F1  rows
no      50.0 %  100.0 %  66.7 %    60
yes     50.0 %  100.0 %  66.7 %    40
left out: 2 rows (empty_texts)`,
    );
  });

  it("pretrain, with and without a validation text", () => {
    const result = { outputDir: "models/mine", steps: 200, tokens: 409_600, validation: null };
    expect(pretrainSummary(result)).toBe(
      "200 steps, 409.6k tokens: models/mine/model\n\nnext:\n  l3masking train DATA --model models/mine/model --output-dir runs/first",
    );
    const validation = { loss: 3.21, accuracy: 0.42, masked_tokens: 900 };
    expect(pretrainSummary({ ...result, validation })).toContain("loss 3.210, accuracy 42.0 %");
  });

  it("doctor", () => {
    expect(
      doctorSummary([
        { subject: "node", ok: true, finding: "20.19.0" },
        { subject: "runtime", ok: false, finding: "not there", hint: "Install it." },
      ]),
    ).toBe("ok    node     20.19.0\nFAIL  runtime  not there\n               hint: Install it.");
  });
});
