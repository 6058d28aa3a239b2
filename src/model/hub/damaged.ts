/** Files of the cache whose bytes are not those that their names are checksums of. */
import { addFile, openDigest } from "../../platform/digest.js";
import { entryAt, listFolder, realPath, remove } from "../../platform/files/files.js";
import { basename, dirname, join } from "../../platform/paths.js";

/**
 * The files of a snapshot, or those of `names`, that are damaged: cut off by a full disk or changed since. A file that lies in the snapshot itself, where
 * the system has no links, has no checksum and is not among them.
 */
export function damagedFiles(snapshot: string, names?: readonly string[]): string[] {
  const files = filesOf(snapshot).filter((name) => names?.includes(name) ?? true);
  return files.filter((name) => {
    const blob = blobOf(snapshot, name);
    return blob !== undefined && checksumOf(blob) !== basename(blob);
  });
}

/** Removes the bytes of files of a snapshot; their links then lead to nothing, so they count as not fetched. */
export function removeBlobs(snapshot: string, names: readonly string[]): void {
  for (const name of names) {
    const blob = blobOf(snapshot, name);
    if (blob !== undefined) remove(blob);
  }
}

function filesOf(snapshot: string): string[] {
  if (entryAt(snapshot)?.kind !== "folder") return [];
  return listFolder(snapshot).filter((name) => entryAt(join(snapshot, name))?.kind === "file");
}

/** Where the bytes of a file are, if their name is a checksum: SHA-256, or SHA-1 as git computes it. */
function blobOf(snapshot: string, name: string): string | undefined {
  const path = realPath(join(snapshot, name));
  const isBlob =
    basename(dirname(path)) === "blobs" && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(basename(path));
  return isBlob ? path : undefined;
}

function checksumOf(blob: string): string {
  if (basename(blob).length === 64) return addFile(openDigest("sha256"), blob).hex();
  const size = entryAt(blob)?.size ?? 0;
  return addFile(openDigest("sha1").add(`blob ${size}\0`), blob).hex();
}
