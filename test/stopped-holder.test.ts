/** A process that is stopped for longer than its lease, and wakes up when another one works in its folder. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { writeDurably } from "../src/platform/files/durable.js";
import { holdingFolder } from "../src/platform/files/folder-lock.js";
import type { LeaseSystem } from "../src/platform/files/lease.js";
import { leaseSystem } from "../src/platform/files/lease-system.js";
import { temporaryFolder } from "./fixtures/folders.js";
import { createTestHost } from "./fixtures/host.js";

const at = temporaryFolder();
const times = 3;
const pace = { touch: 50, silence: 600, look: 20 };
const worker = fileURLToPath(new URL("cluster/lock-worker.mjs", import.meta.url));

/** As on another machine: nobody's pid says anything. */
const system: LeaseSystem = {
  ...leaseSystem(() => performance.now(), console.log, pace),
  isRunning: () => undefined,
};

it.skipIf(process.platform === "win32")(
  `saves nothing over the work of the next holder, ${times} times`,
  async () => {
    mkdirSync(at("run"));
    const counter = at("run/counter");
    const log = at("log");
    const words = [worker, at("run"), log, "600", String(pace.touch), String(pace.silence)];
    const child = spawn(process.execPath, [...words, "alone"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (data: Buffer) => {
      printed += data;
    });
    const lines = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").length : 0);
    let round = 0;
    // Only now and then it is stopped while it holds the folder and has not saved all.
    while (printed.split("overtaken").length <= times) {
      round += 1;
      const before = lines();
      while (lines() < before + (round % 4)) await pause(5);
      await pause(Math.random() * 50);
      child.kill("SIGSTOP");
      const work = async () => {
        writeDurably(counter, [String(1000 * round)]);
        child.kill("SIGCONT");
        await pause(300);
        expect(readFileSync(counter, "utf8")).toBe(String(1000 * round));
      };
      await holdingFolder(at("run"), "train", createTestHost(), work, undefined, system);
    }
    child.kill("SIGKILL");
    await once(child, "close");
  },
  120_000,
);
