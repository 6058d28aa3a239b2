/** How often Slurm has started a run, and with how many steps saved: a run that gains nothing is given up. */
import { z } from "zod";
import { L3MaskingError } from "../../../../base/errors.js";
import { findText, makeFolder, remove } from "../../../../platform/files/files.js";
import { join } from "../../../../platform/paths.js";
import { parseRecord } from "../../../../results/records/parse.js";
import { writeJson } from "../../../../run/folder/run-folder.js";
import { SLURM_FOLDER } from "./batch-script.js";

/** Starts in a row with the same steps saved, after which a run is given up: the first one, and two after a requeue. */
const MOST_STARTS = 3;

const schema = z.object({
  /** Of the scheduler: another job begins to count anew. */
  job: z.string(),
  /** Optimizer steps that were saved at each start. */
  steps: z.array(z.int().min(0)),
});

function startsFolder(folder: string): string {
  return join(folder, SLURM_FOLDER, "starts");
}

/**
 * Notes that a job starts the run of a name with so many steps saved. Throws `run-stuck` where it was queued again twice and has not
 * gained a step since.
 */
export function noteStart(folder: string, name: string, job: string, steps: number): void {
  const file = `${name}.json`;
  const path = join(startsFolder(folder), file);
  const text = findText(path);
  const hint = "Delete the file.";
  const earlier =
    text === undefined ? undefined : parseRecord(schema, text, { path, writer: "compare", hint });
  const all = [...(earlier?.job === job ? earlier.steps : []), steps];
  const last = all.slice(-MOST_STARTS);
  if (last.length === MOST_STARTS && last.every((step) => step === last[0])) {
    throw new L3MaskingError(
      "run-stuck",
      `the run was queued again ${MOST_STARTS - 1} times and gained no step since it had ${steps}`,
      {
        hint: 'Give it more time, as by --slurm-options "--time=8:00:00"; the logs are in the folder slurm/logs of the comparison.',
      },
    );
  }
  makeFolder(startsFolder(folder));
  writeJson(startsFolder(folder), file, { job, steps: all });
}

/** Forgets the starts of all runs, as those that are cancelled. */
export function forgetAllStarts(folder: string): void {
  remove(startsFolder(folder));
}

/** Forgets the starts of a run that has ended. */
export function forgetStarts(folder: string, name: string): void {
  remove(join(startsFolder(folder), `${name}.json`));
}
