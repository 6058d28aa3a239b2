/** Every page, from records at the edges of what there can be: no figure on it is none, and every sign is that of its record. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkDataset } from "../src/data/check/check.js";
import { checkDetails } from "../src/data/check/check-details.js";
import { decidingMeasure, ofLabelMeasures } from "../src/results/metrics/label-measures.js";
import type { Comparison, RowSetMetrics } from "../src/results/records/comparison.js";
import type { PairedTests } from "../src/results/records/paired-comparison.js";
import { renderCheck } from "../src/results/report/pages/check.js";
import { renderComparison } from "../src/results/report/pages/comparison.js";
import { renderExplanation } from "../src/results/report/pages/explanation.js";
import { renderRun, type TrainedRun } from "../src/results/report/pages/run.js";
import { pointsText } from "../src/results/statistics/paired-notes.js";
import { inventedComparison, threeMethods } from "./fixtures/comparison.js";
import { explainedText } from "./fixtures/explained-text.js";
import { elementsNamed } from "./fixtures/markup.js";

const when = { date: "21 November 2026" };

/** A label of which no row is in the test split, and which no text is given. */
function withoutRows(comparison: Comparison, label: string): Comparison {
  const id = comparison.datasets[0].labels.indexOf(label);
  const without = (metrics: RowSetMetrics | null) =>
    metrics && {
      ...metrics,
      per_label: { ...metrics.per_label, [label]: { precision: 0, recall: 0, f1: 0, support: 0 } },
      confusion: metrics.confusion.map((row, expected) =>
        row.map((rows, predicted) => (expected === id || predicted === id ? 0 : rows)),
      ),
    };
  const runs = comparison.runs.map((run) => ({
    ...run,
    test: without(run.test),
    leak_free: without(run.leak_free),
  }));
  return { ...comparison, runs };
}

/** Differences of all pairs, by what they are now. */
function differing(comparison: Comparison, change: (value: number) => number): Comparison {
  const changed = (tests: PairedTests): PairedTests => {
    const { bootstrap, t_test: t } = tests;
    const [low, high] = [change(bootstrap.low), change(bootstrap.high)].toSorted((a, b) => a - b);
    return {
      ...tests,
      differences: tests.differences.map(change),
      difference: change(tests.difference),
      bootstrap: { ...bootstrap, low, high },
      t_test: t && { ...t, t: change(t.t), low, high },
    };
  };
  const paired = comparison.paired.map((pair) => ({
    ...pair,
    ...ofLabelMeasures((name) => changed(pair[name])),
  }));
  return { ...comparison, paired };
}

const usual = inventedComparison();
const comparisons: Readonly<Record<string, Comparison>> = {
  usual,
  "one seed": inventedComparison({ seeds: [3] }),
  "no test split": inventedComparison({ hasTest: false }),
  "nothing but leaks": inventedComparison({ leakFreeRows: 0 }),
  "a label without rows": withoutRows(usual, "Uses"),
  "one label": inventedComparison({ labels: ["only"] }),
  ties: differing(usual, () => 0),
  "negative differences": differing(usual, (value) => -Math.abs(value)),
  "positive differences": differing(usual, Math.abs),
};

const measured = { plain: { ece: 0, loss: 0 }, at_temperature: { ece: 0.2, loss: 0.1 } };

function runOf({ runs: [run], datasets: [dataset] }: Comparison): TrainedRun {
  return {
    run,
    masking: undefined,
    examples: [],
    wrong: [],
    held_out_metrics: null,
    answers: [],
    confidence: { temperature: 0.1, dev: measured, test: run.test && measured },
    coverage: { split: "dev", rows: 1, plain: [], at_temperature: [] },
    verdict: null,
    settings: { model: "models/small" },
    checkpoint_digest: "11".repeat(32),
    tokenizer_digest: "22".repeat(32),
    dataset,
  };
}

function checkPage(rows: readonly (readonly [text: string, label: string | undefined])[]): string {
  const train = rows.map(([text, label], index) => ({
    text,
    columns: {},
    line: index + 1,
    ...(label !== undefined && { label }),
  }));
  const options = {
    tokenCounts: (texts: readonly string[]) => Int32Array.from(texts, (text) => text.length),
    maxLength: 8,
  };
  const splits = { train };
  const check = checkDataset(splits, options);
  const details = checkDetails(splits, options);
  const files = { train: "a.csv", dev: undefined, test: undefined };
  return renderCheck({ name: "a", check, details, files, refusal: undefined }, when).html;
}

const explained = {
  model: "m",
  vanilla_model: null,
  seed: 0,
  attribution_input: "words",
  masking: {},
} as const;

const pages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(comparisons).flatMap(([name, comparison]) => [
      [`comparison, ${name}`, renderComparison(comparison).html],
      [`run, ${name}`, renderRun(runOf(comparison), when).html],
    ]),
  ),
  "check, no labels": checkPage([["a text", undefined]]),
  "check, one label": checkPage([
    ["a text", "a"],
    ["another", "a"],
  ]),
  "check, empty texts": checkPage([
    ["", "a"],
    [" ", "b"],
  ]),
  "explanation, nothing attributed": renderExplanation(
    {
      ...explained,
      texts: [{ ...explainedText, attribution: explainedText.attribution.map(() => 0) }],
    },
    when,
  ).html,
  "explanation, no text": renderExplanation({ ...explained, texts: [] }, when).html,
};

function requireFigures(html: string): void {
  for (const none of ["NaN", "Infinity", "undefined", "[object"]) expect(html).not.toContain(none);
  const [{ text }] = elementsNamed(html, "body");
  expect(text).not.toMatch(/(?<![\d.e])[-−]0(\.0+)?(?![\d.])/);
}

describe.each(Object.entries(pages))("the page of a %s", (_, html) => {
  it("has figures that are numbers", () => requireFigures(html));
});

it("pages of comparisons of any shape have figures that are numbers", () => {
  const labels = fc.constantFrom(["only"], ["a", "b"], ["a", "b", "rare", "c d"]);
  const shapes = fc.record({
    labels,
    seeds: fc.constantFrom([0], [4, 7], [0, 1, 2]),
    hasTest: fc.boolean(),
    testRows: fc.integer({ min: 1, max: 12 }),
    leakFreeRows: fc.integer({ min: 0, max: 3 }),
    candidates: fc.constantFrom(threeMethods, threeMethods.slice(1), threeMethods.slice(0, 1)),
    pRows: fc.constantFrom(0, 1e-300, 0.05, 1),
    pSeeds: fc.constantFrom(0, 0.05, 1),
  });
  const changes = fc.constantFrom<(value: number) => number>(
    (value) => value,
    () => 0,
    () => -0,
    () => -1e-9,
    (value) => Math.sign(value),
    (value) => -value,
  );
  fc.assert(
    fc.property(shapes, changes, labels, (shape, change, [lacking]) => {
      const invented = inventedComparison(shape);
      const known = invented.datasets[0].labels.includes(lacking);
      const comparison = differing(known ? withoutRows(invented, lacking) : invented, change);
      requireFigures(renderComparison(comparison).html);
      requireFigures(renderRun(runOf(comparison), when).html);
    }),
    { seed: 1, numRuns: 25 },
  );
});

describe.each(["usual", "ties", "negative differences", "positive differences"])(
  "the verdict on %s",
  (name) => {
    const html = pages[`comparison, ${name}`];

    it("has the differences and signs of the table", () => {
      const rows = elementsNamed(html, "tr").map(({ text }) => text);
      const [{ text: verdict }] = elementsNamed(html, "div").filter(
        ({ attributes }) => attributes.class === "verdict",
      );
      const { paired, datasets } = comparisons[name];
      const deciding = datasets[0].rows.leak_free < datasets[0].rows.test ? "leak_free" : "test";
      for (const pair of paired.filter(({ rows: set }) => set === deciding)) {
        const { difference } = pair[decidingMeasure.name];
        const shown = pointsText(Math.abs(difference));
        const row = rows.find(
          (text) => text.includes(`${decidingMeasure.title}${shown}`) && text.includes(" − "),
        );
        expect(row, `${decidingMeasure.title} ${shown}`).toBeDefined();
        if (difference !== 0) expect(verdict).toContain(`by ${shown.replace("+", "")} points`);
      }
    });
  },
);
