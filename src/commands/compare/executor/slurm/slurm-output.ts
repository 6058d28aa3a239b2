/** What Slurm's commands print, read. */

/** A task of a job array, or a job of its own, as the scheduler sees it. */
export interface SchedulerTask {
  readonly job: number;
  readonly task: number | undefined;
  /** PENDING, RUNNING, COMPLETED, NODE_FAIL, ... */
  readonly state: string;
  /** Why it is not running. */
  readonly reason: string;
  /** Where it runs or ran; empty if nowhere. */
  readonly node: string;
}

/** `squeue --format` for `schedulerTasks`, with --array, --noheader and --states=all. */
export const SQUEUE_FORMAT = "%i|%T|%r|%N";

/** States of jobs that do not come back. */
const endedStates = new Set([
  "BOOT_FAIL",
  "CANCELLED",
  "COMPLETED",
  "DEADLINE",
  "FAILED",
  "NODE_FAIL",
  "OUT_OF_MEMORY",
  "REVOKED",
  "TIMEOUT",
]);

export function hasEnded({ state }: Pick<SchedulerTask, "state">): boolean {
  return endedStates.has(state);
}

/** The number of the job that was submitted, from `sbatch --parsable` ("17", or "17;cluster"); undefined where there is none. */
export function submittedJob(text: string): number | undefined {
  // Some sites print notices of their own before.
  const last = text.trim().split("\n").at(-1) ?? "";
  const [, number] = /^(\d+)(;.*)?$/.exec(last.trim()) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** The tasks that squeue lists; other lines are notices of the site. */
export function schedulerTasks(text: string): SchedulerTask[] {
  return text.split("\n").flatMap((line): SchedulerTask[] => {
    const [id = "", state, reason = "", node = ""] = line.trim().split("|");
    const [, job, task, ranges] = /^(\d+)(?:_(?:(\d+)|\[([^\]]*)\]))?$/.exec(id) ?? [];
    if (job === undefined || state === undefined) return [];
    const shared = { job: Number(job), state, reason, node };
    if (ranges !== undefined)
      return taskRange(ranges).map((number) => ({ ...shared, task: number }));
    return [{ ...shared, task: task === undefined ? undefined : Number(task) }];
  });
}

/** `0-2,7%4` -> 0, 1, 2, 7 */
function taskRange(ranges: string): number[] {
  return ranges
    .replace(/%.*$/, "")
    .split(",")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
    });
}

/** The most tasks of a job array, from `scontrol show config`; undefined where it does not say. */
export function largestArray(text: string): number | undefined {
  const [, number] = /^MaxArraySize\s*=\s*(\d+)\s*$/m.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}
