import { describe, expect, it } from "vitest";
import type { TextRecord } from "../formats/record.js";
import { checkDataset } from "./check.js";
import { formatCheck } from "./check-text.js";

/** Records from "text/label" strings; no slash, no label. */
function records(...rows: string[]): TextRecord[] {
  return rows.map((row, index) => {
    const [text, label] = row.split("/");
    const record = { text, columns: {}, line: index + 1 };
    return label === undefined ? record : { ...record, label };
  });
}

const small = {
  train: records("a b c/x", "a b c /x", "d/x", "d/y", "e f/y", " /y", "g g g g/z"),
  dev: records("a b c/y", "h/x"),
  test: records("d/y", "d/x", "a b c/y", "h/x", "i/w"),
};

/** One token for each character. */
const characters = (texts: readonly string[]) => Int32Array.from(texts, (text) => text.length);

describe("checkDataset", () => {
  const check = checkDataset(small);

  it("counts rows, empty, repeated and conflicting texts", () => {
    expect(check.splits).toMatchObject([
      { name: "train", rows: 7, emptyTexts: 1, repeatedRows: 2, conflictingTexts: 1 },
      { name: "dev", rows: 2, emptyTexts: 0, repeatedRows: 0, conflictingTexts: 0 },
      { name: "test", rows: 5, emptyTexts: 0, repeatedRows: 1, conflictingTexts: 1 },
    ]);
  });

  it("counts labels over all splits, sorted", () => {
    expect(check.labels).toEqual(["w", "x", "y", "z"]);
    expect(check.splits.map(({ labelRows }) => labelRows)).toEqual([
      [0, 3, 3, 1],
      [0, 1, 1, 0],
      [1, 2, 2, 0],
    ]);
    expect(check.smallestClass).toEqual({ label: "z", rows: 1 });
  });

  it("counts what splits share", () => {
    expect(check.overlaps).toEqual([
      { first: "train", second: "dev", texts: 1, rows: 1, rowsSameLabel: 0 },
      { first: "train", second: "test", texts: 2, rows: 3, rowsSameLabel: 2 },
      { first: "dev", second: "test", texts: 2, rows: 2, rowsSameLabel: 2 },
    ]);
  });

  it("measures lengths in words without a tokenizer", () => {
    // train: 1 1 2 3 3 4
    expect(check.splits[0].lengths).toEqual({
      unit: "words",
      mean: 14 / 6,
      median: 3,
      p95: 4,
      max: 4,
    });
    expect(check.splits[0].truncation).toBeUndefined();
  });

  it("measures lengths and truncation in tokens with one", () => {
    const train = records(...Array.from({ length: 20 }, (_, i) => `${"c".repeat(i + 1)}/x`));
    const [split] = checkDataset({ train }, { tokenCounts: characters, maxLength: 18 }).splits;
    expect(split.lengths).toEqual({ unit: "tokens", mean: 10.5, median: 11, p95: 20, max: 20 });
    expect(split.truncation).toEqual({ maxLength: 18, rows: 2, lostShare: 3 / 210 });
  });

  it("warns of test texts seen in training first, with both counts of rows", () => {
    expect(check.warnings[0]).toEqual({
      code: "test-seen-in-train",
      message:
        "TEST TEXTS SEEN IN TRAINING: 3 of 5 test rows (60.0 %) have a text that is also in train " +
        "(2 distinct texts; 2 of these rows carry the label that the text has in train). Scores on all " +
        "test rows overstate how well new texts are classified: every test metric is reported twice, on " +
        "all 5 rows and on the 2 not seen in training.",
    });
  });

  it("orders the other warnings by weight", () => {
    expect(check.warnings.map(({ code }) => code)).toEqual([
      "test-seen-in-train",
      "label-not-in-train",
      "dev-seen-in-train",
      "test-seen-in-dev",
      "conflicting-labels",
      "conflicting-labels",
      "label-missing",
      "label-missing",
      "small-class",
      "small-test-class",
      "empty-texts",
      "repeated-texts",
      "repeated-texts",
    ]);
  });

  it("warns of truncation, missing labels and a single class", () => {
    const train = records("aaaa/x", "b/x", "c");
    const options = { tokenCounts: characters, maxLength: 2 };
    const messages = new Map(
      checkDataset({ train }, options).warnings.map(({ code, message }) => [code, message]),
    );
    expect([...messages.keys()]).toEqual(["one-class", "small-class", "truncation", "unlabelled"]);
    expect(messages.get("truncation")).toBe(
      "1 of 3 train rows (33.3 %) are truncated to 2 tokens, which drops 33.3 % of the split's tokens.",
    );
    expect(messages.get("unlabelled")).toBe("1 row of train without a label.");
  });

  it("finds nothing to warn of in a clean data set", () => {
    const rows = (split: string, count: number) =>
      records(...Array.from({ length: count }, (_, i) => `${split} ${i}/${i % 2}`));
    const clean = { train: rows("a", 40), dev: rows("b", 20), test: rows("c", 20) };
    const found = checkDataset(clean);
    expect(found.warnings).toEqual([]);
    expect(formatCheck(found)).toMatch(/\n\nNo warnings\.\n$/);
  });

  it("takes an empty split and one without labels", () => {
    const found = checkDataset({ train: records(" ", "\t"), test: [] });
    expect(found.splits.map(({ lengths }) => lengths)).toEqual([undefined, undefined]);
    expect(found.smallestClass).toBeUndefined();
    expect(formatCheck(found)).toContain("train");
  });
});

describe("formatCheck", () => {
  it("lays out the page", () => {
    const page = formatCheck(checkDataset(small, { tokenCounts: characters, maxLength: 5 }));
    const [tables] = page.split("\n\nWarnings\n");
    expect(tables.split("\n")).toEqual([
      "                                train        dev       test",
      "rows                                7          2          5",
      "empty texts                         1          0          0",
      "rows repeating a text               2          0          1",
      "texts with several labels           1          0          1",
      "tokens per text: mean             3.8        3.0        1.8",
      "  median                            5          5          1",
      "  95th percentile                   7          5          5",
      "  longest                           7          5          5",
      "rows cut at 5 tokens       2 (28.6 %)  0 (0.0 %)  0 (0.0 %)",
      "  tokens cut off               13.0 %      0.0 %      0.0 %",
      "",
      "Labels (4)  train          dev          test",
      "w               0   0.0 %    0   0.0 %     1  20.0 %",
      "x               3  42.9 %    1  50.0 %     2  40.0 %",
      "y               3  42.9 %    1  50.0 %     2  40.0 %",
      "z               1  14.3 %    0   0.0 %     0   0.0 %",
      "",
      "Texts in two splits  texts                       rows  with the same label",
      "train and dev            1   1 of 2 dev rows (50.0 %)                    0",
      "train and test           2  3 of 5 test rows (60.0 %)                    2",
      "dev and test             2  2 of 5 test rows (40.0 %)                    2",
    ]);
  });

  it("groups thousands, shortens long labels", () => {
    const label = "a label that is far too long for a column of the table";
    const train = records(
      ...Array.from({ length: 1234 }, (_, i) => `same/${i === 0 ? "b" : label}`),
    );
    const page = formatCheck(checkDataset({ train }));
    expect(page).toContain("a label that is far too long for ...  1,233  99.9 %");
    expect(page).toContain(
      "  ! 1,233 of 1,234 train rows (99.9 %) repeat the text of an earlier row.",
    );
  });

  it("wraps warnings at 80 columns", () => {
    const lines = formatCheck(checkDataset(small)).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines).toContain(
      "  ! TEST TEXTS SEEN IN TRAINING: 3 of 5 test rows (60.0 %) have a text that is",
    );
    expect(lines).toContain(
      "    also in train (2 distinct texts; 2 of these rows carry the label that the",
    );
  });
});

describe("doubtful labels", () => {
  const train = records(...Array.from({ length: 30 }, (_, i) => `text ${i}/${"ab"[i % 2]}`));
  const doubt = (row: number) => ({
    record: train[row],
    suggested: "b",
    probability: 0.9,
    givenProbability: 0.1,
  });

  it("are told of with those that are worth a look, a few of them with text", () => {
    const doubtful = { examined: 30, rows: [0, 2, 4, 6, 8, 10].map(doubt), further: [doubt(12)] };
    const page = formatCheck(checkDataset({ train }, { doubtful }));
    expect(page).toContain(
      "Doubtful labels: 6 of 30 rows of train, the first 5\n  line 1: a, rather b (90.0 %)\n    text 0\n",
    );
    expect(page.replace(/\s+/g, " ")).toContain(
      "6 rows of train have a doubtful label, by TF-IDF trained on other rows. 1 further row is worth a look.",
    );
    const none = checkDataset({ train }, { doubtful: { ...doubtful, rows: [] } });
    expect(none.warnings).toEqual([]);
  });
});

describe("labels", () => {
  const messages = (train: TextRecord[]) =>
    checkDataset({ train }).warnings.map(({ code, message }) => [code, message]);
  const rowsOf = (label: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${label} text ${i}/${label}`);

  it("that differ in spelling are named with their rows", () => {
    const train = records(...rowsOf("Sail", 12), ...rowsOf("sail ", 1), ...rowsOf("hull", 20));
    expect(messages(train)).toContainEqual([
      "label-spellings",
      'the labels "Sail" (12 rows) and "sail " (1 row) differ only in case; they are probably one label.',
    ]);
    const alike = records(...rowsOf("caf\u00e9", 12), ...rowsOf("cafe\u0301", 11));
    expect(messages(alike)).toEqual([
      [
        "label-spellings",
        'the labels "caf\\u{e9}" (12 rows) and "cafe\\u{301}" (11 rows) differ only in Unicode form or invisible characters; they are probably one label.',
      ],
    ]);
  });

  it("that other programs write for a missing value are doubted", () => {
    const train = records(...rowsOf("nan", 12), ...rowsOf("NULL", 12), ...rowsOf("none", 12));
    expect(messages(train)).toEqual([
      [
        "missing-labels",
        "the labels NULL and nan may stand for missing values, as other programs write them; each is learned as a label of its own.",
      ],
    ]);
  });

  it("with few rows are named together", () => {
    const train = records(...rowsOf("hull", 30), ...rowsOf("oar", 7), ...rowsOf("keel", 2));
    expect(messages(train)).toEqual([
      [
        "small-class",
        "2 labels of train have fewer than 10 rows: keel (2) and oar (7); expect poor results on them. With fewer than 5, a label is missing from some parts of a cross-validation in 5 parts.",
      ],
    ]);
  });

  it("that are lists, and as many as rows, are doubted", () => {
    const lists = records(...rowsOf("['a', 'b']", 12), ...rowsOf("c", 12));
    expect(messages(lists)).toContainEqual([
      "list-labels",
      `a label looks like a list of labels: "['a', 'b']"; each list is learned as a label of its own, unless --label-separator says what stands between its labels.`,
    ]);
    const ids = records(...Array.from({ length: 10_000 }, (_, i) => `text ${i}/id${i}`));
    expect(messages(ids)).toContainEqual([
      "many-labels",
      "train has 10,000 labels in 10,000 rows; is this the column of labels?",
    ]);
    const page = formatCheck(checkDataset({ train: ids }));
    expect(page.split("\n").length).toBeLessThan(200);
    expect(page).toContain("and 9,900 labels with fewer rows");
  });
});
