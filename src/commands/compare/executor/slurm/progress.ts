/** How far a run is in its task, for those who follow it from elsewhere. */
import { z } from "zod";
import { findText, makeFolder, remove } from "../../../../platform/files/files.js";
import { join } from "../../../../platform/paths.js";
import { writeJson } from "../../../../run/folder/run-folder.js";
import type { Host, RunEvent } from "../../../../run/host/host.js";
import { SLURM_FOLDER } from "./batch-script.js";

/** How often a run writes how far it is. */
const WRITE_MILLISECONDS = 10_000;

const schema = z.object({
  /** Optimizer steps. */
  done: z.int().min(0),
  total: z.int().min(0),
  /** The loss. */
  detail: z.string().exactOptional(),
});

export type TaskProgress = z.infer<typeof schema>;

function progressFolder(folder: string): string {
  return join(folder, SLURM_FOLDER, "progress");
}

/** Takes the events of a run, and writes now and then how far its training is. */
export function progressWriter(
  folder: string,
  name: string,
  { now }: Pick<Host, "now">,
): (event: RunEvent) => void {
  let writtenAt = Number.NEGATIVE_INFINITY;
  return (event) => {
    if (event.type !== "progress" || event.task !== "training") return;
    if (now() - writtenAt < WRITE_MILLISECONDS) return;
    writtenAt = now();
    const { done, total, detail } = event;
    const progress: TaskProgress = { done, total, ...(detail !== undefined && { detail }) };
    makeFolder(progressFolder(folder));
    writeJson(progressFolder(folder), `${name}.json`, progress);
  };
}

/** Nothing done where a run has not told anything yet, or where what it told cannot be read: it tells more. */
export function progressOf(folder: string, name: string): TaskProgress {
  const text = findText(join(progressFolder(folder), `${name}.json`));
  try {
    return schema.parse(JSON.parse(text ?? ""));
  } catch {
    return { done: 0, total: 0 };
  }
}

export function forgetProgress(folder: string, name: string): void {
  remove(join(progressFolder(folder), `${name}.json`));
}
