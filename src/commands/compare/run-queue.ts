/** Trains the runs of a comparison, some at a time, each in a thread of its own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { finishedMetrics } from "../../run/folder/finished-run.js";
import type { Host, RunEvent, RunStatusEvent } from "../../run/host/host.js";
import type { PlannedRun } from "./compare-runs.js";

/** How a run ended in this command. */
export type RunOutcome =
  | { readonly state: "finished"; readonly reused: boolean }
  | { readonly state: "interrupted" | "waiting" }
  | { readonly state: "failed"; readonly error: L3MaskingError };

/**
 * Trains every run that is not finished, at most `jobs` at once, in their order; the outcomes are in the order of
 * the runs. What a run was stopped in goes on; a run that fails leaves the others alone. A stop on request
 * stops all that are under way, and no further one is begun.
 *
 * `folder` is that of the comparison. Throws `data-format` for a finished run whose metrics are damaged.
 */
export async function trainAll(
  runs: readonly PlannedRun[],
  { folder, jobs }: { readonly folder: string; readonly jobs: number },
  host: Host,
): Promise<RunOutcome[]> {
  const names = runs.map(({ folder: name }) => name.replace(/^runs\//, ""));
  const tell = (index: number, status: Pick<RunStatusEvent, "state"> & Partial<RunStatusEvent>) =>
    host.emit({
      type: "run",
      index,
      count: runs.length,
      name: names[index],
      done: 0,
      total: 0,
      ...status,
    });
  const outcomes = runs.map((run): RunOutcome => {
    const finished = finishedMetrics(join(folder, run.folder)) !== undefined;
    return finished ? { state: "finished", reused: true } : { state: "waiting" };
  });
  for (const [index, { state }] of outcomes.entries()) {
    tell(index, { state: state === "finished" ? "reused" : "waiting" });
  }

  const trainOne = async (run: PlannedRun, index: number): Promise<RunOutcome> => {
    const outputDir = join(folder, run.folder);
    const resume = existsSync(join(outputDir, "config.json"));
    let latest = { done: 0, total: 0 };
    const follow = (event: RunEvent) => {
      if (event.type === "notice" && event.level === "warning") {
        host.emit({ ...event, text: `${names[index]}: ${event.text}` });
      }
      if (event.type === "progress" && event.task === "training") {
        latest = { done: event.done, total: event.total };
        const detail = event.detail === undefined ? {} : { detail: event.detail };
        tell(index, { state: "running", ...latest, ...detail });
      }
    };
    tell(index, { state: "running" });
    try {
      const { loggingDir } = run.settings;
      const place = loggingDir && { loggingDir: join(loggingDir, names[index]) };
      await host.inThread("train", { ...run.settings, outputDir, ...place, resume }, follow);
      tell(index, { state: "finished", ...latest });
      return { state: "finished", reused: false };
    } catch (thrown) {
      const error = asKnownError(thrown);
      if (error.code === "interrupted") {
        tell(index, { state: "interrupted", ...latest });
        return { state: "interrupted" };
      }
      tell(index, { state: "failed", ...latest, detail: `${error.code}: ${error.message}` });
      return { state: "failed", error };
    }
  };

  const queue = outcomes.flatMap(({ state }, index) => (state === "waiting" ? [index] : []));
  const work = async () => {
    for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
      if (host.cancelled()) return;
      outcomes[index] = await trainOne(runs[index], index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, work));
  return outcomes;
}

function asKnownError(thrown: unknown): L3MaskingError {
  if (thrown instanceof L3MaskingError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new L3MaskingError("worker-failed", `the run broke unexpectedly: ${text}`, {
    cause: thrown,
  });
}
