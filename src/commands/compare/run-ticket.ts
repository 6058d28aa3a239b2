/** Trains the run of a ticket, and tells from its folder how it ended. */
import { z } from "zod";
import { type ErrorCode, errorCodes, L3MaskingError } from "../../base/errors.js";
import { exists, findText, makeFolder, remove } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { parseRecord } from "../../results/records/parse.js";
import { readRunRecord, writeJson } from "../../run/folder/run-folder.js";
import type { Host, RunEvent } from "../../run/host/host.js";
import { createProgressFile, PROGRESS_FILE } from "./run-progress.js";
import { inputDigests, type Ticket } from "./ticket.js";

/** Why the last attempt of a run failed; in its folder until it is finished. */
export const FAILURE_FILE = "failure.json";

const failureSchema = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(errorCodes, code)),
  message: z.string(),
  hint: z.string().nullable(),
  /** The number of the attempt, from 1. */
  attempt: z.int().min(1),
});

export type Failure = z.infer<typeof failureSchema>;

/** How the run of a ticket ended. Interrupted: stopped on request; what it has done is saved. */
export type TicketEnd =
  | { readonly state: "finished" | "interrupted" }
  | { readonly state: "failed"; readonly error: L3MaskingError };

/** The folder of a ticket's run below that of the comparison. */
export function runFolderOf({ name }: Pick<Ticket, "name">, folder: string): string {
  return join(folder, "runs", name);
}

/**
 * Trains the run of a ticket into its folder below `folder`, that of the comparison. A run that was begun goes on, and a finished one
 * is left as it is. It works in a thread of its own, which `emit` hears of, and never throws for what happens there: a failure
 * is in the folder's failure.json, unless another process is at work in it (`output-in-use`).
 */
export async function runTicket(ticket: Ticket, folder: string, host: Host): Promise<TicketEnd> {
  const path = runFolderOf(ticket, folder);
  if (isFinished(path)) return { state: "finished" };
  const tellProgress = createProgressFile(path, host);
  let checked = false;
  const onEvent = (event: RunEvent) => {
    // By the first step the run has told what it reads.
    if (!checked && event.type === "progress" && event.task === "training") {
      requireSameInputs(ticket, path);
      checked = true;
    }
    tellProgress(event);
    host.emit(event);
  };
  try {
    const resume = exists(join(path, "config.json"));
    await host.inThread("train", { ...ticket.settings, outputDir: path, resume }, onEvent);
    for (const name of [FAILURE_FILE, PROGRESS_FILE]) remove(join(path, name));
    return { state: "finished" };
  } catch (thrown) {
    const error = knownError(thrown);
    if (error.code === "interrupted") return { state: "interrupted" };
    if (error.code !== "output-in-use") writeFailure(path, error);
    return { state: "failed", error };
  }
}

/** How a run ended, by its folder; undefined while it did not. Throws `data-format` for a damaged failure.json. */
export function ticketEnd(ticket: Ticket, folder: string): TicketEnd | undefined {
  const path = runFolderOf(ticket, folder);
  if (isFinished(path)) return { state: "finished" };
  const failure = findFailure(path);
  if (failure === undefined) return undefined;
  const { code, message, hint } = failure;
  return {
    state: "failed",
    error: new L3MaskingError(code, message, hint === null ? {} : { hint }),
  };
}

/** failure.json of a run's folder. Throws `data-format` for a damaged one. */
export function findFailure(runFolder: string): Failure | undefined {
  const path = join(runFolder, FAILURE_FILE);
  const text = findText(path);
  const source = { path, writer: "a run", hint: "Delete the file: the run is then tried again." };
  return text === undefined ? undefined : parseRecord(failureSchema, text, source);
}

/** Records a further failed attempt of the run in a folder, which is made where there is none. */
export function writeFailure(runFolder: string, { code, message, hint }: L3MaskingError): void {
  const attempt = (findFailure(runFolder)?.attempt ?? 0) + 1;
  const failure: Failure = { code, message, hint: hint ?? null, attempt };
  makeFolder(runFolder);
  writeJson(runFolder, FAILURE_FILE, failure);
}

/** Is the last file there that a run writes? */
export function isFinished(runFolder: string): boolean {
  return exists(join(runFolder, "metrics.json"));
}

/** Throws `runs-disagree` where the run reads other data or another model than the ticket was written for. */
function requireSameInputs(ticket: Ticket, path: string): void {
  if (!exists(join(path, "config.json"))) return;
  const record = readRunRecord(path);
  for (const name of inputDigests) {
    const [wanted, found] = [ticket[name], record[name]];
    if (wanted === undefined || found === undefined || wanted === found) continue;
    throw new L3MaskingError(
      "runs-disagree",
      `expected ${name} ${wanted} in ${path}, as when the comparison was planned, got ${String(found)}`,
      { hint: "Give this machine the same files of data and model as the others, or plan anew." },
    );
  }
}

function knownError(thrown: unknown): L3MaskingError {
  if (thrown instanceof L3MaskingError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return new L3MaskingError("worker-failed", `the run failed unexpectedly: ${text}`, {
    cause: thrown,
  });
}
