/** Durable writes where folders cannot be flushed, as on Windows. */
import type * as FileSystem from "node:fs";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { writeDurably } from "./durable.js";
import { syncFolder } from "./files.js";

let answer = "EPERM";
vi.mock("node:fs", async (importReal) => {
  const real = await importReal<typeof FileSystem>();
  return {
    ...real,
    fsyncSync(descriptor: number) {
      if (!real.fstatSync(descriptor).isDirectory()) return real.fsyncSync(descriptor);
      throw Object.assign(new Error(`${answer}: fsync`), { code: answer });
    },
  };
});

const at = temporaryFolder();

describe("where a folder cannot be flushed", () => {
  it.each(["EPERM", "EINVAL"])("a file is written all the same (%s)", (code) => {
    answer = code;
    mkdirSync(at(code));
    writeDurably(at(`${code}/a.txt`), ["one\n"]);
    writeDurably(at(`${code}/a.txt`), ["two\n"]);
    expect(readFileSync(at(`${code}/a.txt`), "utf8")).toBe("two\n");
    expect(readdirSync(at(code))).toEqual(["a.txt"]);
  });

  it("a failing disk is told", () => {
    answer = "EIO";
    expect(() => syncFolder(at("."))).toThrow("EIO");
  });
});
