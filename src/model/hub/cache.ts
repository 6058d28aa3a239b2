/**
 * The cache that Hugging Face's tools share, as they lay it out (https://huggingface.co/docs/hub/local-cache):
 *
 *     models--ORG--NAME/
 *       blobs/CHECKSUM                     the bytes of a file
 *       refs/REVISION                      the commit that a branch or tag stands for
 *       snapshots/COMMIT/FILE              a link to ../../blobs/CHECKSUM, or the file itself where links are not possible
 *       .no_exist/COMMIT/FILE              empty: this commit has no such file
 */
import { writeDurably } from "../../platform/files/durable.js";
import { systemCode, writing } from "../../platform/files/failures.js";
import {
  copyFile,
  entryAt,
  exists,
  findText,
  makeFolders,
  makeLink,
  openToWrite,
  remove,
  rename,
} from "../../platform/files/files.js";
import { dirname, join } from "../../platform/paths.js";
import { isCommit, type Repository } from "./repository.js";

export function repositoryFolder(cacheFolder: string, id: string): string {
  return join(cacheFolder, folderName(id));
}

/** The folder in which whoever fetches files of a repository has its locks. */
export function lockFolder(cacheFolder: string, id: string): string {
  return join(cacheFolder, ".locks", folderName(id));
}

function folderName(id: string): string {
  return `models--${id.replace("/", "--")}`;
}

/** The commit that a revision stands for by what is in the cache; undefined where that is not known. */
export function cachedCommit(folder: string, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  const text = findText(join(folder, "refs", revision))?.trim() ?? "";
  // It becomes part of a path.
  return isCommit(text) ? text : undefined;
}

/** One commit of a repository in the cache. Names of files are plain: they have no folder. */
export interface Snapshot {
  readonly folder: string;
  /** Is the file there? A link to nothing is no file. */
  has(name: string): boolean;
  /** Is it known that the commit has no such file? */
  lacks(name: string): boolean;
}

export function openSnapshot(repository: string, commit: string): Snapshot {
  const folder = join(repository, "snapshots", commit);
  return {
    folder,
    has: (name) => entryAt(join(folder, name))?.kind === "file",
    lacks: (name) => exists(absenceMark(repository, commit, name)),
  };
}

/** Where the bytes of a file are kept. */
export function blobPath(repository: string, checksum: string): string {
  return join(repository, "blobs", checksum);
}

/** Are the bytes there already, from another commit or an earlier call? */
export function hasBlob(repository: string, checksum: string, bytes: number | undefined): boolean {
  const found = entryAt(blobPath(repository, checksum));
  return found?.kind === "file" && (bytes === undefined || found.size === bytes);
}

/**
 * Gives the bytes of `checksum` the name of a file in a snapshot, in place of what has it. Where the system makes no
 * links, the file itself goes there, as a copy if others may use the bytes (`fresh` false).
 */
export function placeFile(
  repository: string,
  commit: string,
  name: string,
  checksum: string,
  fresh: boolean,
): void {
  const path = join(repository, "snapshots", commit, name);
  const blob = blobPath(repository, checksum);
  writing(path, () => {
    makeFolders(dirname(path));
    const beside = `${path}.${crypto.randomUUID()}`;
    try {
      try {
        makeLink(beside, join("..", "..", "blobs", checksum));
      } catch {
        // Which error tells that there are no links differs between systems; what else is wrong shows here too.
        if (fresh) rename(blob, beside);
        else copyFile(blob, beside);
      }
      rename(beside, path);
    } finally {
      remove(beside);
    }
  });
}

/** Notes that a commit has no file of that name. */
export function noteAbsence(repository: string, commit: string, name: string): void {
  const path = absenceMark(repository, commit, name);
  writing(path, () => {
    makeFolders(dirname(path));
    openToWrite(path, "replace").close();
  });
}

function absenceMark(repository: string, commit: string, name: string): string {
  return join(repository, ".no_exist", commit, name);
}

/** Notes which commit a revision stands for, whole or not at all. A commit stands for itself. */
export function noteCommit(folder: string, { revision }: Repository, commit: string): void {
  if (isCommit(revision) || cachedCommit(folder, revision) === commit) return;
  const path = join(folder, "refs", revision);
  writing(path, () => makeFolders(dirname(path)));
  writeDurably(path, [commit]);
}

/** The token in a file; undefined where there is none. */
export function readToken(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const text = findText(path)?.trim();
    return text === "" ? undefined : text;
  } catch (error) {
    if (systemCode(error) === "EACCES") return undefined;
    throw error;
  }
}
