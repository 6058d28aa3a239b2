/** The part of `compare --status` that Slurm knows. */
import { L3MaskingError } from "../../../../base/errors.js";
import { findJobs, jobLines, jobNumbers, jobsText } from "./jobs.js";
import { tasksOf } from "./scheduler.js";

/** A line for each job that was submitted for the comparison in a folder; none where nothing was. */
export async function slurmStatus(folder: string): Promise<string[]> {
  const jobs = findJobs(folder);
  if (jobs === undefined) return [];
  try {
    const tasks = await tasksOf(jobNumbers(jobs));
    if (tasks !== undefined) return jobLines(jobs, tasks);
    return [`${jobsText(jobs)}: Slurm does not answer`];
  } catch (error) {
    if (!(error instanceof L3MaskingError) || error.code !== "slurm-missing") throw error;
    return [`${jobsText(jobs)}: a login node with Slurm can tell how they are`];
  }
}
