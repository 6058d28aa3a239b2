import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { watchTree } from "./process-tree.js";

/** Touches some megabytes, computes for a while, then starts the next program, if there is one, and waits for its end. */
const busy = (megabytes: number, then = "") => `
  const held = Buffer.alloc(${megabytes} * 1e6, 1);
  const until = process.cpuUsage().user + 3e5;
  while (process.cpuUsage().user < until);
  const next = ${JSON.stringify(then)};
  const { spawn } = require("node:child_process");
  if (next !== "") spawn(process.execPath, ["--eval", next]).on("close", () => held.length);
  else setTimeout(() => held.length, 300);
`;

describe.skipIf(!existsSync("/proc/self/stat"))("the use of a process tree", () => {
  it("adds up a process and its child", async () => {
    const child = spawn(process.execPath, ["--eval", busy(200, busy(300))]);
    const watch = watchTree(child.pid ?? Number.NaN);
    await once(child, "close");
    const { peakBytes, processorSeconds } = watch.end();
    expect(peakBytes).toBeGreaterThan(500e6);
    expect(peakBytes).toBeLessThan(900e6);
    expect(processorSeconds).toBeGreaterThan(0.5);
    expect(processorSeconds).toBeLessThan(5);
  });

  it("knows nothing of a process that does not exist", () => {
    const { peakBytes, processorSeconds } = watchTree(2 ** 30).end();
    expect(peakBytes).toBeNaN();
    expect(processorSeconds).toBeNaN();
  });
});
