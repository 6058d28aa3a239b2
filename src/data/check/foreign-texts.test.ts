import { describe, expect, it } from "vitest";
import type { TextRecord } from "../formats/record.js";
import { checkDataset } from "./check.js";
import { foreignTexts, type WordsOfText } from "./foreign-texts.js";

/** Rows of ten words, so many of which are split in two pieces. */
const rowsOf = (...split: readonly number[]): TextRecord[] =>
  split.map((count, row) => ({
    text: `${count}`,
    label: "ab"[row % 2],
    columns: {},
    line: row + 2,
  }));
const wordsOf = (text: string): WordsOfText => {
  const split = Number(text);
  return { words: 10, pieces: 10 + split, split, unknown: 0 };
};

describe("foreignTexts", () => {
  it("counts texts of which the vocabulary splits or lacks more than 40 %", () => {
    expect(foreignTexts("train", rowsOf(4, 5, 9, 0, 10), wordsOf)).toEqual({
      split: "train",
      examined: 5,
      rows: 3,
      piecesPerWord: 1.8,
      unknownShare: 0,
      lines: [3, 4, 6],
    });
    const unknown = () => ({ words: 5, pieces: 5, split: 1, unknown: 2 });
    expect(foreignTexts("test", rowsOf(0, 0, 0), unknown)).toMatchObject({ unknownShare: 0.4 });
  });

  it("leaves short texts, single ones and a twentieth of them", () => {
    const short = () => ({ words: 4, pieces: 12, split: 4, unknown: 0 });
    expect(foreignTexts("train", rowsOf(1, 1, 1), short)).toBeUndefined();
    expect(foreignTexts("train", rowsOf(9, 9, 1), wordsOf)).toBeUndefined();
    const few = rowsOf(...Array.from({ length: 60 }, (_, row) => (row < 3 ? 9 : 1)));
    expect(foreignTexts("train", few, wordsOf)).toBeUndefined();
    expect(foreignTexts("train", few.slice(0, 59), wordsOf)).toMatchObject({ rows: 3 });
  });

  it("is told of once for all splits", () => {
    const train = rowsOf(...new Array<number>(30).fill(9));
    const check = checkDataset({ train, test: train.slice(0, 3) }, { wordsOf });
    expect(check.warnings.find(({ code }) => code === "foreign-texts")?.message).toBe(
      "30 of 30 train rows of at least 5 words (100.0 %) are probably not in a language that the model knows: " +
        "more than 40 % of their words are split or unknown (1.9 word pieces a word, 0.0 % unknown); for example " +
        "lines 2, 3 and 4. So are 3 of 3 test rows of at least 5 words (100.0 %).",
    );
  });
});
