import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../test/fixtures/folders.js";
import { writeLock } from "../../../test/fixtures/lock.js";
import { type Plan, writePlan } from "./comparison-plan.js";
import { createProgressFile, findProgress } from "./run-progress.js";
import { comparisonStatus } from "./status.js";

const at = temporaryFolder();
const NOW = Date.parse("2026-11-21T10:30:00.000Z");

function planFor(names: readonly string[]): Plan {
  return {
    format: "l3masking-plan",
    version: 1,
    command: "l3masking compare",
    settings: {},
    versions: { l3masking: "0.1.0" },
    datasets: [],
    models: [],
    masking: [],
    runs: names.map((name, seed) => ({
      ...{ dataset: "d", model: "m", method: "stl", task_weights: null, seed },
      ...{ folder: `runs/${name}`, digest: name },
    })),
  };
}

/** A comparison with these files in the folders of its runs. */
function folderWith(name: string, runs: Readonly<Record<string, Record<string, unknown>>>): string {
  const folder = at(name);
  mkdirSync(join(folder, "runs"), { recursive: true });
  writePlan(folder, planFor(Object.keys(runs)));
  for (const [run, files] of Object.entries(runs)) {
    if (Object.keys(files).length === 0) continue;
    mkdirSync(join(folder, "runs", run));
    for (const [file, content] of Object.entries(files)) {
      const place = join(folder, "runs", run);
      const path = file === "lock" ? writeLock(place, "somebody") : join(place, file);
      if (file !== "lock") writeFileSync(path, JSON.stringify(content));
      for (const changed of [path, place]) utimesSync(changed, NOW / 1000 - 10, NOW / 1000 - 10);
    }
  }
  return folder;
}

const diverged = { code: "training-diverged", message: "loss is NaN", hint: null, attempt: 2 };

describe("comparisonStatus", () => {
  const lock = { pid: 1 };
  const folder = folderWith("several", {
    trains: {
      "config.json": {},
      lock,
      "progress.json": { done: 540, total: 1200, seconds_left: 206 },
    },
    // It is tried again.
    begins: { lock, "failure.json": diverged },
    bad: { "config.json": {}, "failure.json": diverged },
    worse: { "failure.json": { ...diverged, attempt: 1 } },
    stopped: { "config.json": {}, "progress.json": { done: 1, total: 2, seconds_left: null } },
    waits: {},
  });

  it("counts the runs by what is in their folders", () => {
    expect(comparisonStatus(folder, NOW)).toEqual({
      folder,
      planned: 6,
      finished: 0,
      running: [
        {
          name: "trains",
          progress: { done: 540, total: 1200, seconds_left: 206 },
          quiet_seconds: 10,
        },
        { name: "begins", quiet_seconds: 10 },
      ],
      failed: [
        {
          ...{ code: "training-diverged", message: "loss is NaN" },
          ...{ count: 2, name: "bad", attempts: 2 },
        },
      ],
      stopped: 1,
      waiting: 1,
    });
  });

  it("needs a plan", () => {
    expect(() => comparisonStatus(at("nothing"), NOW)).toThrow(
      expect.objectContaining({ code: "file-missing", hint: expect.stringContaining("--shard") }),
    );
  });

  it("refuses a damaged plan", () => {
    mkdirSync(at("damaged"));
    writeFileSync(at("damaged/plan.json"), "{}");
    expect(() => comparisonStatus(at("damaged"), NOW)).toThrow(
      expect.objectContaining({ code: "data-format" }),
    );
  });
});

describe("progress.json", () => {
  it("says how far a run is, every 15 seconds, until its last step", () => {
    mkdirSync(at("run"));
    let now = 0;
    const tell = createProgressFile(at("run"), { now: () => now });
    const step = (done: number, seconds: number) => {
      now = seconds * 1000;
      tell({ type: "progress", task: "training", done, total: 100, unit: "steps" });
      return findProgress(at("run"));
    };
    expect(step(20, 0)).toEqual({ done: 20, total: 100, seconds_left: null });
    expect(step(21, 14)).toMatchObject({ done: 20 });
    // 20 steps in 20 s, so 60 s for the other 60.
    expect(step(40, 20)).toEqual({ done: 40, total: 100, seconds_left: 60 });
    expect(step(100, 21)).toBeUndefined();
  });
});
