import { mkdirSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../../../test/fixtures/folders.js";
import type { RunEvent } from "../../../../run/host/host.js";
import { forgetProgress, progressOf, progressWriter } from "./progress.js";

const at = temporaryFolder();

it("a run tells now and then how far it is", () => {
  const folder = at("run");
  let milliseconds = 0;
  const write = progressWriter(folder, "a", { now: () => milliseconds });
  const step = (done: number): RunEvent => {
    const counts = { done, total: 40, unit: "steps" as const };
    return { type: "progress", task: "training", ...counts, detail: `loss ${done}` };
  };
  write({ type: "progress", task: "scoring", done: 7, total: 9, unit: "texts" });
  expect(progressOf(folder, "a")).toEqual({ done: 0, total: 0 });
  write(step(1));
  milliseconds = 9999;
  write(step(2));
  expect(progressOf(folder, "a")).toEqual({ done: 1, total: 40, detail: "loss 1" });
  milliseconds = 10_000;
  write(step(3));
  expect(progressOf(folder, "a")).toEqual({ done: 3, total: 40, detail: "loss 3" });
  forgetProgress(folder, "a");
  expect(progressOf(folder, "a")).toEqual({ done: 0, total: 0 });
});

it("what cannot be read is nothing", () => {
  mkdirSync(at("bad/slurm/progress"), { recursive: true });
  writeFileSync(at("bad/slurm/progress/a.json"), '{"done": 1');
  expect(progressOf(at("bad"), "a")).toEqual({ done: 0, total: 0 });
});
