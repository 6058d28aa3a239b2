/** Runs of another folder of this machine: finished ones, and those that are being trained. */
import type { JournalEvent } from "../../../method/train/events.js";
import type { RunMetrics } from "../../../results/records/run-metrics.js";
import type { TrainedRun } from "../../../results/report/pages/run.js";
import { OTHER_RUNS, type Workplace } from "../workplace.js";
import { readJournal, readMetrics } from "./records.js";

export interface OtherRunEntry {
  readonly name: string;
  /** Undefined while it is not finished. */
  readonly metrics: RunMetrics | undefined;
}

/** A run that is looked at: as it ended, or as far as it is. */
export type OtherRun = { readonly name: string } & (
  | { readonly trained: TrainedRun }
  | { readonly events: readonly JournalEvent[] }
);

export const folderOf = (name: string) => `${OTHER_RUNS}/${name}`;

async function fileNames(workplace: Workplace, folder: string): Promise<ReadonlySet<string>> {
  return new Set((await workplace.list(folder)).map(({ name }) => name));
}

/** The runs of the folder by name, without those below them. */
export async function otherRuns(workplace: Workplace): Promise<OtherRunEntry[]> {
  const found: OtherRunEntry[] = [];
  for (const { name, kind } of await workplace.list(OTHER_RUNS)) {
    if (kind !== "folder") continue;
    const files = await fileNames(workplace, folderOf(name));
    if (!files.has("config.json")) continue;
    const path = `${folderOf(name)}/metrics.json`;
    const isFinished = files.has("metrics.json");
    found.push({
      name,
      metrics: isFinished ? readMetrics(await workplace.read(path), path) : undefined,
    });
  }
  return found;
}

export async function otherRun(workplace: Workplace, name: string): Promise<OtherRun> {
  const files = await fileNames(workplace, folderOf(name));
  if (files.has("metrics.json")) {
    return { name, trained: await workplace.call("readRun", { folder: folderOf(name) }) };
  }
  const path = `${folderOf(name)}/journal.jsonl`;
  if (!files.has("journal.jsonl")) return { name, events: [] };
  return { name, events: readJournal(await workplace.read(path), path) };
}
