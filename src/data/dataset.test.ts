import { describe, expect, it } from "vitest";
import { buildDataset, resolveSplits } from "./dataset.js";
import type { TextRecord } from "./formats/record.js";

/** Records from "text/label" strings, on lines 1, 2, ... */
function records(...rows: string[]): TextRecord[] {
  return rows.map((row, index) => {
    const [text, label] = row.split("/");
    return { text, label, columns: {}, line: index + 1 };
  });
}

const train = records("good/pos", "bad/neg", " /pos", "fine/pos");
const many = records(...Array.from({ length: 40 }, (_, i) => `text ${i}/${i % 2 ? "a" : "b"}`));

describe("buildDataset", () => {
  it("numbers labels, leaves out empty texts, marks test rows seen in training", () => {
    const dev = records("so so/neg");
    const test = records("new/neg", " good /neg", "/pos", "good/pos");
    const dataset = buildDataset({ train, dev, test, splitSeed: 0 });
    expect(dataset.labels).toEqual(["neg", "pos"]);
    expect(dataset.train.texts).toEqual(["good", "bad", "fine"]);
    expect([...dataset.train.labelIds]).toEqual([1, 0, 1]);
    expect(dataset.train.records.map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(dataset.test?.texts).toEqual(["new", " good ", "good"]);
    expect([...dataset.seenInTraining]).toEqual([0, 1, 1]);
    expect(dataset.excluded.emptyTexts).toEqual({ train: 1, dev: 0, test: 1 });
  });

  it("splits train 80/10/10, or 90/10 beside a given test", () => {
    const sizes = ({ train, dev, test }: ReturnType<typeof buildDataset>) => [
      train.texts.length,
      dev.texts.length,
      test?.texts.length,
    ];
    expect(sizes(buildDataset({ train: many, splitSeed: 0 }))).toEqual([32, 4, 4]);
    const test = records("new/a");
    expect(sizes(buildDataset({ train: many, test, splitSeed: 0 }))).toEqual([36, 4, 1]);
    const given = buildDataset({ train: many, dev: test, splitSeed: 0 });
    expect(given.test).toBeUndefined();
    expect(given.seenInTraining).toHaveLength(0);
  });

  it("resolves the same splits for a check", () => {
    const dataset = buildDataset({ train: many, splitSeed: 3 });
    const splits = resolveSplits({ train: many, splitSeed: 3 });
    expect(splits.test).toEqual(dataset.test?.records);
    expect(splits.dev).toEqual(dataset.dev.records);
  });

  it("has a digest of texts, labels, splits and their order", () => {
    const digest = (rows: TextRecord[], dev = records("so so/y")) =>
      buildDataset({ train: rows, dev, splitSeed: 0 }).digest;
    const first = digest(records("a/x", "b/y"));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(digest(records("a/x", "b/y", " /y"))).toBe(first);
    const others = [
      digest(records("b/y", "a/x")),
      digest(records("a/y", "b/x")),
      digest(records("a/x", "b /y")),
      digest(records("a/x", "b/y"), records("so so/x")),
      digest(records("a/x", "b/y", "so so/y")),
    ];
    expect(new Set([first, ...others]).size).toBe(6);
  });
});

describe("buildDataset refuses", () => {
  const dev = records("so so/neg");

  it("a label that train lacks, and proposes the nearest", () => {
    const test = records("x/neg", "y/Pso");
    expect(() => buildDataset({ train, dev, test, splitSeed: 0 })).toThrow(
      expect.objectContaining({
        code: "data-label",
        message: `test line 2: expected one of train's 2 labels, got "Pso"`,
        hint: expect.stringContaining('"pos"'),
      }),
    );
    expect(() => buildDataset({ train, dev: records("x/other"), splitSeed: 0 })).toThrow(
      expect.objectContaining({ code: "data-label", hint: expect.stringContaining('"other"') }),
    );
  });

  it("a row without a label", () => {
    const unlabelled: TextRecord[] = [{ text: "x", columns: {}, line: 9 }];
    expect(() => buildDataset({ train, dev: unlabelled, splitSeed: 0 })).toThrow(
      expect.objectContaining({
        code: "data-label",
        message: "dev line 9: expected a label, got none",
      }),
    );
  });

  it("a train set without texts", () => {
    for (const rows of [[], records(" /x")]) {
      expect(() => buildDataset({ train: rows, splitSeed: 0 })).toThrow(
        expect.objectContaining({
          code: "data-empty",
          message: "expected at least one row with a text in train, found none",
        }),
      );
    }
  });

  it("a dev or test set without texts", () => {
    expect(() => buildDataset({ train, dev: records("/pos"), splitSeed: 0 })).toThrow(
      expect.objectContaining({ code: "data-empty", message: expect.stringContaining("in dev") }),
    );
    expect(() => buildDataset({ train, dev, test: [], splitSeed: 0 })).toThrow(
      expect.objectContaining({ code: "data-empty", message: expect.stringContaining("in test") }),
    );
  });

  it("a train set too small to split", () => {
    expect(() => buildDataset({ train: records("a/x", "b/y"), splitSeed: 0 })).toThrow(
      expect.objectContaining({
        code: "data-empty",
        message: expect.stringContaining("after splitting train"),
        hint: expect.stringContaining("3 different texts"),
      }),
    );
  });

  it("a single class", () => {
    expect(() => buildDataset({ train: records("a/x", "b/x"), dev, splitSeed: 0 })).toThrow(
      expect.objectContaining({
        code: "data-classes",
        message: 'expected at least 2 labels in train, found only "x"',
      }),
    );
  });
});
