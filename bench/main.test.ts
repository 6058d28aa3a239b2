/** The runner as it is used, at its smallest: built files, a child process, no peer. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { hasChromium, whyNot } from "../test/browser/chromium.js";
import { temporaryFolder } from "../test/fixtures/folders.js";
import { benchmarks } from "./benchmark-list.js";
import { loadResult, saveResult } from "./results.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const main = join(root, "build/bench/main.js");
const at = temporaryFolder();

async function bench(...words: readonly string[]) {
  expect(existsSync(main), `${main} is missing: run npm run build:bench`).toBe(true);
  const environment = { ...process.env, L3MASKING_PEER: "", L3MASKING_DATA: at("no-data") };
  return promisify(execFile)(process.execPath, [main, ...words], { env: environment });
}

describe("npm run bench", () => {
  it("runs our side alone without a peer, says so, and keeps the result", async () => {
    const folder = at("results");
    const words = ["training-step", "--quick", "--threads", "1", "--results", folder];
    const { stdout, stderr } = await bench(...words);
    expect(stderr).toContain("our side runs alone");
    expect(stdout).toContain("note: no peer");
    const result = loadResult(folder, "training-step");
    expect(result?.threads).toBe(1);
    expect(result?.figures).toHaveLength(1);
    const [figure] = result?.figures ?? [];
    expect(figure.figure.median).toBeGreaterThan(0);
    // Products alone are a part of the step.
    expect(figure.limit?.value).toBeGreaterThan(0);
    expect(figure.limit?.value).toBeLessThan(figure.ours.value);
    // Tiny sizes never get into the page.
    await expect(bench("--no-run", "--write-page", "--results", folder)).rejects.toMatchObject({
      stderr: expect.stringContaining("holds one of training-step"),
    });
  });

  it.skipIf(!hasChromium)(`runs a step in Chromium too${whyNot}`, async () => {
    const folder = at("browser");
    await bench("browser-stl", "--quick", "--results", folder);
    const [, ratio, ...parts] = loadResult(folder, "browser-stl")?.figures ?? [];
    expect(ratio.figure.low).toBeGreaterThan(0);
    // Nodes of both passes are told by name; small parts are left out, and which are small the machine decides.
    for (const part of ["forward", "backward"]) {
      expect(parts.some(({ work }) => work.startsWith(`stl in Chromium: ${part}`))).toBe(true);
    }
  });

  it("writes a page of the results that are kept, and refuses one of none", async () => {
    const folder = at("kept");
    const page = ["--no-run", "--write-page", "--results", folder];
    await expect(bench(...page)).rejects.toMatchObject({
      stderr: expect.stringContaining(`expected results in ${folder}, got none`),
    });
    saveResult(folder, {
      benchmark: "start",
      ...{ date: "2026-01-02", commit: "abc", threads: 2, quick: false, notes: [], versions: {} },
      machine: { processor: "P", processors: 2, memoryBytes: 24e9, system: "Linux 6" },
      figures: [],
      series: [
        {
          ...{ name: "growth", title: "Growth", sizeTitle: "size", factor: 1, exponent: 1 },
          points: [1, 2].map((size) => ({ size, cost: size })),
          origin: { size: 1, cost: 1 },
        },
      ],
    });
    await bench(...page);
    expect(readFileSync(join(folder, "results.md"), "utf8")).toContain("![Growth](growth.svg)");
    expect(readFileSync(join(folder, "growth.svg"), "utf8")).toMatch(/^<svg /);
  });

  it("names its benchmarks, each with its own name", async () => {
    const { stdout } = await bench("--list");
    const names = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ")[0]);
    expect(names).toEqual(benchmarks.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    [["trainingstep"], 'there is no benchmark "trainingstep"'],
    [["--threads", "0"], "expected --threads to be an integer of at least 1, got 0"],
    [["--quick", "--write-page"], "not those of --quick"],
    [["--peer", "/no/such/python"], "expected a Python at /no/such/python"],
  ])("refuses %j", async (words, message) => {
    await expect(bench(...words)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
