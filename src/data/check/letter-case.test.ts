import { describe, expect, it } from "vitest";
import type { TextRecord } from "../formats/record.js";
import { capitalsOfLabel, caseConflicts } from "./letter-case.js";

const recordsOf = (...rows: readonly (readonly [text: string, label: string])[]): TextRecord[] =>
  rows.map(([text, label], row) => ({ text, label, columns: {}, line: row + 2 }));

/** Rows of a label, the first of which are written in capitals. */
function rowsOf(label: string, rows: number, shouting: number) {
  return Array.from({ length: rows }, (_, row) => {
    const text = `the GPS shows number ${row}`;
    return [row < shouting ? text.toUpperCase() : text, label] as const;
  });
}

describe("capitalsOfLabel", () => {
  it("names the label whose rows shout, with the p of Fisher's exact test", () => {
    const rows = recordsOf(...rowsOf("a", 20, 12), ...rowsOf("b", 30, 3));
    // scipy.stats.fisher_exact([[12, 8], [3, 27]], alternative="greater"), for two labels
    expect(capitalsOfLabel(rows)).toEqual({
      label: "a",
      rows: 20,
      shouting: 12,
      otherRows: 30,
      otherShouting: 3,
      p: expect.closeTo(2 * 0.00024272726377823288, 12),
      lines: [2, 3, 4],
    });
  });

  it("takes what chance can do, and small differences, for nothing", () => {
    // scipy gives 2 x 0.0021 here.
    expect(
      capitalsOfLabel(recordsOf(...rowsOf("a", 20, 9), ...rowsOf("b", 30, 2))),
    ).toBeUndefined();
    const many = recordsOf(...rowsOf("a", 3000, 270), ...rowsOf("b", 3000, 60));
    expect(capitalsOfLabel(many)).toBeUndefined();
  });

  it("passes over abbreviations, which most rows write in capitals", () => {
    const rows = recordsOf(
      ...Array.from({ length: 40 }, (_, i) => [`the VHF is dead ${i}`, "a"] as const),
      ...Array.from({ length: 40 }, (_, i) => [`the pump is dead ${i}`, "b"] as const),
    );
    expect(capitalsOfLabel(rows)).toBeUndefined();
    expect(capitalsOfLabel([])).toBeUndefined();
  });
});

describe("caseConflicts", () => {
  it("counts texts whose label changes with case", () => {
    const rows = recordsOf(["polish", "a"], ["Polish ", "b"], ["march", "a"], ["March", "a"]);
    expect(caseConflicts(rows)).toEqual({ texts: 1, lines: { first: 2, second: 3 } });
  });

  it("does not count texts that have several labels in one spelling", () => {
    const rows = recordsOf(["polish", "a"], ["Polish", "a"], ["Polish", "b"]);
    expect(caseConflicts(rows)).toBeUndefined();
  });
});
