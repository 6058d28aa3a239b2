/**
 * Every hostile file ends as it must: with its code, a message that says where, in time, without taking memory that its
 * size does not warrant, and without leaving a trace.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../src/model/checkpoint/load.js";
import { loadTokenizer } from "../../src/text/load.js";
import { failure } from "../fixtures/failure.js";
import { temporaryFolder } from "../fixtures/folders.js";
import type { HostileCase } from "./case.js";
import { hostileCases } from "./corpus.js";
import { judged, kinds, MAX_MILLISECONDS } from "./fuzz.js";
import { plainConfig } from "./plain-model.js";
import { readFileOf, writeFiles } from "./readers.js";

const at = temporaryFolder();

/** Memory that reading any file of the corpus may take beyond what was taken before. */
const MAX_GROWTH_MB = 256;

/** Megabytes that the process ever took. */
const peak = () => process.resourceUsage().maxRSS / 1024;

async function expectEnd({ kind, expected, says, make }: HostileCase): Promise<void> {
  const folder = at("case");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const path = writeFiles(folder, kind, make());
  const before = peak();
  let message = "";
  const outcome = await judged(async () => {
    try {
      await readFileOf(kind, folder, path);
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }, folder);
  expect(outcome.finding).toBeUndefined();
  expect(`${outcome.result} ${message}`).toMatch(new RegExp(`^${expected}( |$)`));
  if (says !== undefined) expect(message).toContain(says);
  expect(message.length).toBeLessThan(2200);
  expect(outcome.milliseconds).toBeLessThan(MAX_MILLISECONDS);
  expect(peak() - before).toBeLessThan(MAX_GROWTH_MB);
}

describe("the corpus", () => {
  it("has at least 200 files, all different, of every kind", () => {
    const names = hostileCases.map(({ kind, what }) => `${kind}: ${what}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(200);
    expect([...new Set(hostileCases.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort());
    expect(hostileCases.filter(({ expected }) => expected !== "accepted").length).toBeGreaterThan(
      200,
    );
  });
});

for (const kind of kinds) {
  describe(kind, () => {
    const cases = hostileCases.filter((hostile) => hostile.kind === kind);
    it.each(cases.map((hostile) => [hostile.what, hostile.expected, hostile] as const))(
      "%s: %s",
      (_what, _expected, hostile) => expectEnd(hostile),
    );
  });
}

describe("all the same", () => {
  it("no command of a file was run", () => {
    expect(existsSync("/tmp/l3masking-was-here")).toBe(false);
  });

  it.runIf(process.platform === "linux")(
    "a pipe in the place of a file is not waited for",
    async () => {
      for (const name of ["config.json", "model.safetensors", "tokenizer.json"]) {
        const folder = at(`pipe-${name}`);
        mkdirSync(folder);
        writeFiles(folder, "index", {
          "model.safetensors": "",
          "config.json": JSON.stringify(plainConfig),
        });
        rmSync(join(folder, name), { force: true });
        spawnSync("mkfifo", [join(folder, name)]);
        const read = name === "tokenizer.json" ? loadTokenizer(folder) : loadCheckpoint(folder);
        const error = await failure(read);
        expect(error.code).toBe(name === "tokenizer.json" ? "file-missing" : "checkpoint-missing");
        expect(error.message).toContain(join(folder, name));
      }
    },
  );
});
