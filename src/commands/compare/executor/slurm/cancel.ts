/** `compare --cancel`: takes the jobs of a comparison from Slurm. */
import { L3MaskingError } from "../../../../base/errors.js";
import { pause } from "../../../../platform/pause.js";
import type { Host } from "../../../../run/host/host.js";
import { findJobs, jobNumbers, jobsText, underWay } from "./jobs.js";
import { cancelJobs, tasksOf } from "./scheduler.js";
import { forgetAllStarts } from "./starts.js";

/** How often Slurm is asked whether the jobs have ended. */
const LOOK_MILLISECONDS = 1000;

/**
 * Cancels the jobs of the comparison in a folder and waits until they have ended, in which time their runs save their state; gives
 * which they were. Throws `file-missing` where nothing was submitted, `slurm-missing` and `slurm-failed`.
 */
export async function cancelSlurmJobs(
  folder: string,
  host: Pick<Host, "cancelled" | "emit">,
): Promise<string> {
  const jobs = findJobs(folder);
  if (jobs === undefined) {
    throw new L3MaskingError(
      "file-missing",
      `expected a comparison that was submitted to Slurm in ${folder}, found none`,
      { hint: "Name the --output-dir of a comparison that was submitted with --executor slurm." },
    );
  }
  const text = jobsText(jobs);
  await cancelJobs(jobNumbers(jobs));
  host.emit({
    type: "notice",
    level: "info",
    text: `cancelling ${text}: the runs save their state`,
  });
  while (underWay((await tasksOf(jobNumbers(jobs))) ?? []) && !host.cancelled()) {
    await pause(LOOK_MILLISECONDS);
  }
  forgetAllStarts(folder);
  return text;
}
