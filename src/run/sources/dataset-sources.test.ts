import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { type DatasetSettings, datasetSources, nameOf, uniqueNames } from "./dataset-sources.js";

const at = temporaryFolder();
const columns = { textColumn: undefined, labelColumn: undefined };

beforeAll(() => {
  for (const folder of ["news", "empty"]) mkdirSync(at(folder));
  for (const file of ["news/train.jsonl", "news/valid.jsonl", "news/test.csv", "mail.csv.gz"]) {
    writeFileSync(at(file), "");
  }
});

const sources = (settings: DatasetSettings) => datasetSources(settings, createTestHost());

describe("datasetSources", () => {
  it("finds the splits of a folder and takes a file for train", async () => {
    const given = { dataset: [at("news"), at("mail.csv.gz")], textColumn: "body" };
    const shared = { textColumn: "body", labelColumn: undefined, notes: [] };
    expect(await sources(given)).toEqual([
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

  it("takes the files of flags as they are", async () => {
    const files = { trainFile: "a/x.tsv", testFile: "t.tsv" };
    const expected = { name: "x", ...files, validationFile: undefined, ...columns, notes: [] };
    expect(await sources(files)).toEqual([expected]);
    // Most data sets have a file of this name.
    const named = async (trainFile: string) => (await sources({ trainFile }))[0].name;
    expect(await named("news/train.jsonl.gz")).toBe("news");
    expect(await named("train.jsonl")).toBe("train");
  });

  it("numbers equal names", async () => {
    const names = await sources({ dataset: [at("news"), at("news/"), at("mail.csv.gz")] });
    expect(names.map(({ name }) => name)).toEqual(["news", "news-2", "mail"]);
    expect(uniqueNames(["a", "a-2", "a"])).toEqual(["a", "a-2", "a-3"]);
  });

  it.each([
    ["none", () => ({}), "missing-setting"],
    ["both kinds", () => ({ dataset: [at("news")], testFile: "t" }), "invalid-setting"],
    ["what is not there", () => ({ dataset: [at("nothing")] }), "file-missing"],
    ["a folder without train", () => ({ dataset: [at("empty")] }), "file-missing"],
    [
      "a folder of known ones without a known one",
      () => ({ dataset: [at("news")], dataDir: at("news") }),
      "invalid-setting",
    ],
    [
      "a known one that is not there",
      () => ({ dataset: ["acl-arc"], dataDir: at("empty") }),
      "dataset-missing",
    ],
  ])("refuses %s", async (_, settings, code) => {
    expect(await failure(sources(settings()))).toMatchObject({ code });
  });
});

describe("nameOf", () => {
  it.each([
    ["models/my-mini/", "my-mini"],
    ["data.jsonl.gz", "data"],
    ["x/data.v2.csv", "data.v2"],
    ["roberta-base", "roberta-base"],
    [".csv", ".csv"],
    ["/", "/"],
  ])("of %s is %s", (path, name) => {
    expect(nameOf(path)).toBe(name);
  });
});
