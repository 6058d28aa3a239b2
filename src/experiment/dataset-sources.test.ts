import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { datasetSources, nameOf, uniqueNames } from "./dataset-sources.js";

const at = temporaryFolder();
const columns = { textColumn: undefined, labelColumn: undefined };

beforeAll(() => {
  for (const folder of ["news", "empty"]) mkdirSync(at(folder));
  for (const file of ["news/train.jsonl", "news/valid.jsonl", "news/test.csv", "mail.csv.gz"]) {
    writeFileSync(at(file), "");
  }
});

describe("datasetSources", () => {
  it("finds the splits of a folder and takes a file for train", () => {
    const given = { dataset: [at("news"), at("mail.csv.gz")], textColumn: "body" };
    const shared = { textColumn: "body", labelColumn: undefined, notes: [] };
    expect(datasetSources(given)).toEqual([
      {
        name: "news",
        trainFile: at("news/train.jsonl"),
        validationFile: at("news/valid.jsonl"),
        testFile: at("news/test.csv"),
        ...shared,
      },
      { name: "mail", trainFile: at("mail.csv.gz"), ...shared },
    ]);
  });

  it("takes the files of flags as they are", () => {
    const files = { trainFile: "a/x.tsv", testFile: "t.tsv" };
    const expected = { name: "x", ...files, validationFile: undefined, ...columns, notes: [] };
    expect(datasetSources(files)).toEqual([expected]);
    // Most data sets have a file of this name.
    const named = (trainFile: string) => datasetSources({ trainFile })[0].name;
    expect([named("news/train.jsonl.gz"), named("train.jsonl")]).toEqual(["news", "train"]);
  });

  it("numbers equal names", () => {
    const names = datasetSources({ dataset: [at("news"), at("news/"), at("mail.csv.gz")] });
    expect(names.map(({ name }) => name)).toEqual(["news", "news-2", "mail"]);
    expect(uniqueNames(["a", "a-2", "a"])).toEqual(["a", "a-2", "a-3"]);
  });

  it("refuses none, both kinds, what is not there and a folder without train", () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    expect(() => datasetSources({})).toThrow(code("missing-setting"));
    expect(() => datasetSources({ dataset: [at("news")], testFile: "t" })).toThrow(
      code("invalid-setting"),
    );
    expect(() => datasetSources({ dataset: [at("nothing")] })).toThrow(code("file-missing"));
    expect(() => datasetSources({ dataset: [at("empty")] })).toThrow(code("file-missing"));
  });
});

describe("nameOf", () => {
  it.each([
    ["models/l3-mini/", "l3-mini"],
    ["data.jsonl.gz", "data"],
    ["x/data.v2.csv", "data.v2"],
    ["roberta-base", "roberta-base"],
    [".csv", ".csv"],
    ["/", "/"],
  ])("of %s is %s", (path, name) => {
    expect(nameOf(path)).toBe(name);
  });
});
