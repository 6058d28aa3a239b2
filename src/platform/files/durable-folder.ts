/** Folders that a kill or a power cut leaves whole, and how to see that they are. */
import { L3MaskingError } from "../../base/errors.js";
import { addFile, openDigest } from "../digest.js";
import { dirname, join, resolve } from "../paths.js";
import { writeError } from "./failures.js";
import {
  entryAt,
  exists,
  findText,
  listFolder,
  makeFolders,
  makeNewFolder,
  openToWrite,
  remove,
  removeEmptyFolder,
  rename,
  syncFolder,
} from "./files.js";
import { partialPlace } from "./held-folders.js";

/** A file to be written, in pieces that may be made one at a time. */
export interface WrittenFile {
  readonly name: string;
  readonly pieces: Iterable<Uint8Array>;
}

/** SHA-256 (hex) of each file by its name. */
export type Checksums = ReadonlyMap<string, string>;

/** Lists the other files of a folder with their checksums, as the command sha256sum does. */
export const CHECKSUM_FILE = "SHA256SUMS";

export interface FolderOptions {
  /** Put the files in place of those of an existing folder. */
  readonly replace: boolean;
  /**
   * Add SHA256SUMS, by which `folderFault` and `changedFiles` tell whether the folder is whole. In an existing folder it is replaced before
   * the others, so until they are as well it lists what is to come.
   */
  readonly checksums?: boolean;
}

/**
 * Writes a folder of files that a kill or a power cut leaves whole: to FOLDER.partial (or into the lease of a folder that this
 * thread holds), flushed to disk, then moved. A new folder appears whole or not at all. In an existing one, which must be
 * empty unless `replace` is set (`output-exists`), file after file is replaced, in the order given, and others are removed
 * at the end; at every instant each name has its old or its new content. A writer that was killed leaves FOLDER.partial to the next one, so a
 * folder has one writer at a time. Throws `disk-full` and `output-unwritable`; the folder is then as it was.
 */
export function writeFolder(
  folder: string,
  files: readonly WrittenFile[],
  { replace, checksums: listed = false }: FolderOptions,
): Checksums {
  const target = resolve(folder);
  const checksums = new Map<string, string>();
  const written = files.map((file) => ({ ...file, pieces: hashed(file, checksums) }));
  if (listed) written.push({ name: CHECKSUM_FILE, pieces: checksumLines(checksums) });
  let workshop: string | undefined;
  try {
    makeFolders(dirname(target));
    workshop = partialPlace(target);
    const occupied = isOccupied(target);
    if (occupied && !replace) throw outputExists(folder);
    remove(workshop);
    makeNewFolder(workshop);
    for (const { name, pieces } of written) writeFlushed(join(workshop, name), pieces);
    const names = written.map(({ name }) => name);
    if (occupied)
      replaceFiles(
        workshop,
        target,
        listed ? [CHECKSUM_FILE, ...files.map(({ name }) => name)] : names,
      );
    else putInPlace(workshop, target);
  } catch (error) {
    throw writeError(folder, error);
  } finally {
    if (workshop !== undefined) remove(workshop);
  }
  return checksums;
}

/** The pieces of a file, whose checksum is entered once the last one was taken. */
function* hashed({ name, pieces }: WrittenFile, into: Map<string, string>): Generator<Uint8Array> {
  const digest = openDigest("sha256");
  for (const piece of pieces) {
    digest.add(piece);
    yield piece;
  }
  into.set(name, digest.hex());
}

/** The lines of the files written so far. */
function* checksumLines(checksums: Checksums): Generator<Uint8Array> {
  const lines = Array.from(checksums, ([name, digest]) => `${digest}  ${name}\n`);
  yield new TextEncoder().encode(lines.join(""));
}

/**
 * What is wrong with a folder that was written with its checksums, in a few words; undefined if every byte of it is
 * as it was written.
 */
export function folderFault(folder: string): string | undefined {
  const listed = listedChecksums(folder);
  if (listed === undefined) return `${CHECKSUM_FILE} is missing or damaged`;
  const other = listFolder(folder).find((name) => name !== CHECKSUM_FILE && !listed.has(name));
  if (other !== undefined) return `${other} is not in ${CHECKSUM_FILE}`;
  const [changed] = changedFiles(folder, listed);
  return changed?.fault;
}

/** What SHA256SUMS of a folder lists; undefined where it is missing or damaged. */
export function listedChecksums(folder: string): Checksums | undefined {
  const text = findText(join(folder, CHECKSUM_FILE)) ?? "";
  const lines = text.split("\n");
  const end = lines.pop();
  const listed = new Map(
    lines.flatMap((line) => {
      const [, digest, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, digest] as const];
    }),
  );
  return listed.size === 0 || end !== "" ? undefined : listed;
}

/** The files of a folder that are not, or no longer, what is listed, one after the other with their fault in a few words. */
export function* changedFiles(
  folder: string,
  listed: Checksums,
): Generator<{ readonly name: string; readonly fault: string }> {
  for (const [name, digest] of listed) {
    const path = join(folder, name);
    if (!exists(path)) yield { name, fault: `${name} is missing` };
    else if (addFile(openDigest("sha256"), path).hex() !== digest) {
      yield { name, fault: `${name} was changed (SHA-256)` };
    }
  }
}

function writeFlushed(path: string, pieces: Iterable<Uint8Array>): void {
  const file = openToWrite(path, "new");
  try {
    for (const piece of pieces) file.write(piece);
    file.flush();
  } finally {
    file.close();
  }
}

function putInPlace(workshop: string, target: string): void {
  syncFolder(workshop);
  if (exists(target)) removeEmptyFolder(target);
  rename(workshop, target);
  syncFolder(dirname(target));
}

function replaceFiles(workshop: string, target: string, names: readonly string[]): void {
  for (const name of names) rename(join(workshop, name), join(target, name));
  for (const name of listFolder(target)) if (!names.includes(name)) remove(join(target, name));
  syncFolder(target);
}

function isOccupied(path: string): boolean {
  const found = entryAt(path);
  if (found === undefined) return false;
  if (found.kind !== "folder") throw outputExists(path);
  return listFolder(path).length > 0;
}

function outputExists(folder: string): L3MaskingError {
  return new L3MaskingError(
    "output-exists",
    `expected a new or empty folder to save in, found files in ${folder}`,
    { hint: "Choose another folder, or ask to replace this one." },
  );
}
