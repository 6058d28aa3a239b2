/** The checkpoint's only dealings with the disk: list, read and hash. */
import { L3MaskingError } from "../../base/errors.js";
import { parseJson } from "../../base/strict-json.js";
import { addFile, openDigest } from "../../platform/digest.js";
import {
  type Entry,
  entryAt,
  listFolder,
  openToRead,
  readBytes,
} from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import type { ByteSource } from "./formats/bytes.js";

/** True for names that stay in their folder: no separators, no `..`, nothing hidden. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name);
}

/** Names in a folder; throws `checkpoint-missing` if it is none. */
export function checkpointNames(folder: string): ReadonlySet<string> {
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

/** Bytes of config.json, or of an index; those of the largest models have less than one MiB. */
const MAX_TEXT_BYTES = 16 << 20;

type FileCode = "checkpoint-config" | "checkpoint-format";

/**
 * A file of UTF-8 text. Throws `checkpoint-missing` if there is none, and `code` if it is larger than `mostBytes` (16 MiB), or not
 * UTF-8.
 */
function readTextFile(path: string, code: FileCode, mostBytes = MAX_TEXT_BYTES): string {
  const { size } = fileAt(path);
  const refuse = (what: string, cause?: unknown) =>
    new L3MaskingError(code, `expected ${what} in ${path}`, {
      hint: "Download the file again; it is damaged.",
      cause,
    });
  if (size > mostBytes) throw refuse(`at most ${mostBytes} bytes, got ${size}`);
  const bytes = readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse("UTF-8 text, got other bytes", cause);
  }
}

/** The value of a JSON file. Throws what `readTextFile` throws, and `code` with line and column for text that is not JSON. */
export function readJsonFile(path: string, code: FileCode, mostBytes?: number): unknown {
  const hint = "Download the file again; it is damaged.";
  return parseJson(
    readTextFile(path, code, mostBytes),
    `bad JSON in ${path}`,
    1,
    (message) => new L3MaskingError(code, message, { hint }),
  );
}

/** A pipe or a device in the place of a file could keep us waiting for ever: `checkpoint-missing`. */
function fileAt(path: string): Entry {
  const found = entryAt(path);
  if (found?.kind === "file") return found;
  const got =
    found === undefined ? "nothing" : found.kind === "folder" ? "a folder" : "a pipe or a device";
  throw new L3MaskingError("checkpoint-missing", `expected a file, found ${got} at ${path}`, {
    hint: "Download the whole checkpoint: config.json and all weight files.",
  });
}

/** A file opened for random access. */
export interface OpenFile {
  readonly source: ByteSource;
  close(): void;
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
