/**
 * A lease on a folder that machines share: at most one process holds it, and of one that stops touching it, it is taken away.
 *
 * The lock is a folder, and in it the lease, a folder with a name that no other lease ever has:
 *
 *     l3masking.lock/ID/holder.json
 *
 * Only what a file server does at once for all machines is relied on, never on what a machine remembers of a folder:
 *
 * - taking: the lock is built beside under a name of its own and renamed, which fails while a lease is in the lock;
 * - taking away: the lease is emptied and removed by its name, so nobody removes one that he did not look at;
 * - saving: what is saved is written into the lease and renamed to its place (`held-folders.ts`), which fails once the lease
 *   is removed. The ID is the fencing token: whoever lost the lease saves nothing over the work of the next holder, however
 *   long he was stopped, and wherever.
 */
import { basename, dirname, join } from "node:path";
import { systemCode } from "./failures.js";
import { type Holder, parseHolder } from "./lease-holder.js";

/** The folder by which a command holds its output folder. */
export const LOCK_NAME = "l3masking.lock";

const HOLDER_FILE = "holder.json";

/** What a lease asks of the place where its folder lies. Errors have the system's codes. */
export interface LeaseFiles {
  /** With the folders above it. */
  makeFolder(path: string): Promise<void>;
  /** Writes a new file to the disk. */
  write(path: string, text: string): Promise<void>;
  /** Undefined where there is no file. */
  read(path: string): Promise<string | undefined>;
  /** The time of the last change, by any clock; undefined where there is nothing. */
  changedAt(path: string): Promise<number | undefined>;
  /** Replaces an empty folder, or refuses to; EEXIST, ENOTEMPTY or EPERM for one that is not empty. */
  rename(from: string, to: string): Promise<void>;
  /** Names in a folder, possibly as they were a while ago; none where there is no folder. */
  list(path: string): Promise<string[]>;
  /** A file, or a folder with all that it lists; nothing where there is none. */
  remove(path: string): Promise<void>;
  /** ENOTEMPTY or EEXIST for one that is not empty. */
  removeFolder(path: string): Promise<void>;
}

/** Milliseconds. */
export interface LeaseTimes {
  /** From touch to touch. */
  readonly touch: number;
  /** Without a touch, after which a lease is taken away. */
  readonly silence: number;
  /** From look to look of a process that waits. */
  readonly look: number;
}

/**
 * A machine may show the state of a shared file as it was a minute ago (`acregmax` of NFS), so silence is several touches and that
 * minute.
 */
export const leaseTimes: LeaseTimes = { touch: 20_000, silence: 180_000, look: 200 };

/** What a lease asks of the process and the machine that it is taken in. */
export interface LeaseSystem {
  readonly files: LeaseFiles;
  readonly times: LeaseTimes;
  /** A name that is never given twice. */
  newId(): string;
  /** Milliseconds of this machine's steady clock. */
  now(): number;
  /** May throw, to give up. */
  pause(milliseconds: number): Promise<void>;
  /** Whether a holder runs; undefined where that cannot be seen from here. */
  isRunning(holder: Holder): boolean | undefined;
  /** Touches a file again and again, whatever else the process does, while it is there; gives what ends it. */
  startTouching(path: string): () => void;
}

/** Somebody else's lease. */
export interface Found {
  readonly path: string;
  /** Undefined if its file is damaged or of another version. */
  readonly holder: Holder | undefined;
}

export interface Lease {
  /** A folder that is removed when the lease is taken away. */
  readonly path: string;
  /** The lease that was taken away for this one, as its holder had ended or was silent. */
  readonly before: Found | undefined;
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Takes the lease of a folder, once there is no other. The lease of a process that has ended here is taken away at once, another if
 * it was not touched for `times.silence` by this machine's clock. `meet` is called for every look at a lease that cannot be taken
 * away, with whether its holder is known to run, and ends the waiting by throwing.
 */
export async function takeLease(
  folder: string,
  holder: Holder,
  system: LeaseSystem,
  meet: (other: Found, runs: boolean) => void,
): Promise<Lease> {
  const { files, times, now } = system;
  const lock = join(folder, LOCK_NAME);
  const id = system.newId();
  const path = join(lock, id);
  let before: Found | undefined;
  let watch = { path: "", changedAt: 0, since: 0 };
  for (;;) {
    const start = now();
    const other = await find(lock, files);
    if (other?.path === path) break;
    if (other?.changedAt !== undefined) {
      const { changedAt } = other;
      const changed = watch.path === other.path && watch.changedAt !== changedAt;
      if (watch.path !== other.path || changed) {
        watch = { path: other.path, changedAt, since: now() };
      }
      const running = other.holder && system.isRunning(other.holder);
      const silent = running === undefined && start - watch.since >= times.silence;
      if (running !== false && !silent) {
        meet(other, running === true || changed);
        await system.pause(times.look);
        continue;
      }
      before = other;
    }
    // A lease without its file is being removed by somebody, who may have stopped half-way.
    if (other !== undefined) await clear(other.path, files);
    if (await place(lock, id, holder, files)) break;
    await system.pause(times.look);
  }
  const file = join(path, HOLDER_FILE);
  const stopTouching = system.startTouching(file);
  await removeOldMarks(folder, file, system);
  return {
    path,
    before,
    isHeld: async () => (await files.changedAt(file)) !== undefined,
    async release() {
      stopTouching();
      await clear(path, files);
      await isGone(lock, files);
    },
  };
}

/** The lease in a lock. `changedAt` is undefined for one that has lost its file. */
async function find(
  lock: string,
  files: LeaseFiles,
): Promise<(Found & { readonly changedAt: number | undefined }) | undefined> {
  const [name] = await files.list(lock);
  if (name === undefined) return undefined;
  const path = join(lock, name);
  const file = join(path, HOLDER_FILE);
  const changedAt = await files.changedAt(file);
  const text = await files.read(file);
  return { path, changedAt, holder: text === undefined ? undefined : parseHolder(text) };
}

/** Puts a lease in the lock; false if another one is there. */
async function place(
  lock: string,
  id: string,
  holder: Holder,
  files: LeaseFiles,
): Promise<boolean> {
  const mark = `${lock}.${id}`;
  try {
    await files.makeFolder(join(mark, id));
    await files.write(join(mark, id, HOLDER_FILE), `${JSON.stringify(holder, undefined, 2)}\n`);
    // Windows renames no folder onto another, be it empty.
    await isGone(lock, files);
    await files.rename(mark, lock);
    return true;
  } catch (error) {
    await files.remove(mark);
    const code = systemCode(error);
    // Missing: somebody took the mark for an old one, or the folder for an empty one.
    if (isOccupied(code) || isMissing(code) || (await files.list(lock)).length > 0) return false;
    throw error;
  }
}

/**
 * Removes a lease with what is in it; whatever stays, as it was not listed yet, has no file and goes next time. What a process of this
 * machine still has open on NFS stays under a name in .nfs: the lease is moved out of that process's reach.
 */
async function clear(lease: string, files: LeaseFiles): Promise<void> {
  await files.remove(join(lease, HOLDER_FILE));
  const names = await files.list(lease);
  const isOpen = (name: string) => name.startsWith(".nfs");
  for (const name of names) if (!isOpen(name)) await files.remove(join(lease, name));
  if (!(await isGone(lease, files)) && names.some(isOpen)) {
    await files.rename(lease, `${dirname(lease)}.${basename(lease)}`);
  }
}

/** Removes a folder if it is empty; false if it is not. A stray file in its place goes too. */
async function isGone(path: string, files: LeaseFiles): Promise<boolean> {
  try {
    await files.removeFolder(path);
  } catch (error) {
    const code = systemCode(error);
    if (isOccupied(code)) return false;
    if (code === "ENOTDIR") await files.remove(path);
    else if (!isMissing(code)) throw error;
  }
  return true;
}

function isOccupied(code: string | undefined): boolean {
  return code === "ENOTEMPTY" || code === "EEXIST";
}

/** ESTALE: it was removed on another machine since this one looked. */
function isMissing(code: string | undefined): boolean {
  return code === "ENOENT" || code === "ESTALE";
}

/** What processes left that were killed while they took a lease. Whoever is only slow makes a new one. */
async function removeOldMarks(folder: string, file: string, system: LeaseSystem): Promise<void> {
  const { files, times } = system;
  const now = (await files.changedAt(file)) ?? 0;
  for (const name of await files.list(folder)) {
    if (!name.startsWith(`${LOCK_NAME}.`)) continue;
    const mark = join(folder, name);
    const made = await files.changedAt(mark);
    // That of another user stays, which is in nobody's way.
    if (made !== undefined && now - made > times.silence) {
      await files.remove(mark).catch(() => undefined);
    }
  }
}
