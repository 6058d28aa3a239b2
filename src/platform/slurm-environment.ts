/** What Slurm tells a job in its environment. */

/** The task of a job array that this process is, as "17_3"; undefined elsewhere. */
export function slurmTask(environment: NodeJS.ProcessEnv): string | undefined {
  const { SLURM_ARRAY_JOB_ID: job, SLURM_ARRAY_TASK_ID: task } = environment;
  return job === undefined || task === undefined ? undefined : `${job}_${task}`;
}
