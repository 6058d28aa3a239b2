/** Runs in tasks of a Slurm job array, and the report in a job after them: they go on without this process. */

import { L3MaskingError } from "../../../base/errors.js";
import { counted } from "../../../base/figures.js";
import { shellWord } from "../../../base/shell-words.js";
import { packagePath } from "../../../platform/package-path.js";
import { resolve } from "../../../platform/paths.js";
import type { Ticket } from "../ticket.js";
import type { Executor, ExecutorContext } from "./executor.js";
import { followJobs } from "./slurm/follow.js";
import { findJobs, type Jobs, jobNumbers, jobsText, underWay } from "./slurm/jobs.js";
import { cancelJobs, requireSbatch, tasksOf } from "./slurm/scheduler.js";
import { sbatchOptions, submitTickets, submittedTickets } from "./slurm/submit.js";

/** Before the work on texts: throws `invalid-setting` for options, and `slurm-missing`. */
export async function requireSlurm({
  slurmOptions,
}: Pick<ExecutorContext["settings"], "slurmOptions">): Promise<void> {
  sbatchOptions(slurmOptions);
  await requireSbatch();
}

/**
 * Submits the runs, and leaves them. With `wait` it follows them to their end, also those that an earlier command submitted; a stop ends
 * the following alone. Throws `output-in-use` where jobs of an earlier command are under way, and what `submitTickets` throws.
 */
export const trainBySlurm: Executor = async (tickets, context) => {
  const { folder, settings, host } = context;
  if (tickets.length === 0) return;
  const earlier = await jobsUnderWay(folder);
  if (earlier !== undefined && !settings.wait) throw inUse(folder, earlier);
  const jobs = earlier ?? (await submitAll(tickets, context));
  const numbers = jobNumbers(jobs);
  const text = `${counted(tickets.length, "run")} with Slurm: ${jobsText(jobs)}`;
  if (!settings.wait) return context.leave({ text, jobs: numbers });
  host.emit({ type: "notice", level: "info", text });
  const lines = earlier === undefined ? linesOf(tickets) : submittedLines(tickets, folder, jobs);
  // The report is written here, unless the following is stopped.
  const runs = { ...jobs, report: null };
  if (!(await followJobs(runs, lines, context))) return context.leave({ text, jobs: numbers });
  if (jobs.report !== null) await cancelJobs([jobs.report]);
};

/** The jobs that an earlier command submitted, if any of them is still to run or running. */
async function jobsUnderWay(folder: string): Promise<Jobs | undefined> {
  const jobs = findJobs(folder);
  if (jobs === undefined) return undefined;
  const tasks = await tasksOf(jobNumbers(jobs));
  if (tasks === undefined) {
    throw new L3MaskingError(
      "slurm-failed",
      `expected Slurm to say whether the ${jobsText(jobs)} are under way, it does not answer`,
      { hint: "Try again when `sinfo` lists the cluster's nodes." },
    );
  }
  return underWay(tasks) ? jobs : undefined;
}

function submitAll(
  tickets: readonly Ticket[],
  { folder: given, settings, host }: ExecutorContext,
): Promise<Jobs> {
  const folder = resolve(given);
  const { threads, jobs: atOnce, slurmOptions } = settings;
  const place = {
    node: process.execPath,
    program: packagePath("dist/apps/cli/main.js"),
    folder,
    workingFolder: resolve("."),
    cacheFolder: resolve(host.cacheFolder),
    threads,
  };
  const options = sbatchOptions(slurmOptions);
  const reportWords = ["compare", "--merge", folder, "--output-dir", folder];
  // Each run takes what processors its node gives it, which this machine does not know.
  const placed = tickets.map((ticket) => ({
    ...ticket,
    settings: { ...ticket.settings, threads },
  }));
  return submitTickets(placed, { place, options, atOnce, reportWords }, host);
}

function linesOf(tickets: readonly Ticket[]): ReadonlyMap<Ticket, number> {
  return new Map(tickets.map((ticket, line) => [ticket, line]));
}

/** Tickets with the lines in which an earlier command submitted them. Throws `output-in-use` for one that it did not. */
function submittedLines(
  tickets: readonly Ticket[],
  folder: string,
  jobs: Jobs,
): ReadonlyMap<Ticket, number> {
  const lines = new Map(submittedTickets(folder).map(({ name }, line) => [name, line]));
  return new Map(
    tickets.map((ticket) => {
      const line = lines.get(ticket.name);
      if (line === undefined) throw inUse(folder, jobs);
      return [ticket, line];
    }),
  );
}

function inUse(folder: string, jobs: Jobs): L3MaskingError {
  return new L3MaskingError(
    "output-in-use",
    `expected a folder without work under way, but the ${jobsText(jobs)} are at work in ${folder}`,
    {
      hint: `Wait for them, follow them by the same command with --wait, or cancel them: l3masking compare --cancel ${shellWord(folder)}`,
    },
  );
}
