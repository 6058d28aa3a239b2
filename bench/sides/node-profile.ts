/** What Node tells of the time of a training step: its clock, and the traces that the runtime leaves in a folder. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Runtime } from "../../src/engine/runtime/runtime.js";
import { type RunNode, runsOf } from "./profile.js";
import type { TrainingPlace } from "./training.js";

/** Training in this process, with the traces of its sessions where the runtime leaves them in a folder. */
export function inNode(runtime: Runtime, profileFolder = ""): TrainingPlace {
  return {
    runtime,
    now: millisecondsOf(runtime.threads),
    runsOf: (session) => profiledRuns(profileFolder, session),
  };
}

/**
 * Milliseconds of processor time of this process with one thread, where others on the same processor do not count; of the
 * clock with more.
 */
export function millisecondsOf(threads: number): () => number {
  if (threads > 1) return () => performance.now();
  return () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
}

/** What a session called `name` left in its profile folder: the nodes of each run, in the order of the runs. */
export function profiledRuns(folder: string, name: string): RunNode[][] {
  const file = readdirSync(folder).find((found) => found.startsWith(`${name}_`));
  if (file === undefined) throw new RangeError(`${folder} has no profile of ${name}`);
  return runsOf(JSON.parse(readFileSync(join(folder, file), "utf8")));
}
