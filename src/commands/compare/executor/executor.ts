/** Where the runs of a comparison are trained: the door that every executor stands behind, and their list. */
import { L3MaskingError } from "../../../base/errors.js";
import type { Host } from "../../../run/host/host.js";
import type { executorNames } from "../../../run/settings/compare.js";
import {
  type CompareSettings,
  compareSchema,
  recordsOf,
  toFlag,
} from "../../../run/settings/schemas.js";
import type { TicketEnd } from "../run-ticket.js";
import type { Ticket } from "../ticket.js";
import { trainInQueue } from "./queue.js";
import { trainBySlurm } from "./slurm.js";
import { trainInThreads } from "./threads.js";

/** Where a run stands: on its way with so many optimizer steps done, or how it ended. */
export type TicketStatus =
  | {
      readonly state: "running";
      readonly done: number;
      readonly total: number;
      /** The loss. */
      readonly detail?: string;
    }
  | TicketEnd;

/** What an executor works in. */
export interface ExecutorContext {
  /** Of the comparison; each run is in `runFolderOf` its ticket. */
  readonly folder: string;
  /** Of the command. Each ticket's settings say how many threads are its own. */
  readonly settings: Pick<CompareSettings, "jobs" | "queue" | "slurmOptions" | "threads" | "wait">;
  /** Is told where each run stands. */
  follow(ticket: Ticket, status: TicketStatus): void;
  /** Is told of runs that go on without this command, instead of their ends. */
  leave(work: WorkElsewhere): void;
  readonly host: Host;
}

/** Runs that were begun and go on without the command that began them. */
export interface WorkElsewhere {
  /** `12 runs with Slurm: job array 17 and job 18 for the report` */
  readonly text: string;
  /** Numbers of the scheduler's jobs. */
  readonly jobs: readonly number[];
}

/**
 * Trains the runs of all tickets, begun in their order, by `runTicket`, here or elsewhere. A run that fails leaves the others
 * alone. A stop on request stops those under way, and no further one is begun: of those nothing is told. Resolves when none is under
 * way any more, or when those that are go on without this command, which `leave` is told.
 */
export type Executor = (tickets: readonly Ticket[], context: ExecutorContext) => Promise<void>;

export const executors: Readonly<Record<(typeof executorNames)[number], Executor>> = {
  queue: trainInQueue,
  threads: trainInThreads,
  slurm: trainBySlurm,
};

/** Throws `invalid-setting` for a setting of another executor, which nothing would look at. */
export function requireOwnSettings(settings: CompareSettings): void {
  const values = new Map<string, unknown>(Object.entries(settings));
  for (const { name, type, when } of recordsOf(compareSchema)) {
    const owner = when?.executor;
    if (owner === undefined || owner === settings.executor) continue;
    if (values.get(name) === type.parse(undefined)) continue;
    const flag = `--${toFlag(name)}`;
    const text = `expected --executor ${owner} beside ${flag}, got --executor ${settings.executor}`;
    throw new L3MaskingError("invalid-setting", text, {
      hint: `Add --executor ${owner}, or leave ${flag} out.`,
    });
  }
}
