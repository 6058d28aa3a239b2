/** The checkpoint's only dealings with the disk: list, read and hash. */
import { L3MaskingError } from "../../base/errors.js";
import { addFile, openDigest } from "../../platform/digest.js";
import {
  type Entry,
  entryAt,
  listFolder,
  openToRead,
  readBytes,
} from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { type CheckpointFiles, type FileCode, noFile, type OpenFile, readJson } from "./files.js";
import type { ByteSource } from "./formats/bytes.js";

/** The files of a folder; throws `checkpoint-missing` if it is none. */
export function filesInFolder(folder: string): CheckpointFiles {
  const names = checkpointNames(folder);
  const path = (name: string) => join(folder, name);
  return {
    where: folder,
    names,
    path,
    json: (name, code) => readJsonFile(path(name), code),
    open: (name) => openFile(path(name)),
  };
}

/** Names in a folder; throws `checkpoint-missing` if it is none. */
function checkpointNames(folder: string): ReadonlySet<string> {
  const found = entryAt(folder);
  if (found?.kind !== "folder") {
    throw new L3MaskingError(
      "checkpoint-missing",
      `expected a checkpoint folder, found ${found ? "a file" : "nothing"} at ${folder}`,
      { hint: "Check the path; the folder must contain config.json and the weights." },
    );
  }
  return new Set(listFolder(folder));
}

/**
 * The value of a JSON file. Throws `checkpoint-missing` if there is none, and what `readJson` throws.
 */
export function readJsonFile(path: string, code: FileCode, mostBytes?: number): unknown {
  const { size } = fileAt(path);
  return readJson(path, size, () => readBytes(path), code, mostBytes);
}

/** A pipe or a device in the place of a file could keep us waiting for ever: `checkpoint-missing`. */
function fileAt(path: string): Entry {
  const found = entryAt(path);
  if (found?.kind === "file") return found;
  const got =
    found === undefined ? "nothing" : found.kind === "folder" ? "a folder" : "a pipe or a device";
  throw noFile(path, got);
}

/** Opens a file; throws `checkpoint-missing` if there is none. */
export function openFile(path: string): OpenFile {
  fileAt(path);
  const file = openToRead(path);
  const { size } = file;
  const source: ByteSource = {
    name: path,
    size,
    async read(offset, target) {
      const filled = file.read(target, offset);
      if (filled === target.length) return;
      throw new L3MaskingError(
        "checkpoint-format",
        `expected ${size} bytes in ${path}, found ${offset + filled}`,
        { hint: "Load the checkpoint again; the file shrank while it was read." },
      );
    },
  };
  return { source, close: () => file.close() };
}

/** SHA-256 (hex) over names, sizes and contents of files of a folder, in the order given. */
export function digestFiles(folder: string, names: readonly string[]): string {
  const digest = openDigest("sha256");
  for (const name of names) {
    const path = join(folder, name);
    digest.add(`${name}\n${fileAt(path).size}\n`);
    addFile(digest, path);
  }
  return digest.hex();
}
