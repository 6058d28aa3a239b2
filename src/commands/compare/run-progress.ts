/** progress.json in the folder of a run under way: how far it is, for those who look at the folder from elsewhere. */
import { z } from "zod";
import { exists, findText, remove } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { count } from "../../results/records/measures.js";
import { parseRecord } from "../../results/records/parse.js";
import { writeJson } from "../../run/folder/run-folder.js";
import type { Host, RunEvent } from "../../run/host/host.js";

export const PROGRESS_FILE = "progress.json";

const progressSchema = z.object({
  /** Optimizer steps. */
  done: count,
  total: count,
  /** At the mean rate since this start of the run; null before the second report. */
  seconds_left: z.number().nullable(),
});

/** How far a run is. */
export type RunProgress = z.infer<typeof progressSchema>;

/** Between two writes: a shared folder has many runs. */
const WRITE_MILLISECONDS = 15_000;

/** Follows the events of a run, and keeps its progress.json while it trains. */
export function createProgressFile(
  runFolder: string,
  host: Pick<Host, "now">,
): (event: RunEvent) => void {
  let start: { readonly milliseconds: number; readonly done: number } | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type !== "progress" || event.task !== "training") return;
    const { done, total } = event;
    // What follows is evaluation, and then the run is finished.
    if (done >= total) return remove(join(runFolder, PROGRESS_FILE));
    const now = host.now();
    start ??= { milliseconds: now, done };
    if (now - writtenAt < WRITE_MILLISECONDS || !exists(runFolder)) return;
    writtenAt = now;
    const gained = done - start.done;
    const seconds = (now - start.milliseconds) / 1000;
    const left = gained > 0 ? Math.round(((total - done) * seconds) / gained) : null;
    const progress: RunProgress = { done, total, seconds_left: left };
    try {
      writeJson(runFolder, PROGRESS_FILE, progress);
    } catch {
      // For others to look at only: the run goes on, and the next one is due soon. What matters is saved by the run itself.
    }
  };
}

/** How far the run in a folder was when it last told. Throws `data-format` for a damaged file. */
export function findProgress(runFolder: string): RunProgress | undefined {
  const path = join(runFolder, PROGRESS_FILE);
  const text = findText(path);
  const source = { path, writer: "a run", hint: "Delete the file: nothing else is lost." };
  return text === undefined ? undefined : parseRecord(progressSchema, text, source);
}
