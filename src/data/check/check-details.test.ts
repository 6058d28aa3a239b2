import { describe, expect, it } from "vitest";
import type { TextRecord } from "../formats/record.js";
import { checkDetails } from "./check-details.js";

/** Records from "text/label" strings; no slash, no label. */
function records(...rows: string[]): TextRecord[] {
  return rows.map((row, index) => {
    const [text, label] = row.split("/");
    const record = { text, columns: {}, line: index + 1 };
    return label === undefined ? record : { ...record, label };
  });
}

describe("checkDetails", () => {
  const details = checkDetails({
    train: records("a b/x", "c/x", "c /y", " /x", "d/x", "c/x", "e/x", "e/x"),
    dev: records("a b/y", "f"),
    test: records("d/x", "g/y"),
  });

  it("shows texts that splits share, those of test first, with every row", () => {
    expect(details.shared).toEqual({
      total: 2,
      shown: [
        {
          text: "d",
          places: [
            { split: "train", line: 5, label: "x" },
            { split: "test", line: 1, label: "x" },
          ],
        },
        {
          text: "a b",
          places: [
            { split: "train", line: 1, label: "x" },
            { split: "dev", line: 1, label: "y" },
          ],
        },
      ],
    });
  });

  it("shows texts that one split repeats, the most frequent first, and those with several labels there", () => {
    expect(details.repeated.shown.map(({ text, places }) => [text, places.length])).toEqual([
      ["c", 3],
      ["e", 2],
    ]);
    expect(details.conflicting).toMatchObject({ total: 1, shown: [{ text: "c" }] });
  });

  it("counts lengths over common bins, the last of which is open; empty texts are left out", () => {
    const [train, dev] = details.lengths;
    expect(details.lengths.map(({ split, unit }) => [split, unit])).toEqual([
      ["train", "words"],
      ["dev", "words"],
      ["test", "words"],
    ]);
    // One word a bin: 0, 1, 2, ...
    expect(train.edges.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(train.counts.slice(0, 4)).toEqual([0, 6, 1, 0]);
    expect(dev.counts.slice(0, 4)).toEqual([0, 1, 1, 0]);

    const texts = [...Array.from({ length: 199 }, (_, n) => "a".repeat(n % 48)), "a".repeat(900)];
    const tokenCounts = (given: readonly string[]) =>
      Int32Array.from(given, ({ length }) => length);
    const [long] = checkDetails({ train: records(...texts) }, { tokenCounts }).lengths;
    expect(long).toMatchObject({ unit: "tokens" });
    // 99 % of the texts have at most 47 characters: bins of 2 up to 48.
    expect(long.edges.at(-1)).toBe(48);
    expect(long.counts.reduce((sum, count) => sum + count)).toBe(
      texts.filter((text) => text !== "").length,
    );
    expect(long.counts.at(-1)).toBe(texts.filter(({ length }) => length >= 46).length);
  });

  it("has no more examples than can be looked at", () => {
    const twice = Array.from({ length: 50 }, (_, n) => `text ${n}/x`);
    const { repeated } = checkDetails({ train: records(...twice, ...twice) });
    expect(repeated.total).toBe(50);
    expect(repeated.shown.length).toBe(8);
  });
});
