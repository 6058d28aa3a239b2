/** Trains the runs of a comparison that are not finished, and reports where each stands. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Comparison } from "../../results/records/comparison.js";
import { type RunReading, readComparedRun } from "../../run/folder/compared-run.js";
import { finishedMetrics } from "../../run/folder/finished-run.js";
import type { PlacedCompareSettings } from "../../run/folder/named-folder.js";
import type { Host, RunStatusEvent } from "../../run/host/host.js";
import type { PlannedRun } from "./compare-runs.js";
import { executors, type Ticket, type TicketStatus } from "./executor/executor.js";

/** How a run ended in this command. */
export type RunOutcome =
  | { readonly state: "reused" | "waiting" }
  | Exclude<TicketStatus, { readonly state: "running" }>;

/**
 * Trains every run that is not finished; the outcomes are in the order of the runs. What a run was stopped in goes on. After
 * a stop on request those that were not begun are still waiting.
 *
 * Throws `data-format` for a finished run whose metrics are damaged.
 */
export async function trainRuns(
  runs: readonly PlannedRun[],
  { outputDir, jobs }: Pick<PlacedCompareSettings, "outputDir" | "jobs">,
  host: Host,
): Promise<RunOutcome[]> {
  const tickets = runs.map((run) => ticketOf(run, outputDir));
  const outcomes = tickets.map(({ settings }): RunOutcome => {
    return { state: finishedMetrics(settings.outputDir) === undefined ? "waiting" : "reused" };
  });
  /** Optimizer steps of each run so far. */
  const steps = runs.map(() => ({ done: 0, total: 0 }));
  const emit = (index: number, state: RunStatusEvent["state"], detail?: string) =>
    host.emit({
      type: "run",
      ...{ index, count: runs.length, name: tickets[index].name, state, ...steps[index] },
      ...(detail !== undefined && { detail }),
    });
  outcomes.forEach(({ state }, index) => {
    emit(index, state);
  });
  const follow = (ticket: Ticket, status: TicketStatus) => {
    const index = tickets.indexOf(ticket);
    if (status.state === "running") {
      steps[index] = { done: status.done, total: status.total };
      return emit(index, "running", status.detail);
    }
    outcomes[index] = status;
    const error = status.state === "failed" ? status.error : undefined;
    emit(index, status.state, error && `${error.code}: ${error.message}`);
  };
  const waiting = tickets.filter((_, index) => outcomes[index].state === "waiting");
  await executors.threads(waiting, jobs, follow, host);
  return outcomes;
}

function ticketOf({ folder: place, settings }: PlannedRun, folder: string): Ticket {
  const name = place.replace(/^runs\//, "");
  const outputDir = join(folder, place);
  const { loggingDir } = settings;
  const logging = loggingDir === undefined ? {} : { loggingDir: join(loggingDir, name) };
  const resume = existsSync(join(outputDir, "config.json"));
  return { name, settings: { ...settings, outputDir, ...logging, resume } };
}

/** What the finished runs left, in their order. Throws `data-format` for files that are damaged or hold other labels. */
export function finishedRuns(
  runs: readonly PlannedRun[],
  outcomes: readonly RunOutcome[],
  { outputDir }: Pick<PlacedCompareSettings, "outputDir">,
  datasets: Comparison["datasets"],
): RunReading[] {
  return runs.flatMap(({ settings: _, ...place }, index) => {
    const { state } = outcomes[index];
    if (state !== "finished" && state !== "reused") return [];
    const labels = datasets.find(({ name }) => name === place.dataset)?.labels ?? [];
    const path = join(outputDir, place.folder);
    return readComparedRun(path, { ...place, reused: state === "reused" }, labels) ?? [];
  });
}

/** The other runs. */
export function unfinishedRuns(
  runs: readonly PlannedRun[],
  outcomes: readonly RunOutcome[],
): Comparison["unfinished"] {
  return runs.flatMap(({ settings: _, ...place }, index): Comparison["unfinished"] => {
    const outcome = outcomes[index];
    if (outcome.state === "finished" || outcome.state === "reused") return [];
    if (outcome.state !== "failed") return [{ ...place, state: outcome.state, error: null }];
    const { code, message, hint = null } = outcome.error;
    return [{ ...place, state: "failed", error: { code, message, hint } }];
  });
}
