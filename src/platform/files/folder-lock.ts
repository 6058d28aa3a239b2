/** One command at a time in an output folder, on all machines that share it: see `lease.ts`. */
import { dirname, resolve } from "../paths.js";
import { makeFolder, removeEmptyFolder } from "./files.js";
import type { LeaseSystem } from "./lease.js";
import { type LockHost, type LockManners, whileLeased } from "./leased-folder.js";

export type { LockHost, LockManners } from "./leased-folder.js";

const outputFolder: LockManners = {
  patient: false,
  hint: "Wait for it, stop it, or choose another --output-dir.",
};

/**
 * Does the work of a command while it alone holds the folder, usually its output folder, which is made if it is not there,
 * and taken away if the work left nothing in it. The lock of a process that has ended on this machine is taken over at once; that
 * of another machine, if it does not change for three minutes, in which this waits. Both are told. With `patient` manners
 * another command is waited for, which is told once.
 *
 * Throws `output-in-use`, naming the other, while another command holds the folder, and if this one was stopped for so long that another
 * has taken its lock over: then nothing more was saved. `invalid-setting` for a place that cannot be a folder;
 * `output-unwritable` and `disk-full`; `interrupted` after a stop while it waits.
 */
export async function holdingFolder<Result>(
  folder: string,
  command: string,
  host: LockHost,
  work: () => Promise<Result>,
  manners = outputFolder,
  system?: LeaseSystem,
): Promise<Result> {
  const made = makeFolder(folder);
  try {
    return await whileLeased(folder, command, host, work, manners, system);
  } finally {
    if (made !== undefined) removeEmpty(folder, made);
  }
}

/** Removes a folder and those above it, up to the topmost one that was made for it, while they are empty. */
function removeEmpty(folder: string, topmost: string): void {
  const last = resolve(topmost);
  for (let current = resolve(folder); ; current = dirname(current)) {
    try {
      removeEmptyFolder(current);
    } catch {
      return;
    }
    if (current === last) return;
  }
}
