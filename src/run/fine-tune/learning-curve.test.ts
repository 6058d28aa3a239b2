import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { randomStream } from "../../base/random.js";
import { buildDataset } from "../../data/dataset.js";
import { dealFolds, rowsOfFold, shareOfRows } from "../../data/folds.js";
import { fitTfidf, tfidfLogits } from "../../model/linear/tfidf-classifier.js";
import { predictedLabels } from "../../results/metrics/metrics.js";
import { learningCurve } from "./learning-curve.js";

const at = temporaryFolder();
const nouns = [
  ["oar", "mast", "keel", "sail", "boom", "hull"],
  ["wheel", "brake", "clutch", "tyre", "gear", "axle"],
];
const records = nouns.flatMap((words, label) =>
  words.flatMap((a, i) =>
    words.slice(i + 1).map((b) => ({ text: `${a} and ${b}`, label: ["boat", "car"][label] })),
  ),
);
const rowsOf = (some: typeof records) =>
  some.map((record, index) => ({ ...record, line: index + 1, columns: {} }));
const settings = { learningCurve: true, metricForBestModel: "accuracy", seed: 3 } as const;

function accuracyOf(share: number, data: ReturnType<typeof buildDataset>): number {
  const { texts, labelIds } = data.train;
  const folds = dealFolds(data.train, 3, randomStream(0, "folds"));
  let right = 0;
  for (let fold = 0; fold < folds.count; fold++) {
    const { train, heldOut } = rowsOfFold(folds, fold);
    const some = shareOfRows(train, labelIds, share, randomStream(3, "learning curve", fold));
    const fitted = fitTfidf(
      some.map((row) => texts[row]),
      some.map((row) => labelIds[row]),
      2,
    );
    const logits = tfidfLogits(
      fitted,
      heldOut.map((row) => texts[row]),
    );
    predictedLabels(logits, 2).forEach((id, index) => {
      if (id === labelIds[heldOut[index]]) right += 1;
    });
  }
  return right / texts.length;
}

it("measures parts of the texts of each fold, and half the rise from a quarter to all of them", async () => {
  const data = buildDataset({ train: rowsOf(records), splitSeed: 0, crossValidated: true });
  const folds = dealFolds(data.train, 3, randomStream(0, "folds"));
  const host = createTestHost();
  const run = { data, folds, settings: { ...settings, outputDir: at("folds") } };
  const curve = await learningCurve(run, undefined, host);
  const expected = [0.25, 0.5, 1].map((share) => accuracyOf(share, data));
  expect(curve?.points).toMatchObject([
    { method: "tfidf", share: 0.25, texts: 5, accuracy: expected[0] },
    { method: "tfidf", share: 0.5, texts: 10, accuracy: expected[1] },
    { method: "tfidf", share: 1, texts: 20, accuracy: expected[2] },
  ]);
  expect(curve?.rows).toBe(30);
  const [{ gain, standard_error: error }] = curve?.doubling ?? [];
  expect(gain).toBeCloseTo((expected[2] - expected[0]) / 2, 12);
  // A bootstrap of 30 paired rows; at most half of sqrt(1 / 30).
  expect(error).toBeGreaterThan(0);
  expect(error).toBeLessThan(0.5 / Math.sqrt(30));
  expect(curve?.text).toMatch(
    /^Twice the texts would give TF-IDF about [+−]\d+\.\d points of accuracy \(standard error \d+\.\d\), if the curve goes on as from 25 to 100 % of them\.$/,
  );
  expect(host.notices()).toMatch(
    /accuracy on 30 held-out texts +5 texts +10 texts +20 texts\nTF-IDF/,
  );
  expect(readdirSync(at("folds/folds")).length).toBe(9);
});

it("is measured on dev where there are no folds, and only where it is asked for", async () => {
  const dev = rowsOf([
    { text: "sail and keel and mast", label: "boat" },
    { text: "gear and brake and axle", label: "car" },
  ]);
  const data = buildDataset({ train: rowsOf(records), dev, splitSeed: 0 });
  const run = { data, folds: undefined, settings: { ...settings, outputDir: at("dev") } };
  const curve = await learningCurve(run, undefined, createTestHost());
  expect(curve?.rows).toBe(2);
  expect(curve?.points.map(({ texts }) => texts)).toEqual([8, 15, 30]);
  const without = { ...run, settings: { ...run.settings, learningCurve: false } };
  expect(await learningCurve(without, undefined, createTestHost())).toBeUndefined();
});

it("takes a share of each label's rows, nested and in order", () => {
  const labels = [0, 0, 0, 0, 1, 1, 1, 1, 2];
  const rows = [...labels.keys()];
  const share = (part: number) => shareOfRows(rows, labels, part, randomStream(1, "a"));
  const half = share(0.5);
  expect(half.map((row) => labels[row])).toEqual([0, 0, 1, 1, 2]);
  expect(share(0.25).map((row) => labels[row])).toEqual([0, 1, 2]);
  expect(half).toEqual(expect.arrayContaining(share(0.25)));
  expect(half).toEqual(half.toSorted((a, b) => a - b));
  expect(share(1)).toEqual(rows);
});
