import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { permutation, randomStream } from "../base/random.js";
import { dealFolds, type FoldedRows, NEVER_HELD_OUT, rowsOfFold } from "./folds.js";

const deal = (rows: FoldedRows, folds = 5, seed = 0) =>
  dealFolds(rows, folds, randomStream(seed, "folds"));

/** Distinct texts, as many of each label as `counts` says. */
function rowsOf(...counts: number[]) {
  const labelIds = counts.flatMap((count, label) => new Array<number>(count).fill(label));
  return { texts: labelIds.map((label, row) => `text ${row} of ${label}`), labelIds };
}

/** How often each label is in each fold: [label][fold]. */
function table({ labelIds }: FoldedRows, ofRow: Int32Array, labels: number, folds: number) {
  return Array.from({ length: labels }, (_, label) =>
    Array.from(
      { length: folds },
      (_, fold) => ofRow.filter((found, row) => found === fold && labelIds[row] === label).length,
    ),
  );
}

describe("dealFolds", () => {
  it("gives every fold its share of each label", () => {
    const rows = rowsOf(50, 12, 3);
    const { count, ofRow } = deal(rows);
    const [a, b, c] = table(rows, ofRow, 3, 5);
    expect(count).toBe(5);
    expect(a).toEqual([10, 10, 10, 10, 10]);
    expect(b.toSorted()).toEqual([2, 2, 2, 3, 3]);
    expect(c.toSorted()).toEqual([0, 0, 1, 1, 1]);
    const sizes = [0, 1, 2, 3, 4].map((fold) => rowsOfFold({ count, ofRow }, fold).heldOut.length);
    expect(sizes).toEqual([13, 13, 13, 13, 13]);
  });

  it("never holds out the only text of a label", () => {
    const rows = rowsOf(10, 1);
    expect(deal(rows).ofRow[10]).toBe(NEVER_HELD_OUT);
    const { texts, labelIds } = rowsOf(10, 2);
    const twice = { texts: [...texts.slice(0, 10), "same", " same "], labelIds };
    expect([...deal(twice).ofRow.slice(10)]).toEqual([NEVER_HELD_OUT, NEVER_HELD_OUT]);
  });

  it("has as many folds as there are texts to hold out", () => {
    expect(deal(rowsOf(2, 2)).count).toBe(4);
    expect(deal(rowsOf(1, 1)).count).toBe(0);
    expect(deal({ texts: [], labelIds: [] })).toEqual({ count: 0, ofRow: new Int32Array(0) });
  });

  it("deals otherwise for another seed", () => {
    const rows = rowsOf(50, 50);
    expect(deal(rows, 5, 1).ofRow).not.toEqual(deal(rows, 5, 2).ofRow);
    expect(deal(rows, 5, 1)).toEqual(deal(rows, 5, 1));
  });

  it("keeps equal texts together, and groups, also through a text they share", () => {
    const texts = ["a", "b", " b", "c", "d", "e", "f"];
    const labelIds = [0, 0, 0, 1, 1, 0, 1];
    const groups = [1, 1, 2, 2, 3, 4, 5];
    const { ofRow } = deal({ texts, labelIds, groups }, 2);
    expect(new Set(ofRow.slice(0, 4)).size).toBe(1);
  });
});

const someRows = fc
  .array(fc.record({ text: fc.nat(30), label: fc.nat(4), group: fc.nat(40) }), { maxLength: 80 })
  .map((rows) => ({
    texts: rows.map(({ text }) => `text ${text}`),
    labelIds: rows.map(({ label }) => label),
    groups: rows.map(({ group }) => group),
  }));
const someFolds = fc.integer({ min: 2, max: 7 });

describe("any rows", () => {
  it("stay with their like, and leave a row of every label to each fold's training", () => {
    fc.assert(
      fc.property(someRows, someFolds, fc.nat(), (rows, folds, seed) => {
        const { count, ofRow } = deal(rows, folds, seed);
        expect(count).toBeLessThanOrEqual(folds);
        for (const names of [rows.texts, rows.groups.map(String)]) {
          const found = new Map<string, number>();
          names.forEach((name, row) => {
            expect(ofRow[row]).toBe(found.get(name) ?? ofRow[row]);
            found.set(name, ofRow[row]);
          });
        }
        for (let fold = 0; fold < count; fold++) {
          const { train, heldOut } = rowsOfFold({ count, ofRow }, fold);
          expect(heldOut.length).toBeGreaterThan(0);
          expect(train.length + heldOut.length).toBe(ofRow.length);
          const left = new Set(train.map((row) => rows.labelIds[row]));
          expect(left).toEqual(new Set(rows.labelIds));
        }
      }),
    );
  });

  it("are dealt alike in any order", () => {
    fc.assert(
      fc.property(someRows, someFolds, fc.nat(), (rows, folds, seed) => {
        const order = [...permutation(rows.texts.length, randomStream(seed, "shuffle"))];
        const shuffled = {
          texts: order.map((row) => rows.texts[row]),
          labelIds: order.map((row) => rows.labelIds[row]),
          groups: order.map((row) => rows.groups[row]),
        };
        const here = deal(rows, folds, seed).ofRow;
        const there = deal(shuffled, folds, seed).ofRow;
        expect([...there]).toEqual(order.map((row) => here[row]));
      }),
    );
  });

  it("of distinct texts lie in the folds by label to one row", () => {
    const counts = fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(counts, someFolds, fc.nat(), (sizes, folds, seed) => {
        const rows = rowsOf(...sizes);
        const { ofRow } = deal(rows, folds, seed);
        for (const found of table(rows, ofRow, sizes.length, folds)) {
          expect(Math.max(...found) - Math.min(...found)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
