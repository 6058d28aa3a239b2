/** The steps of a run that has ended elsewhere. */
import { exists } from "../../../platform/files/files.js";
import { join } from "../../../platform/paths.js";
import { finishedJournal } from "../../../run/folder/finished-run.js";
import { runFolderOf } from "../run-ticket.js";
import type { Ticket } from "../ticket.js";
import type { ExecutorContext } from "./executor.js";

/** What was told of a finished run last is some steps old, or nothing was told of a short one: its journal knows. */
export function tellLastStep(
  ticket: Ticket,
  folder: string,
  follow: ExecutorContext["follow"],
): void {
  const run = runFolderOf(ticket, folder);
  // A linear classifier has no steps.
  if (!exists(join(run, "journal.jsonl"))) return;
  const { step } = finishedJournal(run).stop;
  follow(ticket, { state: "running", done: step, total: step });
}
