/** Follows runs that Slurm has: where each stands, by its folder and by what the scheduler says. */
import { L3MaskingError } from "../../../../base/errors.js";
import { pause } from "../../../../platform/pause.js";
import type { Host } from "../../../../run/host/host.js";
import { findProgress } from "../../run-progress.js";
import { runFolderOf, type TicketEnd, ticketEnd, writeFailure } from "../../run-ticket.js";
import type { Ticket } from "../../ticket.js";
import type { TicketStatus } from "../executor.js";
import { tellLastStep } from "../last-step.js";
import { logFile } from "./batch-script.js";
import { type Jobs, jobNumbers, taskOf } from "./jobs.js";
import { tasksOf } from "./scheduler.js";
import { hasEnded, type SchedulerTask } from "./slurm-output.js";

/** Time that a shared folder is given to show what a job wrote, after the job is gone. */
export const GRACE_MILLISECONDS = 90_000;

/** How often the scheduler is asked: it serves everybody. */
const LOOK_MILLISECONDS = 10_000;

/** How often a stop is looked for. */
const STOP_MILLISECONDS = 100;

export interface Following {
  /** Of the comparison. */
  readonly folder: string;
  readonly host: Pick<Host, "cancelled" | "now">;
  /** Is told where a run stands: of one that is running again and again, of one that has ended once. */
  readonly follow: (ticket: Ticket, status: TicketStatus) => void;
  /** Instead of a look at the scheduler. */
  readonly look?: () => Promise<readonly SchedulerTask[] | undefined>;
  readonly wait?: (milliseconds: number) => Promise<void>;
}

/**
 * Resolves when all runs have ended and no job is left, or, with false, after a stop on request, which leaves the jobs alone. A run whose job has
 * been gone for `GRACE_MILLISECONDS` and has left neither result nor failure counts as lost: that is its failure then.
 */
export async function followJobs(
  jobs: Jobs,
  tickets: ReadonlyMap<Ticket, number>,
  { folder, host, follow, look = () => tasksOf(jobNumbers(jobs)), wait = pause }: Following,
): Promise<boolean> {
  const open = new Map(tickets);
  const goneSince = new Map<Ticket, number>();
  for (;;) {
    const tasks = await look();
    for (const [ticket, line] of open) {
      const end = ticketEnd(ticket, folder) ?? lost(ticket, line, tasks);
      if (end === undefined) continue;
      open.delete(ticket);
      if (end.state === "finished") tellLastStep(ticket, folder, follow);
      follow(ticket, end);
    }
    if (open.size === 0 && tasks?.every(hasEnded)) return true;
    for (let waited = 0; waited < LOOK_MILLISECONDS; waited += STOP_MILLISECONDS) {
      if (host.cancelled()) return false;
      await wait(STOP_MILLISECONDS);
    }
  }

  /** Tells of one that runs; gives the end of one whose job is gone for too long. */
  function lost(
    ticket: Ticket,
    line: number,
    tasks: readonly SchedulerTask[] | undefined,
  ): TicketEnd | undefined {
    const place = taskOf(jobs, line);
    // The scheduler does not answer: nobody knows.
    if (tasks === undefined || place === undefined) return undefined;
    const own = tasks.find(({ job, task }) => job === place.job && task === place.task);
    if (own !== undefined && !hasEnded(own)) {
      goneSince.delete(ticket);
      if (own.state === "RUNNING") follow(ticket, { state: "running", ...stepsOf(ticket, folder) });
      return undefined;
    }
    const since = goneSince.get(ticket) ?? host.now();
    goneSince.set(ticket, since);
    if (host.now() - since < GRACE_MILLISECONDS) return undefined;
    const error = lostError(folder, place, own);
    writeFailure(runFolderOf(ticket, folder), error);
    return { state: "failed", error };
  }
}

function stepsOf(
  ticket: Ticket,
  folder: string,
): { readonly done: number; readonly total: number } {
  const { done, total } = findProgress(runFolderOf(ticket, folder)) ?? { done: 0, total: 0 };
  return { done, total };
}

function lostError(
  folder: string,
  { job, task }: { readonly job: number; readonly task: number },
  own: SchedulerTask | undefined,
): L3MaskingError {
  const state = own === undefined ? "is no longer known to Slurm" : `ended as ${own.state}`;
  return new L3MaskingError(
    "run-lost",
    `its job ${job}_${task} ${state} and left neither result nor failure`,
    { hint: `See ${logFile(folder, job, task)}, then run the same command again.` },
  );
}
