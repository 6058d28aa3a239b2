/**
 * Holds a folder again and again, and while it does counts in its file `counter`: reads n, writes n + 1, and then notes n + 1 in its
 * own LOG. A number that is noted twice was saved by two at once. Prints at the end how often it held the folder and of what it failed.
 *
 *     node lock-worker.mjs FOLDER LOG SECONDS TOUCH_MS SILENCE_MS [alone]      alone: as if on a machine of its own
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeDurably } from "../../dist/platform/files/durable.js";
import { holdingFolder } from "../../dist/platform/files/folder-lock.js";
import { leaseSystem } from "../../dist/platform/files/lease-system.js";

const [folder, log, seconds, touch, silence, alone] = process.argv.slice(2);
const counter = join(folder, "counter");
const host = {
  emit: () => undefined,
  now: () => performance.now(),
  time: () => new Date().toISOString(),
  cancelled: () => false,
};
const times = { touch: Number(touch), silence: Number(silence), look: 20 };
const system = {
  ...leaseSystem(host.now, (text) => count(`warning: ${text}`), times),
  ...(alone && { isRunning: () => undefined }),
};
const seen = {};
const count = (what) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

async function work() {
  count("held");
  for (let left = 3; left > 0; left--) {
    const next = existsSync(counter) ? Number(readFileSync(counter, "utf8")) + 1 : 1;
    await pause(Math.random() * 20);
    writeDurably(counter, [String(next)]);
    appendFileSync(log, `${next}\n`);
  }
}

const end = performance.now() + Number(seconds) * 1000;
while (performance.now() < end) {
  try {
    await holdingFolder(folder, "train", host, work, undefined, system);
  } catch (error) {
    if (error.code !== "output-in-use") count(`${error.code}: ${error.message}`);
    else if (!error.message.includes("taken it over")) count("refused");
    else {
      count("overtaken");
      if (alone) console.log("overtaken");
    }
  }
  await pause(Math.random() * 20);
}
console.log(JSON.stringify(seen));
