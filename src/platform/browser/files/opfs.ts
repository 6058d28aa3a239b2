/** The storage that a browser keeps for a page's origin (the origin private file system), as one file that one worker has open. */
import { L3MaskingError, messageOf } from "../../../base/errors.js";
import { pause } from "../../pause.js";
import type { Storage } from "./storage.js";
import { systemError } from "./system-error.js";

/** A worker that ended a moment ago, as a page is loaded again, may still have the file. */
const ATTEMPTS = 20;
const PAUSE_MILLISECONDS = 100;

/**
 * Opens the storage of a name, or makes it. Throws `storage-missing` where the browser keeps no files for the page, and `output-in-use` while
 * another page has it open.
 */
export async function openOriginStorage(name: string): Promise<Storage> {
  const access = await openFile(name);
  let size = access.getSize();
  const attempt = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
      throw systemError(isFull ? "ENOSPC" : "EIO", messageOf(cause), name, cause);
    }
  };
  return {
    size: () => size,
    read: (target, position) => attempt(() => access.read(target, { at: position })),
    write(bytes, position) {
      const written = attempt(() => access.write(bytes, { at: position }));
      const end = position + written;
      // In a private window Chromium says that all was written, and keeps what there was room for.
      if (end > size) size = access.getSize();
      if (written < bytes.length || end > size) {
        throw systemError("ENOSPC", `no room for ${bytes.length} bytes`, name);
      }
    },
    flush: () => attempt(() => access.flush()),
    close: () => access.close(),
  };
}

async function openFile(name: string): Promise<SyncAccess> {
  const file = await originFile(name);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await file();
    } catch (cause) {
      const isTaken = cause instanceof DOMException && cause.name === "NoModificationAllowedError";
      if (!isTaken) throw noStorage(messageOf(cause), cause);
      if (attempt === ATTEMPTS) throw inUse(name, cause);
    }
    await pause(PAUSE_MILLISECONDS);
  }
}

async function originFile(name: string): Promise<() => Promise<SyncAccess>> {
  const { storage } = navigator;
  if (storage === undefined) throw noStorage("this page has none");
  try {
    const folder = await storage.getDirectory();
    const file = await folder.getFileHandle(name, { create: true });
    const { createSyncAccessHandle: open } = file;
    if (open !== undefined) return () => open.call(file);
  } catch (cause) {
    throw noStorage(messageOf(cause), cause);
  }
  throw noStorage("its files cannot be opened in this thread");
}

function noStorage(got: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError(
    "storage-missing",
    `expected a browser that keeps files for this page, but ${got}`,
    {
      hint: "Use a page from https or localhost, outside of a private window.",
      cause,
    },
  );
}

function inUse(name: string, cause: unknown): L3MaskingError {
  return new L3MaskingError(
    "output-in-use",
    `expected that no other page has the files of ${name} open, but one has`,
    { hint: "Close the other tab of this page, or go on there.", cause },
  );
}
