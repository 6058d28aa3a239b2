/** The baseline against scikit-learn. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { measureBaseline } from "../../../test/fixtures/baseline.js";
import golden from "../../../test/golden/baseline.json" with { type: "json" };
import { softmax } from "../../results/metrics/metrics.js";
import { fitLogisticRegression, linearLogits } from "./logistic-regression.js";
import { characterNgrams, type NgramKind, wordNgrams } from "./ngrams.js";
import { columnCount, fitTfIdf, tfIdfReader } from "./tf-idf.js";

const inverseStrength = 10;

const ngramsOf = (kind: NgramKind, text: string) =>
  kind
    .pieces(text)
    .flatMap((piece) => kind.ngrams(piece))
    .sort();

describe("n-grams", () => {
  it.each(golden.ngrams)("of $text are scikit-learn's", ({ text, words, characters }) => {
    expect(ngramsOf(wordNgrams, text)).toEqual([...words].sort());
    expect(ngramsOf(characterNgrams, text)).toEqual([...characters].sort());
  });
});

describe.each(golden.fitted)("$labels", (item) => {
  const names = [...new Set(item.labels)].sort();
  const labels = names.length;
  const model = fitTfIdf(item.texts);
  const read = tfIdfReader(model);
  const rows = item.texts.map(read);

  it("have scikit-learn's weights", () => {
    expect(columnCount(model)).toBe(item.columns);
    item.sorted_weights.forEach((expected, row) => {
      const weights = rows[row].values.toSorted();
      expect(weights.length).toBe(expected.length);
      weights.forEach((weight, i) => {
        expect(weight).toBeCloseTo(expected[i], 6);
      });
    });
  });

  it("are found with scikit-learn's probabilities", () => {
    const ids = item.labels.map((label) => names.indexOf(label));
    const columns = columnCount(model);
    const linear = fitLogisticRegression(rows, ids, { labels, columns, inverseStrength });
    item.probabilities.forEach((expected, row) => {
      const found = softmax(linearLogits(read(item.unseen[row]), linear));
      expected.forEach((probability, label) => {
        expect(found[label]).toBeCloseTo(probability, 4);
      });
    });
  });
});

describe("the vocabulary", () => {
  it("keeps the n-grams of most texts where there are too many", () => {
    const model = fitTfIdf(["oar mast", "oar hull", "oar"], 1);
    expect([...model.words.columns]).toEqual([["oar", 0]]);
    expect(model.words.rarity[0]).toBeCloseTo(1, 6);
  });

  it("may be empty, and then every row is", () => {
    const model = fitTfIdf(["", " "]);
    expect(columnCount(model)).toBe(0);
    expect(tfIdfReader(model)("oar").columns).toHaveLength(0);
  });
});

describe("the sample task", () => {
  const rowsOf = (split: string) => {
    const file = new URL(`../../../examples/sample-task/${split}.jsonl`, import.meta.url);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    return lines.map((line) =>
      z.object({ text: z.string(), label: z.string() }).parse(JSON.parse(line)),
    );
  };

  it("comes out as scikit-learn's, to half a point", () => {
    const measured = measureBaseline(rowsOf("train"), rowsOf("test"));
    expect(Math.abs(measured.measures.accuracy - golden.sample.accuracy)).toBeLessThanOrEqual(
      0.005,
    );
    expect(Math.abs(measured.measures.macro_f1 - golden.sample.macro_f1)).toBeLessThanOrEqual(
      0.005,
    );
  });
});
