import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import {
  createRunFolder,
  readRunRecord,
  requireFreeFolder,
  requireWritable,
  writeJsonLines,
} from "./run-folder.js";

const at = temporaryFolder();

describe("requireFreeFolder", () => {
  it("takes a folder that is not there, empty, or without a run", () => {
    mkdirSync(at("empty"));
    mkdirSync(at("notes"));
    writeFileSync(at("notes/README.md"), "");
    for (const name of ["new", "empty", "notes"]) requireFreeFolder(at(name));
  });

  it.each(["config.json", "journal.jsonl", "metrics.json", "model", "state"])(
    "refuses one that holds %s",
    (name) => {
      mkdirSync(at(`with-${name}`));
      writeFileSync(at(`with-${name}/${name}`), "");
      expect(() => requireFreeFolder(at(`with-${name}`))).toThrow(
        expect.objectContaining({
          code: "output-exists",
          message: expect.stringContaining(at(`with-${name}/${name}`)),
        }),
      );
    },
  );

  it("refuses a file", () => {
    writeFileSync(at("file"), "");
    expect(() => requireFreeFolder(at("file"))).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });
});

describe("createRunFolder", () => {
  it("makes the folder with those above it and records what it is given", () => {
    createRunFolder(at("a/b/c"), { settings: { seed: 3 } });
    expect(readJson(at("a/b/c/config.json"))).toEqual({ format: 1, settings: { seed: 3 } });
  });

  it("is read back, unless a later version wrote it", () => {
    const settings = { seed: 3 };
    createRunFolder(at("earlier"), { settings });
    expect(readRunRecord(at("earlier"))).toEqual({ format: 1, settings });
    createRunFolder(at("later"), { format: 2, settings });
    expect(() => readRunRecord(at("later"))).toThrow(
      expect.objectContaining({ code: "newer-format" }),
    );
  });

  it("refuses a place under a file", () => {
    writeFileSync(at("leaf"), "");
    expect(() => createRunFolder(at("leaf/run"), { settings: {} })).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });
});

describe("requireWritable", () => {
  it("changes nothing in a file that is there, and makes none", () => {
    writeFileSync(at("kept"), "content");
    requireWritable(at("kept"));
    expect(readFileSync(at("kept"), "utf8")).toBe("content");
    requireWritable(at("new"));
    expect(existsSync(at("new"))).toBe(false);
  });

  it("refuses standard output, which is no file", () => {
    expect(() => requireWritable("-")).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
    expect(existsSync("-")).toBe(false);
  });

  it("refuses a folder, and a file in a folder that is not there", () => {
    for (const path of [at(""), at("none/file")]) {
      expect(() => requireWritable(path)).toThrow(
        expect.objectContaining({
          code: "invalid-setting",
          message: expect.stringContaining(path),
        }),
      );
    }
  });
});

describe("writeJsonLines", () => {
  it("writes one object a line, also where they do not fit one piece", () => {
    const rows = Array.from({ length: 5 }, (_, index) => ({ index, filler: "ü".repeat(400_000) }));
    writeJsonLines(at("rows.jsonl"), rows);
    const lines = readFileSync(at("rows.jsonl"), "utf8").split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows);
  });

  it("replaces what was there, and writes no line for no rows", () => {
    writeFileSync(at("old.jsonl"), "old\n");
    writeJsonLines(at("old.jsonl"), []);
    expect(readFileSync(at("old.jsonl"), "utf8")).toBe("");
  });
});
