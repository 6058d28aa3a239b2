import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { type MemoryStore, memoryStore } from "../../../test/fixtures/run-queue.js";
import {
  chunkKeys,
  describeFile,
  filesBelow,
  folderDigest,
  holdsFiles,
  receiveFolder,
  type SentFile,
  sendFile,
  sentFileSchema,
} from "./transfer.js";

const at = temporaryFolder();
const MEBIBYTE = 2 ** 20;
/** Of "abc", by FIPS 180-2. */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

describe("files that travel", () => {
  let store: MemoryStore;
  let files: SentFile[];

  beforeEach(async () => {
    store = memoryStore();
    const large = new Uint8Array(9 * MEBIBYTE);
    for (let mebibyte = 0; mebibyte < 9; mebibyte++) large.fill(mebibyte, mebibyte * MEBIBYTE);
    writeFileSync(at("large"), large);
    writeFileSync(at("abc"), "abc");
    writeFileSync(at("empty"), "");
    files = ["large", "abc", "empty"].map((name) => describeFile(at(name), `model/${name}`));
    for (const [index, name] of ["large", "abc", "empty"].entries()) {
      await sendFile(at(name), files[index], "space", store, 60);
    }
  });

  it("are described by their size and SHA-256", () => {
    expect(files[1]).toEqual({ name: "model/abc", size: 3, sha256: ABC });
    expect(chunkKeys("space", files[1])).toEqual([`space:${ABC}:0`]);
  });

  it("are sent in chunks of 4 MiB, and received as they were", async () => {
    expect([...store.chunks.values()].map(({ length }) => length / MEBIBYTE)).toEqual([
      4,
      4,
      1,
      3 / MEBIBYTE,
    ]);
    await receiveFolder(at("received"), files, "space", store);
    expect(filesBelow(at("received"))).toEqual(["model/abc", "model/empty", "model/large"]);
    for (const name of ["large", "abc", "empty"]) {
      const bytes = readFileSync(at(`received/model/${name}`));
      expect(bytes.equals(readFileSync(at(name))), name).toBe(true);
    }
    expect(holdsFiles(at("received"), files)).toBe(true);
  });

  it("are sent once", async () => {
    const before = store.puts();
    await sendFile(at("large"), files[0], "space", store, 60);
    expect(store.puts()).toBe(before);
    store.chunks.delete(chunkKeys("space", files[0])[1]);
    await sendFile(at("large"), files[0], "space", store, 60);
    expect(store.puts()).toBe(before + 3);
  });

  it.each([
    ["a chunk that is gone", () => store.chunks.delete(chunkKeys("space", files[0])[2])],
    ["another byte", () => store.chunks.set(`space:${ABC}:0`, new TextEncoder().encode("abd"))],
    ["a byte more", () => store.chunks.set(`space:${ABC}:0`, new TextEncoder().encode("abcd"))],
  ])("are received whole or not at all: %s", async (name, damage) => {
    mkdirSync(at(name));
    writeFileSync(join(at(name), "before"), "as it was");
    damage();
    const error = await failure(receiveFolder(at(name), files, "space", store));
    expect(error).toMatchObject({ code: "download-mismatch" });
    expect(error.message).toMatch(/expected model\/\w+ of \d+ bytes with SHA-256/);
    expect(readdirSync(at(name))).toEqual(["before"]);
    expect(readdirSync(at(".")).filter((entry) => entry.startsWith(`${name}.`))).toEqual([]);
  });

  it("take the place of a folder with all that was in it", async () => {
    mkdirSync(at("earlier/model"), { recursive: true });
    writeFileSync(at("earlier/model/other"), "x");
    await receiveFolder(at("earlier"), files, "space", store);
    expect(existsSync(at("earlier/model/other"))).toBe(false);
  });

  it("are found changed", async () => {
    await receiveFolder(at("changed"), files, "space", store);
    writeFileSync(at("changed/model/abc"), "abd");
    expect(holdsFiles(at("changed"), files)).toBe(false);
    expect(holdsFiles(at("none"), files)).toBe(false);
  });

  it("have a digest in any order, and another one under other names", () => {
    expect(folderDigest([...files].reverse())).toBe(folderDigest(files));
    expect(folderDigest([{ ...files[0], name: "x" }, ...files.slice(1)])).not.toBe(
      folderDigest(files),
    );
  });
});

describe("the name of a file that travels", () => {
  it.each(["a", "model/a b.json", "org@1/ünïcode", "..a"])("may be %s", (name) => {
    expect(sentFileSchema.safeParse({ name, size: 3, sha256: ABC }).success).toBe(true);
  });

  it.each([
    "",
    "..",
    "../a",
    "a/../../b",
    "/etc/passwd",
    "a//b",
    "./a",
    "a\\b",
    "c:a",
    "a\u0000",
    "a/.",
  ])("leads nowhere else: %j is refused", (name) => {
    expect(sentFileSchema.safeParse({ name, size: 3, sha256: ABC }).success).toBe(false);
  });
});
