import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesOfFolder, filesOfList } from "./split-files.js";

describe("filesOfFolder", () => {
  it("finds the splits and passes over other files", () => {
    const names = [
      "README.md",
      "test.csv",
      "labels.txt",
      "train.jsonl.gz",
      "dev.tsv",
      "notes.json",
    ];
    expect(filesOfFolder("data", names)).toEqual({
      trainFile: join("data", "train.jsonl.gz"),
      validationFile: join("data", "dev.tsv"),
      testFile: join("data", "test.csv"),
    });
  });

  it.each(["dev", "valid", "validation", "val", "VALID"])("knows %s", (word) => {
    const found = filesOfFolder("d", ["train.csv", `${word}.csv`]);
    expect(found.validationFile).toBe(join("d", `${word}.csv`));
  });

  it("knows words inside names, but not parts of words", () => {
    expect(filesOfFolder("d", ["my-train_v2.csv", "latest.csv", "trainer.csv"])).toEqual({
      trainFile: join("d", "my-train_v2.csv"),
    });
  });

  it("refuses two files for one split", () => {
    expect(() => filesOfFolder("d", ["train.csv", "train.jsonl"])).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: `expected one train file, found ${join("d", "train.csv")} and ${join("d", "train.jsonl")}`,
        hint: "Choose one with --train-file.",
      }),
    );
  });

  it.each([
    [[], "an empty folder"],
    [["test.csv"], "test.csv"],
    [Array.from("abcdefghij", (letter) => `${letter}.csv`), "h.csv and 2 more"],
  ])("needs a training file: %j", (names, told) => {
    expect(() => filesOfFolder("d", names)).toThrow(
      expect.objectContaining({ code: "file-missing", message: expect.stringContaining(told) }),
    );
  });
});

describe("filesOfList", () => {
  it("takes a single file for train, whatever its name", () => {
    expect(filesOfList(["x/test.csv"])).toEqual({ trainFile: "x/test.csv" });
  });

  it("goes by name first, then by order", () => {
    expect(filesOfList(["test.csv", "dev.csv", "train.csv"])).toEqual({
      trainFile: "train.csv",
      validationFile: "dev.csv",
      testFile: "test.csv",
    });
    expect(filesOfList(["a.csv", "b.csv", "c.csv"])).toEqual({
      trainFile: "a.csv",
      validationFile: "b.csv",
      testFile: "c.csv",
    });
    expect(filesOfList(["b.csv", "train.csv"])).toEqual({
      trainFile: "train.csv",
      validationFile: "b.csv",
    });
  });

  it("does not go by a name that tells two splits", () => {
    expect(filesOfList(["a.csv", "test-for-train.csv"])).toEqual({
      trainFile: "a.csv",
      validationFile: "test-for-train.csv",
    });
  });

  it("goes by the name of the file, not of its folder", () => {
    expect(filesOfList(["test/a.csv", "test/b.csv"])).toEqual({
      trainFile: "test/a.csv",
      validationFile: "test/b.csv",
    });
  });

  it("refuses two files of one split, and more than three", () => {
    expect(() => filesOfList(["dev.csv", "valid.csv"])).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: "expected one validation file, found dev.csv and valid.csv",
      }),
    );
    expect(() => filesOfList(["a.csv", "b.csv", "c.csv", "d.csv"])).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining("got 4"),
      }),
    );
  });
});
