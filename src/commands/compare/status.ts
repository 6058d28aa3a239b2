/** `compare --status DIR`: where the runs of a comparison stand, read from its folder alone, on any machine that sees it. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { exists } from "../../platform/files/files.js";
import { LOCK_NAME } from "../../platform/files/lease.js";
import { finishedMetrics } from "../../run/folder/finished-run.js";
import { readPlan } from "./comparison-plan.js";
import { findProgress, PROGRESS_FILE, type RunProgress } from "./run-progress.js";
import { FAILURE_FILE, findFailure } from "./run-ticket.js";

/** A run that a process is at work on. */
export interface RunUnderWay {
  readonly name: string;
  /** Absent before its first step and after its last one. */
  readonly progress?: RunProgress;
  /** Since the process last gave a sign of life. */
  readonly quiet_seconds: number;
}

/** Runs that failed with the same code. */
export interface FailedRuns {
  readonly code: string;
  readonly count: number;
  /** The first of them. */
  readonly name: string;
  /** Of that one, like the next. */
  readonly message: string;
  readonly attempts: number;
}

/** Where the runs of a comparison stand. */
export interface ComparisonStatus {
  readonly folder: string;
  readonly planned: number;
  readonly finished: number;
  readonly running: readonly RunUnderWay[];
  /** Failed, and nobody is at work on them. */
  readonly failed: readonly FailedRuns[];
  /** Begun, not finished, and nobody is at work on them. */
  readonly stopped: number;
  readonly waiting: number;
  /** Of a sweep whose runs have not chosen yet: its settings. The runs with what is chosen are planned after them. */
  readonly choosing?: readonly string[];
  /** Of all runs, with as many at once as are running now and the mean time of finished ones; absent where none is. */
  readonly seconds_left?: number;
}

/** Finished runs whose times are read, for the mean. */
const SAMPLE_RUNS = 50;

/**
 * Counts the planned runs by their state. Of each run folder only the names are read, and what running and failed runs say; `now` is in
 * milliseconds since 1970, as the files' times are.
 *
 * Throws `file-missing` for a folder without plan.json, and `data-format` for damaged files.
 */
export function comparisonStatus(folder: string, now: number): ComparisonStatus {
  const { runs, sweep } = readPlan(folder);
  const place = join(folder, "runs");
  const begun = new Set(exists(place) ? readdirSync(place) : []);
  const finished: string[] = [];
  const running: RunUnderWay[] = [];
  const failed = new Map<string, FailedRuns>();
  let stopped = 0;
  let waiting = 0;
  for (const run of runs) {
    const name = run.folder.replace(/^runs\//, "");
    const path = join(place, name);
    const files = begun.has(name) ? readdirSync(path) : [];
    if (files.includes("metrics.json")) finished.push(path);
    else if (files.includes(LOCK_NAME)) running.push(underWay(name, path, now));
    else if (files.includes(FAILURE_FILE)) addFailure(failed, name, path);
    else if (files.includes("config.json")) stopped += 1;
    else waiting += 1;
  }
  const left = secondsLeft(finished, runs.length - finished.length, running.length);
  return {
    folder,
    planned: runs.length,
    finished: finished.length,
    running,
    failed: [...failed.values()],
    stopped,
    waiting,
    ...(sweep?.tuned === false && { choosing: sweep.settings.map(({ name }) => name) }),
    ...(left !== undefined && { seconds_left: left }),
  };
}

function underWay(name: string, path: string, now: number): RunUnderWay {
  const progress = findProgress(path);
  // The file of the lease is touched while its holder lives.
  const lock = join(path, LOCK_NAME);
  const leases = exists(lock) ? readdirSync(lock) : [];
  const signs = [path, join(path, PROGRESS_FILE), ...leases.map((lease) => leaseFile(lock, lease))];
  const latest = Math.max(
    ...signs.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
  const quiet = Math.max(0, Math.round((now - latest) / 1000));
  return { name, ...(progress && { progress }), quiet_seconds: quiet };
}

function leaseFile(lock: string, lease: string): string {
  return join(lock, lease, "holder.json");
}

function addFailure(failed: Map<string, FailedRuns>, name: string, path: string): void {
  const failure = findFailure(path);
  if (failure === undefined) return;
  const { code, message, attempt: attempts } = failure;
  const known = failed.get(code) ?? { code, count: 0, name, message, attempts };
  failed.set(code, { ...known, count: known.count + 1 });
}

function secondsLeft(
  finished: readonly string[],
  left: number,
  running: number,
): number | undefined {
  if (finished.length === 0 || running === 0) return undefined;
  const size = Math.min(finished.length, SAMPLE_RUNS);
  const sample = Array.from(
    { length: size },
    (_, index) => finished[Math.floor((index * finished.length) / size)],
  );
  const seconds = sample.flatMap((path) => {
    const timing = finishedMetrics(path)?.timing;
    return timing === undefined ? [] : [timing.scoring_seconds + timing.training_seconds];
  });
  const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
  return Math.round((mean * left) / running);
}
