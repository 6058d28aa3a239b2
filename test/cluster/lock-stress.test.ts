/**
 * Two machines with one host name and a folder that they share: each is a PID and a UTS namespace with three processes, of which
 * some are stopped for longer than the lease or killed; one machine loses its power half-way. L3MASKING_STRESS_SECONDS sets how long.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { holdingFolder } from "../../src/platform/files/folder-lock.js";
import { leaseSystem } from "../../src/platform/files/lease-system.js";
import { temporaryFolder } from "../fixtures/folders.js";
import { createTestHost } from "../fixtures/host.js";

const seconds = Number(process.env.L3MASKING_STRESS_SECONDS ?? 60);
const touch = 100;
const silence = 1500;
const at = temporaryFolder();
const machine = fileURLToPath(new URL("lock-machine.mjs", import.meta.url));

const namespaces = ["--uts", "--pid", "--fork", "--mount-proc", "--kill-child"];
const mayUnshare = spawnSync("unshare", [...namespaces, "hostname", "twin"]).status === 0;
if (!mayUnshare)
  console.log("skipped: unshare is not there or not permitted (needs Linux and root)");

const sums = z.record(z.string(), z.union([z.number(), z.string()]));

/** Starts a machine; gives what its processes counted, nothing for one that lost its power. */
function startMachine(name: string, forSeconds: number) {
  const words = [machine, at("shared"), at(`logs/${name}`), forSeconds, touch, silence];
  const command = `hostname twin && exec "${process.execPath}" ${words.map((word) => `"${word}"`).join(" ")}`;
  const child = spawn("unshare", [...namespaces, "sh", "-c", command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (data: Buffer) => {
    out += data;
  });
  const counted = new Promise<z.infer<typeof sums>>((resolve) => {
    child.on("close", () => resolve(out === "" ? {} : sums.parse(JSON.parse(out))));
  });
  return { counted, powerCut: () => child.kill("SIGKILL") };
}

describe.skipIf(!mayUnshare)("two machines with one host name", () => {
  it(
    `never save at once, and meet no error but output-in-use, in ${seconds} seconds`,
    async () => {
      for (const name of ["shared", "logs"]) mkdirSync(at(name));
      const first = startMachine("first", seconds);
      const second = startMachine("second", seconds);
      await pause((seconds * 1000) / 2);
      second.powerCut();
      await second.counted;
      const third = startMachine("third", seconds / 2 - 2);
      const counted = [await first.counted, await third.counted];
      console.log(JSON.stringify(counted));

      const known = ["host", "stopped", "killed", "held", "refused", "overtaken"];
      for (const one of counted) {
        expect(Object.keys(one).filter((what) => !known.includes(what))).toEqual([]);
        expect(one.host).toBe("twin");
        expect(one.held).toBeGreaterThan(0);
        expect(one.refused).toBeGreaterThan(0);
      }
      expect(counted.some(({ overtaken }) => Number(overtaken) > 0)).toBe(true);

      // Every number was saved once.
      const noted = readdirSync(at("logs")).flatMap((name) =>
        readFileSync(at(`logs/${name}`), "utf8")
          .trimEnd()
          .split("\n")
          .map(Number),
      );
      console.log(`${noted.length} saves`);
      expect(noted.length).toBeGreaterThan(seconds);
      expect(new Set(noted).size).toBe(noted.length);
      const last = Number(readFileSync(at("shared/counter"), "utf8"));
      expect(Math.max(...noted)).toBeLessThanOrEqual(last);

      // What the killed left is in nobody's way.
      const { now } = performance;
      const system = leaseSystem(now.bind(performance), console.log, { touch, silence, look: 50 });
      await pause(silence * 2);
      await holdingFolder(
        at("shared"),
        "train",
        createTestHost(),
        async () => undefined,
        undefined,
        system,
      );
      expect(readdirSync(at("shared"))).toEqual(["counter"]);
    },
    (seconds + 120) * 1000,
  );
});
