/** Working in a folder by a lease on it: see `lease.ts`. */

import { L3MaskingError } from "../../base/errors.js";
import { dirname, join } from "../paths.js";
import { writeError } from "./failures.js";
import { entryAt } from "./files.js";
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

/** Does work while this thread holds a folder, which is there. Throws as `holdingFolder`. */
export async function whileLeased<Result>(
  folder: string,
  command: string,
  host: LockHost,
  work: () => Promise<Result>,
  manners: LockManners,
  system = systemOf(host),
): Promise<Result> {
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
