/** What this system does with files and folders; `files.ts` has it for the others, with what follows from it. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { systemCode } from "./failures.js";

/** What lies at a path. */
export interface Entry {
  /** "other" is a pipe or a device, which may keep a reader waiting for ever. */
  readonly kind: "file" | "folder" | "other";
  /** Bytes of a file. */
  readonly size: number;
}

/** What a path leads to, links followed; undefined for nothing. */
export function entryAt(path: string): Entry | undefined {
  const found = findStatus(path);
  if (found === undefined) return undefined;
  const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
  return { kind, size: found.size };
}

function findStatus(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A file in the place of a folder on the way.
    if (systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/**
 * What is the same for all paths to one file or folder, be it by links, upper and lower case or other ways, and for no other. Throws
 * where there is nothing.
 */
export function fileIdentity(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  // Some network drives number no files.
  return ino === 0n ? realpathSync.native(path) : `${dev}:${ino}`;
}

/** The file system that a path leads to: nothing is renamed from one to another. Throws where there is nothing. */
export function fileSystemOf(path: string): number {
  return statSync(path).dev;
}

/** The path without links, as the file system spells it. Throws where there is nothing. */
export function realPath(path: string): string {
  return realpathSync.native(path);
}

/** Does a path lead to anything that can be seen? */
export function exists(path: string): boolean {
  return existsSync(path);
}

/** Names in a folder, in no certain order. */
export function listFolder(folder: string): string[] {
  return readdirSync(folder);
}

export function readBytes(path: string): Uint8Array {
  return readFileSync(path);
}

/** The system grants at most 2 GiB at a time. */
const MOST_READ = 1 << 30;

/** A file opened for reading at any place. */
export interface InputFile {
  readonly size: number;
  /** Fills `target` from byte `position` on; gives how many bytes there were, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): number;
  close(): void;
}

export function openToRead(path: string): InputFile {
  const descriptor = openSync(path, "r");
  return {
    size: fstatSync(descriptor).size,
    read(target, position) {
      let filled = 0;
      while (filled < target.length) {
        const length = Math.min(target.length - filled, MOST_READ);
        const count = readSync(descriptor, target, filled, length, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    },
    close: () => closeSync(descriptor),
  };
}

/** The bytes of a file from its beginning, at most `pieceBytes` at a time; each piece is overwritten by the next. */
export function* piecesOf(path: string, pieceBytes = 1 << 20): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    const buffer = new Uint8Array(pieceBytes);
    // From where the last read ended: a pipe has no other places.
    for (let count = 1; count > 0; ) {
      count = readSync(descriptor, buffer, 0, pieceBytes, null);
      if (count > 0) yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(descriptor);
  }
}

const STANDARD_INPUT = 0;
const RETRY_MILLISECONDS = 20;

/** What standard input gives until its end, in pieces; each is overwritten by the next. */
export function* standardInput(pieceBytes = 1 << 20): Generator<Uint8Array> {
  const buffer = new Uint8Array(pieceBytes);
  for (;;) {
    try {
      const count = readSync(STANDARD_INPUT, buffer, 0, pieceBytes, null);
      if (count === 0) return;
      yield buffer.subarray(0, count);
    } catch (error) {
      const code = systemCode(error);
      // Windows names the end of a pipe so.
      if (code === "EOF") return;
      // A pipe that does not keep its reader waiting has nothing yet.
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
    }
  }
}

/** A file opened for writing, which goes to its end. */
export interface OutputFile {
  write(bytes: Uint8Array): void;
  /** Cuts what lies beyond `length` bytes. */
  truncate(length: number): void;
  /** Returns when what was written outlasts a power cut. */
  flush(): void;
  close(): void;
}

const openingFlags = { append: "a", replace: "w", new: "ax" } as const;

/** Opens a file to add to it, to write it anew, or to make it where there is none (else EEXIST). */
export function openToWrite(path: string, opening: keyof typeof openingFlags): OutputFile {
  const descriptor = openSync(path, openingFlags[opening]);
  return {
    write(bytes) {
      // The system may take them in several portions.
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(descriptor, bytes, written, bytes.length - written);
      }
    },
    truncate: (length) => ftruncateSync(descriptor, length),
    flush: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

/** Renames a file or folder; a file of that name is replaced. */
export function rename(from: string, to: string): void {
  renameSync(from, to);
}

export function copyFile(from: string, to: string): void {
  copyFileSync(from, to);
}

/** Makes a link; throws where the system or the user's rights have none. */
export function makeLink(path: string, target: string): void {
  symlinkSync(target, path);
}

/** Where a link leads; throws for what is none. */
export function readLink(path: string): string {
  return readlinkSync(path);
}

/** Removes a file, or a folder with all that is in it, if there is one. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Removes a folder if it is empty; throws otherwise. */
export function removeEmptyFolder(path: string): void {
  rmdirSync(path);
}

/** Makes a folder; throws EEXIST where there is one, ENOENT where there is none above it. */
export function makeNewFolder(path: string): void {
  mkdirSync(path);
}

/** What systems answer that cannot flush a folder. Windows opens it and then refuses, or does not open it. */
const cannotFlush = ["EISDIR", "EPERM", "EACCES", "EINVAL"];

/**
 * Flushes the names of a folder's files, so that a file renamed into it is found there after a power cut. Systems that
 * cannot flush a folder, Windows among them, write names in order by themselves.
 */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, "r");
    fsyncSync(descriptor);
  } catch (error) {
    if (!cannotFlush.includes(systemCode(error) ?? "")) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
