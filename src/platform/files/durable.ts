/** Files that a kill or a power cut leaves whole: written beside, flushed, renamed. And what a failing disk is called. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { type ErrorCode, L3MaskingError } from "../../base/errors.js";

const diskFull = {
  code: "disk-full",
  expected: "room",
  hint: "Free some space and go on with the run; what was saved before is whole.",
} as const;
const unwritable = {
  code: "output-unwritable",
  expected: "permission",
  hint: "Make the folder writable, or choose another place for the output.",
} as const;

/** What the system says of a write that fails, as errors of the project. */
const failures: Readonly<Record<string, { code: ErrorCode; expected: string; hint: string }>> = {
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EFBIG: diskFull,
  EACCES: unwritable,
  EPERM: unwritable,
  EROFS: unwritable,
};

/**
 * The error of a write to `path`: `disk-full` where disk or quota is used up, `output-unwritable` where writing is not
 * allowed, everything else as it came.
 */
export function writeError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const failure = failures[code];
  if (failure === undefined) return cause;
  const message = `expected ${failure.expected} to write ${path}, got ${code} from the system`;
  return new L3MaskingError(failure.code, message, { hint: failure.hint, cause });
}

/** Does work that writes to `path`; its errors are those of `writeError`. */
export function writing<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** Writes all bytes to an open file; the system may take them in several portions. */
export function writeBytes(descriptor: number, bytes: Uint8Array): number {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(descriptor, bytes, written, bytes.length - written);
  }
  return bytes.length;
}

/**
 * Writes a file so that a reader finds the old content or the new one, never a part, and so that it stays once this
 * returns; see `openDurably`. Throws what `writeError` gives.
 */
export function writeDurably(path: string, pieces: Iterable<string | Uint8Array>): void {
  const file = openDurably(path);
  try {
    writing(path, () => {
      for (const piece of pieces) file.write(piece);
    });
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.finish();
}

/** A file that is being written. */
export interface DurableFile {
  write(piece: string | Uint8Array): void;
  /** Gives the file its name; nothing can be written after that. */
  finish(): void;
  /** Leaves what was there before. */
  abandon(): void;
}

/**
 * Begins a file whose content goes to PATH.partial, is flushed, takes the place of PATH, and the folder is flushed. A link
 * is followed; what is no regular file (a pipe, a device) is written to directly. Throws what `writeError` gives, as all
 * of the file's functions do.
 */
export function openDurably(path: string): DurableFile {
  const target = writing(path, () => placeOf(path));
  const place = target === undefined ? path : `${target}.partial`;
  const descriptor = writing(path, () => openSync(place, "w"));
  let open = true;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  const abandon = () => {
    close();
    if (target !== undefined) rmSync(place, { force: true });
  };
  return {
    write(piece) {
      const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
      writing(path, () => writeBytes(descriptor, bytes));
    },
    abandon,
    finish() {
      writing(path, () => {
        try {
          if (target !== undefined) fsyncSync(descriptor);
          close();
          if (target !== undefined) renameSync(place, target);
        } catch (error) {
          abandon();
          throw error;
        }
        if (target !== undefined) syncFolder(dirname(target));
      });
    },
  };
}

/**
 * Makes a folder and those above it; gives the topmost one that was not there. (Node's own recursive mkdir calls a
 * read-only file system a missing file.) Errors of the file system come as they are.
 */
export function makeFolders(folder: string): string | undefined {
  const path = resolve(folder);
  if (isFolder(path)) return undefined;
  const above = dirname(path) === path ? undefined : makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have been faster.
    if (!isFolder(path)) throw error;
  }
  return above ?? path;
}

/**
 * Makes a folder for output with those above it; gives the topmost one that was not there before. Throws
 * `invalid-setting` if it cannot be one, and what `writeError` gives.
 */
export function makeFolder(folder: string): string | undefined {
  try {
    return makeFolders(folder);
  } catch (cause) {
    const error = writeError(folder, cause);
    if (error instanceof L3MaskingError) throw error;
    throw new L3MaskingError("invalid-setting", `expected ${folder} to be a folder to write in`, {
      hint: "Choose another place.",
      cause,
    });
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Where a file is replaced by renaming; undefined for what is no regular file. */
function placeOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return path;
  return found.isFile() ? realpathSync(path) : undefined;
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
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!cannotFlush.includes(code)) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
