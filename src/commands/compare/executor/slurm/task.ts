/** A run in a task of a job array, which Slurm may have started before on another node. */
import { L3MaskingError } from "../../../../base/errors.js";
import { join } from "../../../../platform/paths.js";
import { pause } from "../../../../platform/pause.js";
import { openSavedStates } from "../../../../run/folder/saved-state.js";
import type { Host } from "../../../../run/host/host.js";
import { runFolderOf, runTicket, type TicketEnd, writeFailure } from "../../run-ticket.js";
import type { Ticket } from "../../ticket.js";
import { forgetStarts, noteStart } from "./starts.js";

/** How often a run looks whether its folder is free. */
const LOOK_MILLISECONDS = 5000;

/**
 * `runTicket`, for the task `job` of Slurm. It waits for the folder of its run, which may be held by an earlier start whose node was lost, until
 * that lock has run out; and it fails as `run-stuck` where earlier starts gained no step.
 */
export async function runTask(
  ticket: Ticket,
  folder: string,
  job: string,
  host: Host,
  wait = pause,
): Promise<TicketEnd> {
  const run = runFolderOf(ticket, folder);
  try {
    noteStart(folder, ticket.name, job, savedSteps(run));
  } catch (error) {
    if (!(error instanceof L3MaskingError) || error.code !== "run-stuck") throw error;
    writeFailure(run, error);
    forgetStarts(folder, ticket.name);
    return { state: "failed", error };
  }
  let told = false;
  for (;;) {
    const end = await runTicket(ticket, folder, host);
    const inUse = end.state === "failed" && end.error.code === "output-in-use";
    if (!inUse) {
      if (end.state !== "interrupted") forgetStarts(folder, ticket.name);
      return end;
    }
    if (!told)
      host.emit({ type: "notice", level: "warning", text: `waiting: ${end.error.message}` });
    told = true;
    if (host.cancelled()) return { state: "interrupted" };
    await wait(LOOK_MILLISECONDS);
  }
}

function savedSteps(run: string): number {
  return openSavedStates(join(run, "state")).last()?.step ?? 0;
}
