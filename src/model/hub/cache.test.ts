import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { readJson, temporaryFolder } from "../../../test/fixtures/folders.js";
import { createTestHost } from "../../../test/fixtures/host.js";
import { checksumOf, serveHub } from "../../../test/fixtures/hub-server.js";
import { locateModel } from "../../run/sources/model-source.js";
import { cachedCommit, openSnapshot, placeFile, repositoryFolder } from "./cache.js";

const at = temporaryFolder();

/** What huggingface_hub wrote; see scripts/golden/hub_cache.py. */
const golden = z
  .object({
    repository: z.string(),
    commit: z.string(),
    files: z.record(z.string(), z.string()),
    cache: z.record(
      z.string(),
      z.union([z.object({ link: z.string() }), z.object({ text: z.string() })]),
    ),
  })
  .parse(readJson(fileURLToPath(new URL("../../../test/golden/hub-cache.json", import.meta.url))));

/** Every file and link below a folder. */
function entriesOf(folder: string): Record<string, { link: string } | { text: string }> {
  const entries: Record<string, { link: string } | { text: string }> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isSymbolicLink()) entries[name] = { link: readlinkSync(path) };
    else if (found.isFile()) entries[name] = { text: readFileSync(path, "utf8") };
  }
  return entries;
}

describe("the cache", () => {
  it("is laid out as huggingface_hub lays it out", async () => {
    const { repository: id, commit, files } = golden;
    const contents = Object.entries(files).map(
      ([name, text]) => [name, Buffer.from(text)] as const,
    );
    const hub = await serveHub([{ id, commit, files: Object.fromEntries(contents) }]);
    const cacheFolder = at("ours");
    await locateModel(
      id,
      "model",
      createTestHost({ hub: { cacheFolder, endpoint: hub.endpoint } }),
    );
    expect(entriesOf(repositoryFolder(cacheFolder, id))).toEqual(golden.cache);
  });

  it("that huggingface_hub wrote is read without a question", async () => {
    const { repository: id, commit } = golden;
    const cacheFolder = at("theirs");
    const folder = repositoryFolder(cacheFolder, id);
    for (const [name, entry] of Object.entries(golden.cache)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      if ("link" in entry) symlinkSync(entry.link, path);
      else writeFileSync(path, entry.text);
    }
    const host = createTestHost({ hub: { cacheFolder, endpoint: "https://hub.invalid" } });
    expect(await locateModel(id, "model", host)).toEqual({
      folder: join(folder, "snapshots", commit),
      origin: { repository: id, revision: "main", commit },
    });
    expect(host.notices()).toBe("");
  });

  it.each([
    ["a branch that nobody asked for", "refs/main", "0".repeat(40), "other", undefined],
    ["a branch", "refs/main", "0".repeat(40), "main", "0".repeat(40)],
    ["a line that ends", "refs/main", `${"0".repeat(40)}\n`, "main", "0".repeat(40)],
    ["a branch with a slash", "refs/refs/pr/1", "0".repeat(40), "refs/pr/1", "0".repeat(40)],
    ["a folder of branches", "refs/refs/pr/1", "0".repeat(40), "refs", undefined],
    ["something else", "refs/main", "../../elsewhere", "main", undefined],
  ])("knows commits by refs: %s", (_case, name, text, revision, commit) => {
    const folder = at(`refs-${_case}`);
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    expect(cachedCommit(folder, revision)).toBe(commit);
    expect(cachedCommit(folder, "a".repeat(40))).toBe("a".repeat(40));
  });
});

vi.mock("node:fs", async (load) => {
  const real = await load<typeof import("node:fs")>();
  return {
    ...real,
    symlinkSync(target: string, path: string) {
      if (path.includes("no-links")) throw Object.assign(new Error("no"), { code: "EPERM" });
      real.symlinkSync(target, path);
    },
  };
});

describe("a system without links", () => {
  const commit = "0".repeat(40);
  const bytes = Buffer.from("{}");
  const checksum = checksumOf("config.json", bytes);

  it.each([
    ["moves new bytes into the snapshot", true],
    ["copies bytes that other commits may have", false],
  ])("%s", (_case, fresh) => {
    const folder = at(`no-links-${fresh}`);
    mkdirSync(join(folder, "blobs"), { recursive: true });
    writeFileSync(join(folder, "blobs", checksum), bytes);
    placeFile(folder, commit, "config.json", checksum, fresh);
    const snapshot = openSnapshot(folder, commit);
    expect(snapshot.has("config.json")).toBe(true);
    expect(lstatSync(join(snapshot.folder, "config.json")).isSymbolicLink()).toBe(false);
    expect(readdirSync(snapshot.folder)).toEqual(["config.json"]);
    expect(statSync(join(folder, "blobs", checksum), { throwIfNoEntry: false }) === undefined).toBe(
      fresh,
    );
  });
});
