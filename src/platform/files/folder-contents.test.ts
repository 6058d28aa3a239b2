import { mkdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { entriesIn, filesToZip } from "./folder-contents.js";

const at = temporaryFolder();

it("lists a folder by name, and all that is below it as files of an archive", () => {
  mkdirSync(at("model/encoder"), { recursive: true });
  writeFileSync(at("model/labels.json"), "[]");
  writeFileSync(at("model/encoder/weights"), Uint8Array.of(1, 2, 3));
  expect(entriesIn(at("model"))).toEqual([
    { name: "encoder", kind: "folder", size: 0 },
    { name: "labels.json", kind: "file", size: 2 },
  ]);
  const files = filesToZip(at("model"), "taken");
  expect(files.map(({ name }) => name)).toEqual(["taken/encoder/weights", "taken/labels.json"]);
  expect(files[0].bytes).toEqual(Uint8Array.of(1, 2, 3));
});

it("throws where there is no folder", () => {
  writeFileSync(at("file"), "x");
  for (const name of ["none", "file"]) {
    expect(() => entriesIn(at(name))).toThrow(/ENOENT|ENOTDIR/);
    expect(() => filesToZip(at(name), "taken")).toThrow(/ENOENT|ENOTDIR/);
  }
});
