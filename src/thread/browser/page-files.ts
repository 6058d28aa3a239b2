/** Files of the page, by paths from the root of its file system. */
import { L3MaskingError } from "../../base/errors.js";
import { type ZipFile, zipPieces } from "../../base/zip.js";
import { openDurably } from "../../platform/files/durable.js";
import { systemCode, writing } from "../../platform/files/failures.js";
import {
  entryAt,
  exists,
  listFolder,
  makeFolders,
  readBytes,
  remove,
  syncFolder,
} from "../../platform/files/files.js";
import { basename, dirname, join, resolve } from "../../platform/paths.js";
import type { FileRequest } from "./requests.js";

export interface PageEntry {
  readonly name: string;
  readonly kind: "file" | "folder";
  /** Bytes of a file; 0 for a folder. */
  readonly size: number;
}

/** Does what is asked with files. Throws `file-missing`, `workplace-path`, `disk-full`. */
export async function fileAction(request: FileRequest): Promise<unknown> {
  const path = placeOf(request.path);
  switch (request.action) {
    case "read":
      return reading(request.path, () => readBytes(path));
    case "write":
      return writeBlob(path, request.content);
    case "list":
      return entryAt(path)?.kind === "folder" ? entriesOf(path) : [];
    case "remove":
      remove(path);
      return keepFiles();
    case "zip": {
      const files = reading(request.path, () => filesOf(path, basename(path)));
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

function entriesOf(folder: string): PageEntry[] {
  return listFolder(folder)
    .sort()
    .flatMap((name): PageEntry[] => {
      const entry = entryAt(join(folder, name));
      if (entry === undefined || entry.kind === "other") return [];
      return [{ name, kind: entry.kind, size: entry.size }];
    });
}

/** Every file of a folder, under `name`. */
function filesOf(folder: string, name: string): ZipFile[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    const inside = `${name}/${entry.name}`;
    return entry.kind === "folder"
      ? filesOf(path, inside)
      : [{ name: inside, bytes: new Uint8Array(readBytes(path)) }];
  });
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
