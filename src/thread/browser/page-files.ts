/** Files of the page, by paths from the root of its file system. */
import { L3MaskingError } from "../../base/errors.js";
import { zipPieces } from "../../base/zip.js";
import { openDurably } from "../../platform/files/durable.js";
import { systemCode, writing } from "../../platform/files/failures.js";
import {
  entryAt,
  exists,
  makeFolders,
  readBytes,
  remove,
  syncFolder,
} from "../../platform/files/files.js";
import { entriesIn, filesToZip } from "../../platform/files/folder-contents.js";
import { basename, dirname, resolve } from "../../platform/paths.js";
import type { FileRequest } from "./requests.js";

/** Does what is asked with files. Throws `file-missing`, `workplace-path`, `disk-full`. */
export async function fileAction(request: FileRequest): Promise<unknown> {
  const path = placeOf(request.path);
  switch (request.action) {
    case "read":
      return reading(request.path, () => readBytes(path));
    case "write":
      return writeBlob(path, request.content);
    case "list":
      return entryAt(path)?.kind === "folder" ? entriesIn(path) : [];
    case "remove":
      remove(path);
      return keepFiles();
    case "zip": {
      const files = reading(request.path, () => filesToZip(path, basename(path)));
      return new Blob(zipPieces(files), { type: "application/zip" });
    }
  }
}

/** Returns when the files as they are now outlast the page. Throws `disk-full`. */
export function keepFiles(): void {
  writing("/", () => syncFolder("/"));
}

function placeOf(path: string): string {
  // What ".." leads to above the root is the root itself.
  if (!path.startsWith("/") && !path.split("/").includes("..")) return resolve(path);
  throw new L3MaskingError(
    "workplace-path",
    `expected a path in the folder of the studio, got ${path}`,
    { hint: "Choose a file inside." },
  );
}

async function writeBlob(path: string, content: Blob): Promise<void> {
  makeFolders(dirname(path));
  const file = openDurably(path);
  try {
    const reader = content.stream().getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      file.write(piece.value);
    }
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.finish();
}

/** Throws `file-missing` where there is nothing to read. */
function reading<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause;
    const found = exists(path) ? "something else" : "nothing";
    throw new L3MaskingError("file-missing", `expected ${path} to read, found ${found}`, { cause });
  }
}
