/**
 * Files and folders. What is above the platform reaches them through this file and `durable.ts` alone; all of it is
 * synchronous, as the thread that runs commands has nothing else to do meanwhile. Errors are those of the system, with
 * its code (`systemCode`).
 */
import { L3MaskingError } from "../../base/errors.js";
import { dirname, resolve } from "../paths.js";
import { systemCode, writeError } from "./failures.js";
import { entryAt, makeNewFolder, readBytes } from "./system.js";

export * from "./system.js";

/** UTF-8; other bytes become U+FFFD. */
export function readText(path: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(readBytes(path));
}

/** As `readText`; undefined where there is no file. */
export function findText(path: string): string | undefined {
  try {
    return readText(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * Makes a folder and those above it; gives the topmost one that was not there. (Node's own recursive mkdir calls a
 * read-only file system a missing file.)
 */
export function makeFolders(folder: string): string | undefined {
  const path = resolve(folder);
  if (isFolder(path)) return undefined;
  const above = dirname(path) === path ? undefined : makeFolders(dirname(path));
  try {
    makeNewFolder(path);
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
  return entryAt(path)?.kind === "folder";
}
