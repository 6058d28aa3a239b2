import { describe, expect, it } from "vitest";
import { parseCsv } from "../../data/formats/delimited.js";
import type { WrongRow } from "../records/wrong-rows.js";
import { strongestWords, wrongRowsCsv, wrongRowsOf } from "./wrong-rows.js";

const heldOut = (line: number, expected: string, text = `text ${line}`) => ({
  file: "test.csv",
  line,
  text,
  expected,
  seenInTraining: line === 3,
});
const said = (label: string, probability: number) => ({
  label,
  probabilities: { [label]: probability },
});

describe("wrongRowsOf", () => {
  it("keeps the rows with another label, the surest first and equal ones in their order", () => {
    const rows = [heldOut(2, "a"), heldOut(3, "b"), heldOut(4, "a"), heldOut(5, "b")];
    const predictions = [said("b", 0.6), said("a", 0.9), said("a", 0.99), said("a", 0.6)];
    expect(wrongRowsOf(rows, predictions)).toEqual([
      {
        file: "test.csv",
        line: 3,
        text: "text 3",
        expected: "b",
        predicted: "a",
        probability: 0.9,
        seen_in_training: true,
      },
      expect.objectContaining({ line: 2, predicted: "b", seen_in_training: false }),
      expect.objectContaining({ line: 5, predicted: "a" }),
    ]);
  });
});

describe("strongestWords", () => {
  it("are those for the label, without marks and repetitions", () => {
    const words = {
      pieces: ["the", " pump", ",", " the", " leak", " pump", " not"],
      attribution: [0.1, 0.5, 0.9, 0.2, 0.3, 0.4, -2],
    };
    expect(strongestWords(words, 9)).toEqual(["pump", "leak", "the"]);
    expect(strongestWords(words, 2)).toEqual(["pump", "leak"]);
  });
});

describe("errors.csv", () => {
  it("holds where each row is, both labels, how sure it was and the words", () => {
    const row: WrongRow = {
      file: "a, b.csv",
      line: 7,
      text: 'He said "no",\nand left.',
      expected: "x",
      predicted: "y",
      probability: 0.87654321,
      seen_in_training: false,
    };
    const words = { pieces: ["he", " left"], attribution: [0.1, 0.2] };
    const { rows } = parseCsv([...wrongRowsCsv([{ ...row, words }, row])].join(""), "errors.csv");
    const columns = {
      file: "a, b.csv",
      line: "7",
      label: "x",
      predicted: "y",
      probability: "0.8765",
      words: "left he",
      text: 'He said "no",\nand left.',
    };
    expect(rows.map((found) => found.columns)).toEqual([columns, { ...columns, words: "" }]);
  });

  it("has its header also where nothing is wrong", () => {
    expect([...wrongRowsCsv([])].join("")).toBe(
      "file,line,label,predicted,probability,words,text\n",
    );
  });
});
