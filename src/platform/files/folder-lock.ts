/** One command at a time in an output folder, on all machines that share it: see `lease.ts`. */
import { dirname, join, resolve } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { writeError } from "./failures.js";
import { entryAt, makeFolder, removeEmptyFolder } from "./files.js";
import { enterHeld } from "./held-folders.js";
import { type Found, type Lease, type LeaseSystem, LOCK_NAME, takeLease } from "./lease.js";
import { thisProcess, titleOf } from "./lease-holder.js";
import { leaseSystem } from "./lease-system.js";

/** How to meet a folder that another command holds. */
export interface LockManners {
  /** Wait while the holder runs. */
  readonly patient: boolean;
  /** What to do about a holder that is not waited for. */
  readonly hint: string;
}

const outputFolder: LockManners = {
  patient: false,
  hint: "Wait for it, stop it, or choose another --output-dir.",
};

/** What a command that takes a lock is told and asks. */
export interface LockHost {
  emit(event: {
    readonly type: "notice";
    readonly level: "info" | "warning";
    readonly text: string;
  }): void;
  /** Milliseconds of a steady clock. */
  now(): number;
  /** Day and time, ISO 8601. */
  time(): string;
  /** True asks to stop. */
  cancelled(): boolean;
}

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
  system = systemOf(host),
): Promise<Result> {
  const made = makeFolder(folder);
  try {
    const lease = await take(folder, command, host, manners, system);
    try {
      const leave = enterHeld(folder, lease.path);
      try {
        return await work();
      } finally {
        leave();
      }
    } catch (cause) {
      throw (await lease.isHeld()) ? cause : takenOver(folder, system, cause);
    } finally {
      await lease.release();
    }
  } finally {
    if (made !== undefined) removeEmpty(folder, made);
  }
}

function systemOf(host: LockHost): LeaseSystem {
  return leaseSystem(host.now, (text) => host.emit({ type: "notice", level: "warning", text }));
}

async function take(
  folder: string,
  command: string,
  host: LockHost,
  { patient, hint }: LockManners,
  system: LeaseSystem,
): Promise<Lease> {
  requireNoFile(join(folder, LOCK_NAME));
  let told: string | undefined;
  let waitedFor: Found | undefined;
  const pause = (milliseconds: number) => {
    if (host.cancelled()) throw stoppedWaiting(waitedFor);
    return system.pause(milliseconds);
  };
  const meet = (other: Found, runs: boolean) => {
    waitedFor = other;
    if (runs && !patient) throw inUse(folder, other, hint);
    const text = patient
      ? `waiting for another command: ${titleOf(other.holder)}`
      : `${titleOf(other.holder)} holds ${folder}: watching it for ${secondsOf(system)} to see whether it still runs`;
    if (text !== told) host.emit({ type: "notice", level: "info", text });
    told = text;
  };
  try {
    const holder = thisProcess(command, host.time());
    const lease = await takeLease(folder, holder, { ...system, pause }, meet);
    if (lease.before !== undefined) {
      const { holder: other } = lease.before;
      const hasEnded = other !== undefined && system.isRunning(other) === false;
      const what = hasEnded
        ? "ended without releasing its folder"
        : `has not touched its lock for ${secondsOf(system)}`;
      const text = `${titleOf(other)} ${what}: taking it over`;
      host.emit({ type: "notice", level: "warning", text });
    }
    return lease;
  } catch (error) {
    throw writeError(folder, error);
  }
}

function secondsOf({ times }: LeaseSystem): string {
  return `${times.silence / 1000} seconds`;
}

/** The lock is a folder. */
function requireNoFile(path: string): void {
  if (entryAt(path)?.kind !== "file") return;
  throw new L3MaskingError("output-in-use", `expected ${path} to be a folder, got a file`, {
    hint: `Remove ${path} if no command is working in ${dirname(path)}.`,
  });
}

function inUse(folder: string, { holder }: Found, hint: string): L3MaskingError {
  return new L3MaskingError(
    "output-in-use",
    `expected a folder that no other command is using, but ${titleOf(holder)} is using ${folder}`,
    { hint },
  );
}

function takenOver(folder: string, system: LeaseSystem, cause: unknown): L3MaskingError {
  return new L3MaskingError(
    "output-in-use",
    `expected to hold ${folder} to the end, but another command has taken it over, as this one was stopped or cut off from it for ${secondsOf(system)}; what it did since was not saved`,
    { hint: "Let the other command go on; it began with what this one had saved.", cause },
  );
}

function stoppedWaiting(other: Found | undefined): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped while waiting for ${titleOf(other?.holder)}`, {
    hint: "Run the same command again.",
  });
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
