import { describe, expect, it } from "vitest";
import type { Method } from "../../../method/methods.js";
import type { ComparedRun, Comparison, RowSetMetrics } from "../../records/comparison.js";
import { comparisonCells } from "../../statistics/comparison-cells.js";
import { pointsText, pText } from "../../statistics/paired-notes.js";
import { comparisonPage } from "./comparison.js";
import { curveTable, markdownTable, resultTable, spreadText } from "./tables.js";

const rowSet = (accuracy: number, macro_f1: number, rows = 10): RowSetMetrics => ({
  rows,
  accuracy,
  macro_f1,
  per_label: {},
  confusion: [],
});

function run(
  method: Method,
  seed: number,
  accuracy: number,
  change: Partial<ComparedRun> = {},
): ComparedRun {
  return {
    dataset: "acl",
    model: "mini",
    method,
    task_weights: method === "stl" ? null : "equal",
    seed,
    folder: `runs/${method}-${seed}`,
    digest: "d",
    best_step: 20,
    steps: 40,
    stop_reason: "patience",
    dev: { accuracy: 0.5, macro_f1: 0.4, loss: 1 },
    test: rowSet(accuracy, accuracy - 0.1),
    leak_free: rowSet(accuracy - 0.05, accuracy - 0.2, 8),
    dev_curve: [10, 20, 30].map((step) => ({
      step,
      loss: 1,
      accuracy: 0.5,
      macro_f1: step / 100 + seed / 10,
      best: step <= 20,
    })),
    training_curve: [],
    timing: { scoring_seconds: 0, training_seconds: 30, tokens_per_second: 1 },
    excluded: {},
    text_counts: {
      train: {
        texts: 50,
        truncated_texts: 1,
        truncated_tokens: 12,
        unknown_words: 0,
        texts_without_tokens: 0,
        repeated_texts: 2,
      },
    },
    ...change,
  };
}

const machine = {
  platform: "linux",
  architecture: "x64",
  processor: "Some CPU",
  processors: 2,
  memory_bytes: 8 * 2 ** 30,
  versions: { l3masking: "0.1.0", node: "20.0.0" },
  runs: 4,
};

function comparison(runs: readonly ComparedRun[], change: Partial<Comparison> = {}): Comparison {
  return {
    format: "l3masking-comparison",
    version: 1,
    partial: false,
    command: "l3masking compare --dataset acl",
    settings: {},
    versions: { l3masking: "0.1.0" },
    machines: [machine],
    runs_seconds: 5400,
    datasets: [
      {
        name: "acl",
        files: { train: "acl/train.jsonl", dev: null, test: null },
        notes: ["Two rows have no context."],
        labels: ["x", "y"],
        rows: { train: 50, dev: 10, test: 10, leak_free: 8 },
        excluded: { empty_texts_train: 2, empty_texts_dev: 0 },
        digest: "e",
      },
    ],
    models: [
      {
        name: "mini",
        folder: "models/mini",
        family: "roberta",
        layers: 4,
        hidden_size: 256,
        checkpoint_digest: "0123456789abcdef0123",
        tokenizer_digest: "t",
      },
    ],
    runs,
    unfinished: [],
    cells: comparisonCells(runs),
    paired: [],
    masking: [],
    notes: ["A note on the tests."],
    ...change,
  };
}

const runs = [run("stl", 0, 0.7), run("stl", 1, 0.8), run("l3", 0, 0.75), run("l3", 1, 0.85)];

describe("comparisonCells", () => {
  it("have mean and sample deviation over seeds, by hand", () => {
    const [stl, l3] = comparisonCells(runs);
    expect(stl).toMatchObject({ method: "stl", task_weights: null, seeds: [0, 1], best_step: 20 });
    expect(stl.test?.accuracy).toEqual({
      mean: 0.75,
      std: expect.closeTo(Math.sqrt(0.005), 12),
      n: 2,
    });
    expect(l3.leak_free?.macro_f1.mean).toBeCloseTo(0.6, 12);
    expect(l3.training_seconds).toBe(30);
  });

  it("have no test metrics where a run has none", () => {
    const [cell] = comparisonCells([run("stl", 0, 0.7, { test: null, leak_free: null })]);
    expect(cell).toMatchObject({ test: null, leak_free: null });
    expect(cell.dev.accuracy).toEqual({ mean: 0.5, std: null, n: 1 });
  });
});

describe("resultTable", () => {
  it("has the rows and columns of the paper", () => {
    expect(resultTable(comparison(runs), "test")).toBe(
      [
        "| model | method | acl accuracy | acl macro-F1 |",
        "| --- | --- | ---: | ---: |",
        "| mini | STL | 75.0 ± 7.1 % | 65.0 ± 7.1 % |",
        "| mini | MTL L3Masking | 80.0 ± 7.1 % | 70.0 ± 7.1 % |",
      ].join("\n"),
    );
  });

  it("says where seeds are missing, and what is not there at all", () => {
    const table = resultTable(
      comparison(runs.slice(0, 3), {
        datasets: [...comparison([]).datasets, { ...comparison([]).datasets[0], name: "imdb" }],
      }),
      "leak_free",
    );
    expect(table).toContain("| mini | MTL L3Masking | 70.0 % (n = 1) | 55.0 % (n = 1) | - | - |");
  });

  it("names task weights where there are several", () => {
    const more = [...runs, run("l3", 0, 0.9, { task_weights: "meta" })];
    const table = resultTable(comparison(more), "test");
    expect(table).toContain("| mini | STL |");
    expect(table).toContain("| mini | MTL L3Masking (equal) |");
    expect(table).toContain("| mini | MTL L3Masking (meta) | 90.0 % (n = 1) |");
  });
});

describe("curveTable", () => {
  it("has means over the seeds at each step", () => {
    const short = run("l3", 1, 0.8, { dev_curve: runs[3].dev_curve.slice(0, 2) });
    expect(curveTable(comparison([runs[0], runs[1], runs[2], short]), "acl", "mini")).toBe(
      [
        "| method | step 10 | step 20 | step 30 | mean best step |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| STL | 15.0 % | 25.0 % | 35.0 % | 20 |",
        "| MTL L3Masking | 15.0 % | 25.0 % | 30.0 % (n = 1) | 20 |",
      ].join("\n"),
    );
    expect(curveTable(comparison(runs), "acl", "other")).toBeUndefined();
  });

  it("shows six steps of many, the first and the last among them", () => {
    const dev_curve = Array.from({ length: 50 }, (_, index) => ({
      ...runs[0].dev_curve[0],
      step: index + 1,
    }));
    const table = curveTable(comparison([run("stl", 0, 0.7, { dev_curve })]), "acl", "mini");
    expect(table?.split("\n")[0]).toBe(
      "| method | step 1 | step 11 | step 21 | step 30 | step 40 | step 50 | mean best step |",
    );
  });
});

describe("comparisonPage", () => {
  it("tells all that was measured, how, and from what", () => {
    const page = comparisonPage(comparison(runs));
    const headings = page.split("\n").filter((line) => line.startsWith("#"));
    expect(headings).toEqual([
      "# Comparison",
      "## All test rows",
      "## Leak-free test rows",
      "## Paired tests",
      "## Dev learning curves",
      "### acl, mini",
      "## Data",
      "### acl",
      "## How it was made",
    ]);
    for (const text of [
      "Mean ± sample standard deviation over the seeds 0, 1",
      "acl: 8 of 10 test rows",
      "* A note on the tests.",
      "50 train, 10 dev and 10 test rows, 2 labels",
      "Left out: 2 (empty_texts_train).",
      "As mini reads them, train: 1 text truncated to the maximum length (12 tokens lost), 2 texts repeating an earlier one.",
      "* Two rows have no context.",
      "l3masking compare --dataset acl",
      "Some CPU, 2 processors, 8.0 GiB of memory, linux x64.",
      "l3masking 0.1.0, node 20.0.0.",
      "Model mini: roberta, 4 layers x 256, `models/mini`, checkpoint 0123456789abcdef.",
      "* The runs took 1 h 30 min together.",
    ]) {
      expect(page).toContain(text);
    }
  });

  it("has one table where all rows are leak-free", () => {
    const [acl] = comparison([]).datasets;
    const clean = { ...acl, rows: { ...acl.rows, leak_free: acl.rows.test } };
    const page = comparisonPage(comparison(runs, { datasets: [clean] }));
    expect(page).toContain("No test text occurs in train, so all these rows are leak-free.");
    expect(page).not.toContain("## Leak-free test rows");
  });

  it("tells which runs are not finished, and why", () => {
    const { dataset, model, method, task_weights, folder, digest } = runs[2];
    const place = { dataset, model, method, task_weights, folder, digest, seed: 4 };
    const error = { code: "training-diverged", message: "a | b", hint: null };
    const page = comparisonPage(
      comparison(runs, { unfinished: [{ ...place, state: "failed", error }] }),
    );
    expect(page).toContain(
      "| runs/l3-0 | acl, mini, MTL L3Masking, seed 4 | failed | training-diverged: a \\| b |",
    );
    // Three seeds were asked for, two are in the table.
    expect(page).toContain("75.0 ± 7.1 % (n = 2)");
  });

  it("begins with how much of a stopped comparison there is", () => {
    const page = comparisonPage(comparison(runs, { partial: true, paired: [] }));
    expect(page.split("\n")[2]).toBe(
      `**Partial: ${runs.length} of ${runs.length} runs are finished, and no difference has been tested yet.** The figures will change; run the same command to continue.`,
    );
    expect(comparisonPage(comparison(runs))).not.toContain("Partial");
  });

  it("shows what is masked", () => {
    const token = { token: "Ġ`x", occurrences: 4, expected: 2, expected_uniform: 0.6 };
    const lists = { most: [token], most_uniform: [token], lowered: [] };
    const summary = {
      ...{
        dataset: "acl",
        model: "mini",
        texts: 5,
        tokens: 60,
        strategy: "l3",
        gamma: 1,
        budget: 0.15,
        mean: 0.15,
        moved: 0.3,
      },
      ...{ histogram: { edges: [0, 1], counts: [60], uniform: [60] }, raised: [token], ...lists },
    };
    const page = comparisonPage(comparison(runs, { masking: [summary] }));
    expect(page).toContain("60 tokens of 5 training texts; budget 0.15");
    expect(page).toContain("| `Ġ'x` | 4 | 2.0 | 0.6 |");
  });

  it("falls back on dev where there is no test split, and says so", () => {
    const page = comparisonPage(
      comparison(runs.map((each) => ({ ...each, test: null, leak_free: null }))),
    );
    expect(page).toContain("There is no test split");
    expect(page).toContain("| mini | STL | 50.0 ± 0.0 % | 40.0 ± 0.0 % |");
    expect(page).not.toContain("## All test rows");
  });

  it("of no finished run says so", () => {
    expect(comparisonPage(comparison([]))).toContain("No run has finished yet.");
  });
});

describe("numbers in words", () => {
  it("have one decimal", () => {
    expect(spreadText({ mean: 0.71734, std: 0.0406, n: 3 })).toBe("71.7 ± 4.1 %");
    expect([0.0004, 0.031, 1].map(pText)).toEqual(["< 0.001", "0.031", "1.000"]);
    expect([0.0123, -0.0123, 0, -0.00001, 0.00001].map(pointsText)).toEqual([
      ...["+1.2", "-1.2", "0.0", "0.0", "0.0"],
    ]);
    expect(markdownTable(["a|b"], [["c"]], 1)).toBe("| a\\|b |\n| --- |\n| c |");
  });
});
