/** Trains the runs of a comparison that are not finished, and reports where each stands. */
import { join } from "node:path";
import type { PlacedCompareSettings } from "../../run/folder/named-folder.js";
import type { Host, RunStatusEvent } from "../../run/host/host.js";
import type { PlannedRun } from "./compare-runs.js";
import {
  type ExecutorContext,
  executors,
  type TicketStatus,
  type WorkElsewhere,
} from "./executor/executor.js";
import { isFinished, runFolderOf } from "./run-ticket.js";
import type { Ticket } from "./ticket.js";

/** How a run ended in this command. */
export type RunOutcome =
  | { readonly state: "reused" | "waiting" }
  | Exclude<TicketStatus, { readonly state: "running" }>;

export interface TrainedRuns {
  readonly outcomes: readonly RunOutcome[];
  /** What goes on without this command; those runs are still waiting here. */
  readonly elsewhere: WorkElsewhere | undefined;
}

/**
 * Trains every run that is not finished; the outcomes are in the order of the runs. What a run was stopped in goes on. After
 * a stop on request those that were not begun are still waiting. `told` is how many other runs the command told of before.
 */
export async function trainRuns(
  runs: readonly PlannedRun[],
  settings: Pick<PlacedCompareSettings, "outputDir" | "executor"> & ExecutorContext["settings"],
  host: Host,
  told = 0,
): Promise<TrainedRuns> {
  const { outputDir, executor } = settings;
  const tickets = runs.map(ticketOf);
  const outcomes = tickets.map((ticket): RunOutcome => {
    return { state: isFinished(runFolderOf(ticket, outputDir)) ? "reused" : "waiting" };
  });
  const places = new Map(tickets.map((ticket, index) => [ticket, index]));
  /** Optimizer steps of each run so far. */
  const steps = runs.map(() => ({ done: 0, total: 0 }));
  const emit = (index: number, state: RunStatusEvent["state"], detail?: string) =>
    host.emit({
      type: "run",
      ...{
        index: told + index,
        count: told + runs.length,
        name: tickets[index].name,
        state,
        ...steps[index],
      },
      ...(detail !== undefined && { detail }),
    });
  outcomes.forEach(({ state }, index) => {
    emit(index, state);
  });
  const follow = (ticket: Ticket, status: TicketStatus) => {
    const index = places.get(ticket);
    if (index === undefined) return;
    if (status.state === "running") {
      steps[index] = { done: status.done, total: status.total };
      return emit(index, "running", status.detail);
    }
    outcomes[index] = status;
    const error = status.state === "failed" ? status.error : undefined;
    emit(index, status.state, error && `${error.code}: ${error.message}`);
  };
  const waiting = tickets.filter((_, index) => outcomes[index].state === "waiting");
  let elsewhere: WorkElsewhere | undefined;
  const leave = (work: WorkElsewhere) => {
    elsewhere = work;
  };
  await executors[executor](waiting, { folder: outputDir, settings, follow, leave, host });
  return { outcomes, elsewhere };
}

export function ticketOf({ folder, digest, inputs, settings }: PlannedRun): Ticket {
  const name = folder.replace(/^runs\//, "");
  const { loggingDir } = settings;
  const logging = loggingDir === undefined ? {} : { loggingDir: join(loggingDir, name) };
  return {
    format: "l3masking-ticket",
    version: 1,
    name,
    digest,
    ...inputs,
    settings: { ...settings, ...logging },
  };
}
