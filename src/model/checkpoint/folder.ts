/** The checkpoint's only dealings with the disk: open, read, hash, and put a folder in place. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { L3MaskingError } from "../../base/errors.js";
import { makeFolders, syncFolder, writeError } from "../../platform/files/durable.js";
import type { ByteSource } from "./formats/bytes.js";

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
    await hashFile(hash, path);
  }
  return hash.digest("hex");
}

/** SHA-256 (hex) of the bytes of a file in a folder; undefined if there is no such file. */
export async function fileDigest(folder: string, name: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  const found = await hashFile(hash, join(folder, name)).then(() => true, missingAs(false));
  return found ? hash.digest("hex") : undefined;
}

async function hashFile(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
}

/** A file to be written, in pieces that may be made one at a time. */
export interface WrittenFile {
  readonly name: string;
  readonly pieces: Iterable<Uint8Array>;
}

/** SHA-256 (hex) of each file by its name. */
export type Checksums = ReadonlyMap<string, string>;

/** Lists the other files of a folder with their checksums, as the command sha256sum does. */
const CHECKSUM_FILE = "SHA256SUMS";

export interface FolderOptions {
  /** Put the files in place of those of an existing folder. */
  readonly replace: boolean;
  /** Add SHA256SUMS, by which `folderFault` tells whether the folder is whole. */
  readonly checksums?: boolean;
}

/**
 * Writes a folder of files that a kill or a power cut leaves whole: to FOLDER.partial, flushed to disk, then moved. A
 * new folder appears whole or not at all. In an existing one, which must be empty unless `replace` is set
 * (`output-exists`), file after file is replaced, in the order given, and others are removed at the end; at every
 * instant each name has its old or its new content. A writer that was killed leaves FOLDER.partial to the next one, so a
 * folder has one writer at a time. Throws `disk-full` and `output-unwritable`; the folder is then as it was.
 */
export async function writeFolder(
  folder: string,
  files: readonly WrittenFile[],
  { replace, checksums: listed = false }: FolderOptions,
): Promise<Checksums> {
  const target = resolve(folder);
  const workshop = `${target}.partial`;
  const checksums = new Map<string, string>();
  const written = files.map((file) => ({ ...file, pieces: hashed(file, checksums) }));
  if (listed) written.push({ name: CHECKSUM_FILE, pieces: checksumLines(checksums) });
  try {
    makeFolders(dirname(target));
    const occupied = await isOccupied(target);
    if (occupied && !replace) throw outputExists(folder);
    await rm(workshop, { recursive: true, force: true });
    await mkdir(workshop);
    for (const { name, pieces } of written) {
      await writeFile(join(workshop, name), pieces, { flag: "wx" });
    }
    const names = written.map(({ name }) => name);
    // All at once: the system flushes them together.
    await Promise.all(names.map((name) => flushFile(join(workshop, name))));
    await (occupied ? replaceFiles(workshop, target, names) : putInPlace(workshop, target));
  } catch (error) {
    throw writeError(folder, error);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return checksums;
}

/** The pieces of a file, whose checksum is entered once the last one was taken. */
function* hashed({ name, pieces }: WrittenFile, into: Map<string, string>): Generator<Uint8Array> {
  const hash = createHash("sha256");
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  into.set(name, hash.digest("hex"));
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
export async function folderFault(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, CHECKSUM_FILE), "utf8").catch(missingAs(""));
  const lines = text.split("\n");
  const end = lines.pop();
  const listed = new Map(
    lines.flatMap((line) => {
      const [, digest, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, digest] as const];
    }),
  );
  if (listed.size === 0 || end !== "") return `${CHECKSUM_FILE} is missing or damaged`;
  const names = new Set([...listed.keys(), ...(await readdir(folder))]);
  names.delete(CHECKSUM_FILE);
  for (const name of names) {
    const digest = listed.get(name);
    if (digest === undefined) return `${name} is not in ${CHECKSUM_FILE}`;
    const found = await fileDigest(folder, name);
    if (found === undefined) return `${name} is missing`;
    if (found !== digest) return `${name} is not as it was written (SHA-256)`;
  }
  return undefined;
}

async function flushFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function putInPlace(workshop: string, target: string): Promise<void> {
  syncFolder(workshop);
  await rmdir(target).catch(missingAs(undefined));
  await rename(workshop, target);
  syncFolder(dirname(target));
}

async function replaceFiles(
  workshop: string,
  target: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) await rename(join(workshop, name), join(target, name));
  for (const name of await readdir(target)) {
    if (!names.includes(name)) await rm(join(target, name), { recursive: true });
  }
  syncFolder(target);
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
