import { expect, it } from "vitest";
import type { ComparisonStatus } from "../../commands/compare/status.js";
import { statusText } from "./status-text.js";

const status: ComparisonStatus = {
  folder: "comparisons/a",
  planned: 1106,
  finished: 1000,
  running: [
    {
      ...{ name: "trains", quiet_seconds: 10 },
      progress: { done: 540, total: 1200, seconds_left: 206 },
    },
    { name: "begins", quiet_seconds: 610 },
  ],
  failed: [
    { code: "training-diverged", message: "loss is NaN", count: 2, name: "bad", attempts: 2 },
    { code: "disk-full", message: "no room", count: 1, name: "full", attempts: 1 },
  ],
  stopped: 1,
  waiting: 100,
  seconds_left: 7200,
};

it("says where the runs stand, with a word on those that are long silent", () => {
  expect(statusText(status).split("\n")).toEqual([
    "comparisons/a: 1106 runs",
    "  finished    1000",
    "  running        2",
    "  failed         3",
    "  stopped        1  begun, and nobody is at work on them",
    "  waiting      100",
    "  about 2:00:00 left with 2 at once",
    "running  trains  540/1200 steps  3:26 left",
    "running  begins  preparing or evaluating  no sign of life for 10:10",
    "failed  bad and 1 more (2 attempts): training-diverged: loss is NaN",
    "failed  full (1 attempt): disk-full: no room",
  ]);
});

it("names only some of many runs", () => {
  const running = Array.from({ length: 50 }, (_, run) => ({ name: `r${run}`, quiet_seconds: 0 }));
  const lines = statusText({ ...status, running, failed: [] }).split("\n");
  expect(lines.filter((line) => line.startsWith("running")).length).toBe(40);
  expect(lines.at(-1)).toBe("and 10 more running");
});
