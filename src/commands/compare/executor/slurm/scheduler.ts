/** Slurm's commands, called. */
import { L3MaskingError } from "../../../../base/errors.js";
import { environmentWithout, type ProgramEnd, runProgram } from "../../../../platform/programs.js";
import {
  largestArray,
  type SchedulerTask,
  SQUEUE_FORMAT,
  schedulerTasks,
  submittedJob,
} from "./slurm-output.js";

/** Variables that stand above the lines of a script, and would take away what it relies on. */
const overriding = new Set([
  "SBATCH_ARRAY_INX",
  "SBATCH_EXPORT",
  "SBATCH_JOB_NAME",
  "SBATCH_NO_REQUEUE",
  "SBATCH_OPEN_MODE",
  "SBATCH_OUTPUT",
  "SBATCH_REQUEUE",
  "SBATCH_SIGNAL",
  "SBATCH_WAIT",
]);

/** Without a person's usual choices for these commands, such as which jobs squeue lists or that scancel asks back. */
function environment(): NodeJS.ProcessEnv {
  return environmentWithout((name) => overriding.has(name) || /^(SQUEUE|SCANCEL)_/.test(name));
}

async function call(name: string, words: readonly string[]): Promise<ProgramEnd> {
  const end = await runProgram(name, words, environment());
  if (end !== undefined) return end;
  throw new L3MaskingError(
    "slurm-missing",
    `expected Slurm's ${name} on the path, found no such program`,
    {
      hint: "Run the command on a login node of the cluster. Without Slurm use --executor queue, --shard on each machine, or leave --executor out.",
    },
  );
}

function failed(name: string, { stderr, stdout, exitCode }: ProgramEnd, hint: string) {
  const text = (stderr.trim() || stdout.trim()).replaceAll(`${name}: `, "");
  const end = `expected ${name} to succeed, it ended with ${exitCode ?? "a signal"}: ${text}`;
  return new L3MaskingError("slurm-failed", end, { hint });
}

/** Throws `slurm-missing` where nothing can be submitted. */
export async function requireSbatch(): Promise<void> {
  await call("sbatch", ["--version"]);
}

/** The most tasks that a job array may have. Throws `slurm-missing`, and `slurm-failed` where the controller does not answer. */
export async function mostTasks(): Promise<number> {
  const end = await call("scontrol", ["show", "config"]);
  const most = end.exitCode === 0 ? largestArray(end.stdout) : undefined;
  if (most !== undefined) return most;
  throw failed("scontrol", end, "See that `sinfo` lists the cluster's nodes, then try again.");
}

/** Submits a script, and gives the number of its job. Throws `slurm-missing`, and `slurm-failed` with what sbatch says. */
export async function submit(words: readonly string[]): Promise<number> {
  const end = await call("sbatch", ["--parsable", ...words]);
  const job = end.exitCode === 0 ? submittedJob(end.stdout) : undefined;
  if (job !== undefined) return job;
  throw failed(
    "sbatch",
    end,
    "Correct --slurm-options; `sbatch --help` lists what may stand there.",
  );
}

/**
 * The tasks of jobs that Slurm still knows, ended ones among them; it forgets those after some minutes (MinJobAge). Undefined where
 * the controller does not answer. Throws `slurm-missing`.
 */
export async function tasksOf(jobs: readonly number[]): Promise<SchedulerTask[] | undefined> {
  const { exitCode, stdout, stderr } = await call("squeue", [
    "--noheader",
    "--array",
    "--states=all",
    `--format=${SQUEUE_FORMAT}`,
    `--jobs=${jobs.join(",")}`,
  ]);
  if (exitCode === 0) return schedulerTasks(stdout).filter(({ job }) => jobs.includes(job));
  // What a single number of a forgotten job is answered by.
  return /invalid job id/i.test(stderr) ? [] : undefined;
}

/** Cancels jobs, running or not; one that has ended is none to cancel. Throws `slurm-missing` and `slurm-failed`. */
export async function cancelJobs(jobs: readonly number[]): Promise<void> {
  const end = await call("scancel", jobs.map(String));
  if (end.exitCode === 0 || /invalid job id/i.test(end.stderr)) return;
  throw failed("scancel", end, `Try again, or run: scancel ${jobs.join(" ")}`);
}
