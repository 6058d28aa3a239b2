/** `compare --merge DIR...`: the runs of several folders as one comparison, with its report. */
import { copyFileSync, linkSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { counted, listed } from "../../base/figures.js";
import { shellWord } from "../../base/shell-words.js";
import { exists, makeFolder, remove } from "../../platform/files/files.js";
import { LOCK_NAME } from "../../platform/files/lease.js";
import type { TrainingMachine } from "../../results/records/machine-record.js";
import type { Host } from "../../run/host/host.js";
import { hasTuned } from "./chosen-values.js";
import { findPlan, type Plan, readPlan, requireSamePlan, writePlan } from "./comparison-plan.js";
import { type ReportedComparison, writeReport } from "./comparison-report.js";
import { FAILURE_FILE, isFinished } from "./run-ticket.js";

/** Runs that are named where they are missing. */
const SHOWN_RUNS = 10;

export interface MergedComparison extends ReportedComparison {
  readonly notes: readonly string[];
}

/**
 * Brings the finished runs of all parts, and the failures of others, into `folder`, which may be one of the parts, and writes the report
 * there. A run that is there already is left as it is, so a repetition changes nothing.
 *
 * Throws `file-missing` for a folder without plan.json, and `runs-disagree` for parts of different comparisons or versions.
 */
export async function mergeParts(
  parts: readonly string[],
  folder: string,
  host: Host,
): Promise<MergedComparison> {
  const plans = parts.map((part) => ({ part, plan: readPlan(part) }));
  const [first] = plans;
  for (const { part, plan } of plans) requireSamePlan([first.part, first.plan], [part, plan]);
  const earlier = findPlan(folder);
  if (earlier !== undefined) requireSamePlan([first.part, first.plan], [folder, earlier]);
  // Of a sweep: one that has the runs with what was chosen, if there is any.
  const known = [...(earlier ? [earlier] : []), ...plans.map(({ plan }) => plan)];
  const target = known.find(({ sweep }) => sweep?.tuned !== false) ?? known[0];
  if (target !== earlier) writePlan(folder, target);
  const others = plans.filter(({ part }) => resolve(part) !== resolve(folder));
  for (const { part, plan } of others) joinRuns(plan, part, target, folder);
  const check = (machines: readonly TrainingMachine[]) => requireVersions(target, machines);
  const reported = await writeReport(target, folder, host, check);
  return { ...reported, notes: [...missingNotes(reported), ...nextNotes(target, folder)] };
}

/** Throws `runs-disagree` for runs that other versions finished than those that planned the comparison. */
function requireVersions({ versions }: Plan, machines: readonly TrainingMachine[]): void {
  for (const { versions: found, processor, runs } of machines) {
    for (const [name, version] of Object.entries(versions)) {
      // A linear classifier needs no runtime.
      if (found[name] === undefined || found[name] === version) continue;
      throw new L3MaskingError(
        "runs-disagree",
        `expected runs of ${name} ${version}, got ${counted(runs, "run")} of ${found[name]} (on ${processor})`,
        { hint: "Delete the folders of those runs, and run their parts again with that version." },
      );
    }
  }
}

function joinRuns(plan: Plan, part: string, target: Plan, folder: string): void {
  const places = new Map(target.runs.map((run) => [run.digest, run.folder]));
  for (const run of plan.runs) {
    const place = places.get(run.digest);
    if (place === undefined) continue;
    const [from, to] = [join(part, run.folder), join(folder, place)];
    if (isFinished(to) || exists(join(to, LOCK_NAME))) continue;
    const failed = !exists(to) && exists(join(from, FAILURE_FILE));
    if (isFinished(from) || failed) takeFolder(from, to);
  }
}

/** What a run needs only while it is trained. */
const passing: ReadonlySet<string> = new Set(["state", LOCK_NAME]);

/** Puts a copy of a run's folder in place of an unfinished one, whole or not at all. */
function takeFolder(from: string, to: string): void {
  const workshop = `${to}.partial`;
  remove(workshop);
  makeFolder(workshop);
  copyInto(from, workshop);
  remove(to);
  renameSync(workshop, to);
}

/** Files are linked where that is possible: nobody changes those of a finished run. */
function copyInto(from: string, to: string): void {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (passing.has(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      mkdirSync(target);
      copyInto(source, target);
    } else if (entry.isFile()) {
      linkOrCopy(source, target);
    }
  }
}

function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // Another disk, or a file system without links.
    copyFileSync(source, target);
  }
}

/** What comes after the runs that choose. */
function nextNotes(plan: Plan, folder: string): string[] {
  if (plan.sweep?.tuned !== false || !hasTuned(plan, folder, true)) return [];
  return [
    `chosen: what is chosen is trained by the same compare commands, with --output-dir ${shellWord(folder)}`,
  ];
}

function missingNotes({ comparison: { unfinished } }: ReportedComparison): string[] {
  return (["waiting", "interrupted", "failed"] as const).flatMap((state) => {
    const names = unfinished.filter((run) => run.state === state).map(({ folder }) => folder);
    if (names.length === 0) return [];
    const further = names.length - SHOWN_RUNS;
    const shown = [...names.slice(0, SHOWN_RUNS), ...(further > 0 ? [`${further} more`] : [])];
    return [`${titles[state]} (${counted(names.length, "run")}): ${listed(shown)}`];
  });
}

const titles = {
  waiting: "not begun",
  interrupted: "begun, not finished",
  failed: "failed, and tried again when their parts are run again",
} as const;
