import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { buildDataset } from "../../data/dataset.js";
import { readRecords } from "../../data/read.js";
import { writeSplitFiles } from "./split-files.js";

const at = temporaryFolder();
const labelColumn = "topic";
const task = { textColumns: ["message"] };
const rows = Array.from({ length: 30 }, (_, index) => ({
  text: `text ${index},\nof two lines`,
  label: index % 3 === 0 ? "a" : "b",
  columns: { id: index, note: index === 4 ? null : "x" },
  line: index + 2,
}));
const data = { ...buildDataset({ train: rows, splitSeed: 3, task }), labelColumn };

describe("writeSplitFiles", () => {
  it.each([
    ["rows.csv", "csv"],
    ["rows.tsv.gz", "csv"],
    ["rows.parquet", "jsonl"],
  ])("writes files from which the same data set is read: %s", async (trainFile, ending) => {
    const folder = at(trainFile);
    const written = writeSplitFiles(folder, data, { trainFile });
    const names = ["dev", "test", "train"].map((name) => `${name}.${ending}`);
    expect(readdirSync(`${folder}/splits`).sort()).toEqual(names);
    const read = async (split: "train" | "dev" | "test") => {
      const found = await readRecords(written[split] ?? "", {
        labels: "required",
        ...{ textColumn: "message", labelColumn: "topic" },
      });
      return found.records;
    };
    const again = buildDataset({
      train: await read("train"),
      dev: await read("dev"),
      test: await read("test"),
      splitSeed: 0,
    });
    expect(again.digest).toBe(data.digest);
    const first = data.train.records[0];
    const found = again.train.records[0].columns;
    expect(found).toEqual(
      ending === "csv" ? { id: String(first.columns.id), note: "x" } : first.columns,
    );
  });

  it("leaves out what has a file of its own", () => {
    const test = rows.slice(0, 2);
    const cut = { ...buildDataset({ train: rows, test, splitSeed: 3, task }), labelColumn };
    const files = { trainFile: "rows.csv", testFile: "test.csv" };
    expect(Object.keys(writeSplitFiles(at("two"), cut, files))).toEqual(["train", "dev"]);
    expect(readFileSync(at("two/splits/dev.csv"), "utf8")).toMatch(/^message,topic,id,note\n/);
    const given = { trainFile: "rows.csv", validationFile: "dev.csv" };
    expect(writeSplitFiles(at("none"), data, given)).toEqual({});
    expect(existsSync(at("none"))).toBe(false);
  });
});
