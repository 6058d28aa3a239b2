import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { buildDataset } from "../../data/dataset.js";
import { heldOutRows, writeWrongRows } from "./wrong-rows.js";

const at = temporaryFolder();
const record = (line: number, label: string, text = `text ${line}`) => ({
  text,
  label,
  columns: {},
  line,
});
const train = [record(1, "a"), record(2, "b"), record(3, "a"), record(4, "b")];
const dev = [record(5, "a"), record(6, "b")];

describe("heldOutRows", () => {
  const trainFile = "train.csv";

  it("are those of test with their place and whether train has the text", () => {
    const test = [record(1, "b"), record(9, "a")];
    const data = buildDataset({ train, dev, test, splitSeed: 0 });
    const files = { trainFile, validationFile: "dev.csv", testFile: "test.csv" };
    expect(heldOutRows(data, files)).toEqual([
      { file: "test.csv", line: 1, text: "text 1", expected: "b", seenInTraining: true },
      { file: "test.csv", line: 9, text: "text 9", expected: "a", seenInTraining: false },
    ]);
  });

  it("are those of dev where there is no test split", () => {
    const data = buildDataset({ train, dev, splitSeed: 0 });
    const found = heldOutRows(data, { trainFile, validationFile: "dev.csv" });
    expect(found.map(({ file, line }) => [file, line])).toEqual([
      ["dev.csv", 5],
      ["dev.csv", 6],
    ]);
  });

  it("are in the training file where they were cut from it", () => {
    const whole = Array.from({ length: 20 }, (_, line) => record(line + 1, line % 2 ? "a" : "b"));
    const found = heldOutRows(buildDataset({ train: whole, splitSeed: 0 }), { trainFile });
    expect(found.length).toBeGreaterThan(1);
    for (const { file, line, text } of found)
      expect([file, text]).toEqual([trainFile, `text ${line}`]);
  });
});

describe("writeWrongRows", () => {
  it("has at most the first hundred explained", async () => {
    const rows = Array.from({ length: 120 }, (_, line) => ({
      file: "test.csv",
      line,
      text: `text ${line}`,
      expected: "a",
      seenInTraining: false,
    }));
    const predictions = rows.map((_, row) => ({ label: "b", probabilities: { b: row / 120 } }));
    const asked: string[] = [];
    const written = await writeWrongRows(at(""), rows, predictions, async (texts) => {
      asked.push(...texts);
      return texts.map((text) => ({ pieces: [text], attribution: [1] }));
    });
    expect(asked).toHaveLength(100);
    expect(asked[0]).toBe("text 119");
    expect(written.filter(({ words }) => words !== undefined)).toHaveLength(100);
    const lines = readFileSync(at("errors.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(written);
    expect(readFileSync(at("errors.csv"), "utf8")).toContain("test.csv,119,a,b,0.9917,text 119,");
  });
});
