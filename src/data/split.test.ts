import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutation, randomStream } from "../base/random.js";
import { type TextRecord, textKey } from "./formats/record.js";
import { stratifiedSplit } from "./split.js";

const shares = { dev: 0.1, test: 0.1 };

function record(text: string, label: string, line = 1): TextRecord {
  return { text, label, columns: {}, line };
}

/** `count` distinct texts of a label. */
function texts(label: string, count: number): TextRecord[] {
  return Array.from({ length: count }, (_, i) => record(`${label} ${i}`, label, i + 1));
}

function split(records: readonly TextRecord[], seed = 0) {
  return stratifiedSplit(records, shares, randomStream(seed, "split"));
}

function keys(records: readonly TextRecord[]): string[] {
  return records.map(({ text }) => textKey(text)).sort();
}

describe("stratifiedSplit", () => {
  it("gives each label its shares", () => {
    const { train, dev, test } = split([...texts("a", 100), ...texts("b", 20), ...texts("c", 3)]);
    const rows = (side: readonly TextRecord[]) =>
      ["a", "b", "c"].map((label) => side.filter((found) => found.label === label).length);
    expect(rows(train)).toEqual([80, 16, 1]);
    expect(rows(dev)).toEqual([10, 2, 1]);
    expect(rows(test)).toEqual([10, 2, 1]);
  });

  it("leaves labels of one or two texts in train, and a side without a share empty", () => {
    const { train, dev, test } = split([...texts("a", 2), ...texts("b", 1)]);
    expect([train.length, dev.length, test.length]).toEqual([3, 0, 0]);
    const two = stratifiedSplit(texts("a", 50), { dev: 0.1, test: 0 }, randomStream(0, "split"));
    expect([two.train.length, two.dev.length, two.test.length]).toEqual([45, 5, 0]);
  });

  it("draws other rows for another seed", () => {
    const records = texts("a", 100);
    expect(keys(split(records, 1).test)).not.toEqual(keys(split(records, 2).test));
  });

  it("brings back a label that only left train beside more frequent ones", () => {
    // "rare" stands only beside "a"; for some seed its text is drawn out of train.
    const records = [...texts("a", 4), record("a 0", "rare"), record("a 0", "a")];
    for (let seed = 0; seed < 20; seed++) {
      expect(split(records, seed).train.map(({ label }) => label)).toContain("rare");
    }
  });

  it("refuses rows without a label", () => {
    const unlabelled: TextRecord = { text: "x", columns: {}, line: 7 };
    expect(() => split([...texts("a", 5), unlabelled])).toThrow(
      expect.objectContaining({
        code: "data-label",
        message: "train line 7: expected a label to split by, found none",
      }),
    );
  });

  const someRecords = fc.array(
    fc
      .tuple(
        fc.constantFrom("", "v", "w", "x", "y", "z"),
        fc.nat(9),
        fc.constantFrom("a", "b", "c"),
      )
      .map(([word, copy, label]) =>
        record(word === "" ? "  " : `${" ".repeat(copy % 2)}${word}${copy >> 1} `, label),
      ),
    { maxLength: 80 },
  );

  it("keeps every row once, in order, each text on one side, each label in train", () => {
    fc.assert(
      fc.property(someRecords, fc.nat(), (records, seed) => {
        const { train, dev, test } = split(records, seed);
        const sides = [train, dev, test];
        expect(sides.flat()).toHaveLength(records.length);
        for (const side of sides) {
          expect(records.filter((found) => side.includes(found))).toEqual(side);
        }
        const sidesOfText = (key: string) =>
          sides.filter((side) => side.some(({ text }) => textKey(text) === key));
        for (const key of new Set(keys(records))) expect(sidesOfText(key)).toHaveLength(1);
        expect(new Set(train.map(({ label }) => label))).toEqual(
          new Set(records.map(({ label }) => label)),
        );
        expect(keys([...dev, ...test])).not.toContain("");
      }),
    );
  });

  it("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(someRecords, fc.nat(), (records, seed) => {
        const order = [...permutation(records.length, randomStream(seed, "shuffle"))];
        const here = split(records, seed);
        const there = split(
          order.map((index) => records[index]),
          seed,
        );
        expect(keys(there.dev)).toEqual(keys(here.dev));
        expect(keys(there.test)).toEqual(keys(here.test));
      }),
    );
  });
});
