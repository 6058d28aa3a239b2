import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { crc32 as crc32OfNode } from "node:zlib";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../test/fixtures/folders.js";
import { crc32, zipPieces } from "./zip.js";

const at = temporaryFolder();
const bytes = (text: string) => new TextEncoder().encode(text);

describe("crc32", () => {
  it("is that of the standard's check value", () => {
    expect(crc32(bytes("123456789")).toString(16)).toBe("cbf43926");
  });

  it.skipIf(crc32OfNode === undefined)("is that of zlib", () => {
    const all = Uint8Array.from({ length: 5000 }, (_, index) => (index * 37) % 256);
    expect(crc32(all)).toBe(crc32OfNode(all));
  });
});

const noPython = spawnSync("python3", ["--version"]).status !== 0;

describe("zipPieces", () => {
  it.skipIf(noPython)("makes an archive that Python reads and finds whole", () => {
    const files = [
      { name: "model/config.json", bytes: bytes('{"a": 1}') },
      { name: "model/größe.txt", bytes: bytes("") },
    ];
    writeFileSync(at("some.zip"), Buffer.concat(zipPieces(files)));
    const script = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps({name: archive.read(name).decode() for name in archive.namelist()}))`;
    const said = execFileSync("python3", ["-c", script, at("some.zip")], { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual({ "model/config.json": '{"a": 1}', "model/größe.txt": "" });
  });
});
