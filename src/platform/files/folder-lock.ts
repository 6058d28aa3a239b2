/** One command at a time in an output folder: a lock file that names its holder. */
import { linkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { pause } from "../pause.js";
import { systemCode, writing } from "./failures.js";
import {
  findText,
  listFolder,
  makeFolder,
  readText,
  remove,
  removeEmptyFolder,
  rename,
} from "./files.js";

/** The file by which a command holds its output folder. */
export const LOCK_FILE = "l3masking.lock";

const holderSchema = z.object({
  command: z.string(),
  pid: z.number().int().min(1),
  host: z.string(),
  /** Day and time, ISO 8601. */
  since: z.string(),
  /** When the process began, as the system counts; null where it does not tell. A later process may get the same pid. */
  process_start: z.string().nullable(),
});

type Holder = z.infer<typeof holderSchema>;

/** How to meet a folder that another command holds. */
export interface LockManners {
  /** Wait while the holder runs on this machine. */
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
  /** Day and time, ISO 8601. */
  time(): string;
  /** True asks to stop. */
  cancelled(): boolean;
}

/** How often a command that waits looks whether the folder is free. */
const LOOK_MILLISECONDS = 100;

/**
 * Does the work of a command while it alone holds the folder, usually its output folder, which is made if it is not there,
 * and taken away if the work left nothing in it. A lock whose process has ended on this machine is taken over, which is
 * told. With `patient` manners another command is waited for, which is told once.
 *
 * Throws `output-in-use`, naming the holder, while another command holds the folder; `invalid-setting` for a place
 * that cannot be a folder; `output-unwritable` and `disk-full`; `interrupted` after a stop while it waits.
 */
export async function holdingFolder<Result>(
  folder: string,
  command: string,
  host: LockHost,
  work: () => Promise<Result>,
  manners = outputFolder,
): Promise<Result> {
  const made = makeFolder(folder);
  const holder: Holder = {
    command,
    pid: process.pid,
    host: hostname(),
    since: host.time(),
    process_start: processStart(process.pid) ?? null,
  };
  const path = join(folder, LOCK_FILE);
  try {
    let told = false;
    for (
      let other = writing(folder, () => take(path, holder, host, manners));
      other !== undefined;
      other = writing(folder, () => take(path, holder, host, manners))
    ) {
      const text = `waiting for another command: ${titleOf(other)}`;
      if (!told) host.emit({ type: "notice", level: "info", text });
      told = true;
      if (host.cancelled()) throw stoppedWaiting(other);
      await pause(LOOK_MILLISECONDS);
    }
    try {
      return await work();
    } finally {
      if (isSame(readHolder(path), holder)) remove(path);
    }
  } finally {
    if (made !== undefined) removeEmpty(folder, made);
  }
}

/** Takes the lock, or gives the holder that is to be waited for. */
function take(
  path: string,
  holder: Holder,
  host: Pick<LockHost, "emit">,
  { patient, hint }: LockManners,
): Holder | undefined {
  // A name of its own for every attempt: two threads of one process may try at once.
  const mark = `${path}.${holder.pid}-${crypto.randomUUID()}`;
  try {
    // Written first and then linked, so that nobody ever reads a half-written lock.
    writeMark(mark, `${JSON.stringify(holder, undefined, 2)}\n`);
    while (!linked(mark, path)) {
      const other = readHolder(path);
      if (other === undefined) continue;
      if (other.host !== holder.host || isRunning(other)) {
        if (patient && other.host === holder.host) return other;
        throw inUse(path, other, hint);
      }
      if (removeStale(path, other, `${mark}.stale`)) {
        const text = `${titleOf(other)} ended without releasing its folder: taking it over`;
        host.emit({ type: "notice", level: "warning", text });
      }
    }
    removeOldMarks(path);
    return undefined;
  } finally {
    remove(mark);
  }
}

/** Another command may take the folder away as it ends, if it is empty then. */
function writeMark(mark: string, content: string): void {
  for (;;) {
    try {
      writeFileSync(mark, content, { flag: "wx" });
      return;
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
    }
    makeFolder(dirname(mark));
  }
}

/** What processes left that were killed while they took a lock. */
function removeOldMarks(path: string): void {
  const folder = dirname(path);
  for (const name of listFolder(folder)) {
    const [, pid] = /^l3masking\.lock\.(\d+)-/.exec(name) ?? [];
    if (pid === undefined || isRunning({ pid: Number(pid), process_start: null })) continue;
    remove(join(folder, name));
  }
}

/** Gives the lock its name; false if there is one already. */
function linked(mark: string, path: string): boolean {
  try {
    linkSync(mark, path);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST") return false;
    // Some file systems know no links; there a lock may be read while it is written, which is refused as damaged.
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS") throw error;
  }
  try {
    writeFileSync(path, readText(mark), { flag: "wx" });
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** The holder of a lock; undefined if the lock was given free meanwhile. */
function readHolder(path: string): Holder | undefined {
  const text = findText(path);
  if (text === undefined) return undefined;
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new L3MaskingError(
      "output-in-use",
      `expected ${path} to name the command that holds it, got ${text}`,
      {
        hint: `Remove ${path} if no command is working in this folder.`,
        cause,
      },
    );
  }
}

/**
 * Removes the lock of a process that has ended; false if somebody else was faster. The lock is moved aside and read
 * again: another command may have taken it over since it was read, and then gets its lock back.
 */
function removeStale(path: string, stale: Holder, aside: string): boolean {
  try {
    rename(path, aside);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
  const isStale = isSame(readHolder(aside), stale);
  if (isStale) remove(aside);
  else rename(aside, path);
  return isStale;
}

function isSame(one: Holder | undefined, other: Holder): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isRunning({
  pid,
  process_start: expected,
}: Pick<Holder, "pid" | "process_start">): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    if (systemCode(error) === "ESRCH") return false;
  }
  const start = processStart(pid);
  return expected === null || start === undefined || start === expected;
}

/** Fields of /proc/PID/stat after the name, which ends with the last parenthesis: state first, start time the 20th. */
const STATE = 0;
const START_TIME = 19;

/**
 * Clock ticks from the start of the machine to that of the process; "ended" for one that only waits to be forgotten;
 * undefined where the system has no /proc.
 */
function processStart(pid: number): string | undefined {
  let text: string;
  try {
    text = readText(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[STATE] === "Z" || fields[STATE] === "X" ? "ended" : fields[START_TIME];
}

function titleOf({ command, pid, host, since }: Holder): string {
  return `${command} (process ${pid} on ${host} since ${since})`;
}

function inUse(path: string, holder: Holder, hint: string): L3MaskingError {
  return new L3MaskingError(
    "output-in-use",
    `expected a folder that no other command is using, but ${titleOf(holder)} is using ${dirname(path)}`,
    { hint: `${hint} If it is no longer running, remove ${path}.` },
  );
}

function stoppedWaiting(holder: Holder): L3MaskingError {
  return new L3MaskingError("interrupted", `stopped while waiting for ${titleOf(holder)}`, {
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
