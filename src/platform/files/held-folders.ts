/**
 * What this thread holds, so that it saves only while it does. A file or folder is written into the lease (`lease.ts`) and
 * renamed to its place: once the lease was taken away there is nothing to rename. A check before would not do, as a
 * process may be stopped between check and renaming.
 */
import { basename, dirname, join, sep } from "../paths.js";
import { systemCode } from "./failures.js";
import { exists, fileSystemOf, realPath, remove, rename } from "./files.js";

interface HeldFolder {
  /** Without links. */
  readonly folder: string;
  readonly lease: string;
  /** The file system: nothing is renamed from one to another. */
  readonly device: number;
}

const held = new Set<HeldFolder>();
let count = 0;

/** Says that this thread holds a folder by a lease; gives what says that it no longer does. */
export function enterHeld(folder: string, lease: string): () => void {
  const entry = { folder: realPath(folder), lease: realPath(lease), device: fileSystemOf(lease) };
  held.add(entry);
  return () => held.delete(entry);
}

/** The lease by which a place is held; of several, that of the innermost folder. */
function leaseOver(place: string): string | undefined {
  if (held.size === 0) return undefined;
  const above = realPath(dirname(place));
  const device = fileSystemOf(above);
  const over = [...held]
    .filter((entry) => entry.device === device && `${above}${sep}`.startsWith(within(entry.folder)))
    .sort((one, other) => other.folder.length - one.folder.length);
  return over[0]?.lease;
}

function within(folder: string): string {
  return folder.endsWith(sep) ? folder : `${folder}${sep}`;
}

/**
 * Where to write what is then renamed to `target`: beside it, or in the lease of a held folder that it lies in. Throws where there is
 * no folder for the target.
 */
export function partialPlace(target: string): string {
  const lease = leaseOver(target);
  if (lease === undefined) return `${target}.partial`;
  count += 1;
  return join(lease, `${count}-${basename(target)}.partial`);
}

/**
 * Removes a file or folder, if there is one, unless its folder was held and is so no longer, when the system's ENOENT is thrown: it
 * is renamed into the lease and goes there.
 */
export function removeHeld(path: string): void {
  if (!exists(path)) return;
  const lease = leaseOver(path);
  if (lease === undefined) {
    remove(path);
    return;
  }
  count += 1;
  const aside = join(lease, `${count}-${basename(path)}.removed`);
  try {
    rename(path, aside);
  } catch (error) {
    // Parts of a container's image cannot be renamed, but removed.
    if (systemCode(error) !== "EXDEV") throw error;
    fileSystemOf(lease);
    remove(path);
    return;
  }
  remove(aside);
}
