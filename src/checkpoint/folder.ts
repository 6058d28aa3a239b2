/** The checkpoint's only dealings with the disk: open, read, hash, and put a folder in place. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { L3MaskingError } from "../errors.js";
import type { ByteSource } from "./bytes.js";

/** Bytes asked of the system at a time; it grants at most 2 GiB. */
const READ_BYTES = 1 << 30;

/** True for names that stay in their folder: no separators, no `..`, nothing hidden. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name);
}

/** Names in a folder; throws `checkpoint-missing` if it is none. */
export async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  const found = await stat(folder).catch(missingAs(undefined));
  if (!found?.isDirectory()) {
    throw new L3MaskingError(
      "checkpoint-missing",
      `expected a checkpoint folder, got ${found ? "a file" : "nothing"} at ${folder}`,
      { hint: "Check the path; it must hold config.json and the weights." },
    );
  }
  return new Set(await readdir(folder));
}

/** Bytes of config.json, or of an index; those of the largest models have less than one MiB. */
const MAX_TEXT_BYTES = 16 << 20;

/**
 * A file of UTF-8 text. Throws `checkpoint-missing` if there is none, and `code` if it is larger than 16 MiB, or not
 * UTF-8.
 */
export async function readTextFile(
  path: string,
  code: "checkpoint-config" | "checkpoint-format",
): Promise<string> {
  const { size } = await statFile(path);
  const refuse = (what: string, cause?: unknown) =>
    new L3MaskingError(code, `expected ${what} in ${path}`, {
      hint: "The file is damaged: fetch it again.",
      cause,
    });
  if (size > MAX_TEXT_BYTES) throw refuse(`at most ${MAX_TEXT_BYTES} bytes, got ${size}`);
  const bytes = await readFile(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse("UTF-8 text, got other bytes", cause);
  }
}

/** The size of a file. A pipe or a device in its place could keep us waiting for ever: `checkpoint-missing`. */
async function statFile(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path).catch(missingAs(undefined));
  if (found === undefined) throw missingFile(path);
  if (found.isFile()) return found;
  throw new L3MaskingError(
    "checkpoint-missing",
    `expected a file, got ${found.isDirectory() ? "a folder" : "a pipe or a device"} at ${path}`,
    { hint: "Fetch the whole checkpoint: config.json and all weight files." },
  );
}

/** A file opened for random access. */
export interface OpenFile {
  readonly source: ByteSource;
  close(): Promise<void>;
}

/** Opens a file; throws `checkpoint-missing` if there is none. */
export async function openFile(path: string): Promise<OpenFile> {
  await statFile(path);
  const handle = await open(path, "r").catch(missingAs(undefined));
  if (handle === undefined) throw missingFile(path);
  const { size } = await handle.stat();
  const source: ByteSource = {
    name: path,
    size,
    async read(offset, target) {
      let filled = 0;
      while (filled < target.length) {
        const length = Math.min(target.length - filled, READ_BYTES);
        const { bytesRead } = await handle.read(target, filled, length, offset + filled);
        if (bytesRead === 0) {
          throw new L3MaskingError(
            "checkpoint-format",
            `expected ${size} bytes, got ${offset + filled}: ${path}`,
            { hint: "The file became shorter while it was read: load it again." },
          );
        }
        filled += bytesRead;
      }
    },
  };
  return { source, close: () => handle.close() };
}

/** SHA-256 (hex) over names, sizes and contents of files of a folder, in the order given. */
export async function digestFiles(folder: string, names: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const name of names) {
    const path = join(folder, name);
    hash.update(`${name}\n${(await stat(path)).size}\n`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk);
    }
  }
  return hash.digest("hex");
}

/** A file to be written, in pieces that may be made one at a time. */
export interface WrittenFile {
  readonly name: string;
  readonly pieces: Iterable<Uint8Array>;
}

/**
 * Writes a folder of files so that it appears whole or not at all: into a temporary folder beside it,
 * flushed to disk, then renamed. An existing folder is an `output-exists` error unless it is empty or
 * `replace` is set; then it is put aside first and removed last.
 */
export async function writeFolder(
  folder: string,
  files: readonly WrittenFile[],
  options: { readonly replace: boolean },
): Promise<void> {
  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  const occupied = await isOccupied(target);
  if (occupied && !options.replace) throw outputExists(folder);
  const workshop = await mkdtemp(`${target}.partial-`);
  try {
    // mkdtemp's folder is private to the user; the one inside has the usual permissions.
    const fresh = join(workshop, basename(target));
    await mkdir(fresh);
    for (const { name, pieces } of files) {
      await writeFile(join(fresh, name), pieces, { flag: "wx", flush: true });
    }
    await putInPlace(fresh, target, occupied ? join(workshop, "previous") : undefined);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** Renames `fresh` to `target`, whose present content goes to `previous` and comes back on failure. */
async function putInPlace(
  fresh: string,
  target: string,
  previous: string | undefined,
): Promise<void> {
  if (previous === undefined) {
    await rmdir(target).catch(missingAs(undefined));
    await rename(fresh, target);
    return;
  }
  await rename(target, previous);
  try {
    await rename(fresh, target);
  } catch (error) {
    await rename(previous, target);
    throw error;
  }
}

async function isOccupied(path: string): Promise<boolean> {
  const found = await stat(path).catch(missingAs(undefined));
  if (found === undefined) return false;
  if (!found.isDirectory()) throw outputExists(path);
  return (await readdir(path)).length > 0;
}

/** A handler that turns "no such file" into a value and passes every other error on. */
function missingAs<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}

function missingFile(path: string): L3MaskingError {
  return new L3MaskingError("checkpoint-missing", `expected a file, got nothing at ${path}`, {
    hint: "Fetch the whole checkpoint: config.json and all weight files.",
  });
}

function outputExists(folder: string): L3MaskingError {
  return new L3MaskingError(
    "output-exists",
    `expected a new or empty folder to save in, got files at ${folder}`,
    { hint: "Choose another folder, or ask to replace this one." },
  );
}
