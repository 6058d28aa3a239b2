/** Before a report: every run that was submitted has a result or a failure. */
import { L3MaskingError } from "../../../../base/errors.js";
import type { Host } from "../../../../run/host/host.js";
import { type Following, followJobs } from "./follow.js";
import { findJobs, jobNumbers, underWay } from "./jobs.js";
import { tasksOf } from "./scheduler.js";
import type { SchedulerTask } from "./slurm-output.js";
import { submittedTickets } from "./submit.js";

/**
 * Where the jobs of a comparison have all ended, waits until the shared folder shows what each run left, and records as `run-lost` those
 * that left nothing. Does nothing while jobs are under way, and where no Slurm answers.
 */
export async function settleRuns(
  folder: string,
  host: Pick<Host, "cancelled" | "now">,
  wait?: Following["wait"],
): Promise<void> {
  const submitted = findJobs(folder);
  if (submitted === undefined) return;
  const jobs = { ...submitted, report: null };
  const tasks = await known(jobNumbers(jobs));
  if (tasks === undefined || underWay(tasks.filter(({ state }) => state !== "COMPLETING"))) return;
  const lines = new Map(submittedTickets(folder).map((ticket, line) => [ticket, line]));
  await followJobs(jobs, lines, { folder, host, follow: () => undefined, ...(wait && { wait }) });
}

async function known(jobs: readonly number[]): Promise<readonly SchedulerTask[] | undefined> {
  try {
    return await tasksOf(jobs);
  } catch (error) {
    if (error instanceof L3MaskingError && error.code === "slurm-missing") return undefined;
    throw error;
  }
}
