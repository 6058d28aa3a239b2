/** Files that travel through a store of small values: sent in chunks, received whole and as they were sent, or not at all. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { sha256 } from "../../base/sha256.js";
import { addFile, openDigest } from "../../platform/digest.js";
import { writing } from "../../platform/files/failures.js";
import {
  entryAt,
  exists,
  listFolder,
  makeFolder,
  openToRead,
  openToWrite,
  remove,
  rename,
  syncFolder,
} from "../../platform/files/files.js";
import { dirname, join } from "../../platform/paths.js";

/** Where the chunks lie meanwhile. Each is forgotten some time after it was last asked for. */
export interface ChunkStore {
  /** Keeps values for so long from now; gives how many of them there are. */
  keep(keys: readonly string[], seconds: number): Promise<number>;
  put(key: string, bytes: Uint8Array, seconds: number): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  remove(keys: readonly string[]): Promise<void>;
}

/** Is it a path that leads nowhere but into the folder that it is relative to, on every system? */
function isInside(name: string): boolean {
  const parts = name.split("/");
  return parts.every((part) => /^[^\\:\p{Cc}]+$/u.test(part) && !/^\.+$/.test(part));
}

/** A file as its receiver knows it. */
export const sentFileSchema = z.strictObject({
  /** Its path in the folder that it is received into, with slashes. */
  name: z.string().refine(isInside, "expected a path inside a folder"),
  size: z.int().min(0),
  /** Hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type SentFile = z.infer<typeof sentFileSchema>;

/** Small enough that a server with a single thread answers others in between. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** The keys of a file's chunks in a space: a part of the store whose files are kept and removed together. */
export function chunkKeys(space: string, { size, sha256: digest }: SentFile): string[] {
  const chunks = Math.ceil(size / CHUNK_BYTES);
  return Array.from({ length: chunks }, (_, chunk) => `${space}:${digest}:${chunk}`);
}

/** What the receiver of a file has to know of it. */
export function describeFile(path: string, name: string): SentFile {
  const size = entryAt(path)?.size ?? 0;
  return { name, size, sha256: addFile(openDigest("sha256"), path).hex() };
}

/** Puts a file into the store, unless its bytes are there: then they are kept for so long. */
export async function sendFile(
  path: string,
  file: SentFile,
  space: string,
  store: ChunkStore,
  seconds: number,
): Promise<void> {
  const keys = chunkKeys(space, file);
  if (keys.length === 0 || (await store.keep(keys, seconds)) === keys.length) return;
  const input = openToRead(path);
  try {
    for (const [chunk, key] of keys.entries()) {
      const bytes = new Uint8Array(CHUNK_BYTES);
      const count = input.read(bytes, chunk * CHUNK_BYTES);
      await store.put(key, bytes.subarray(0, count), seconds);
    }
  } finally {
    input.close();
  }
}

/** Equal for equal files with equal names. */
export function folderDigest(files: readonly SentFile[]): string {
  const lines = files.map(({ name, size, sha256: digest }) => `${digest} ${size} ${name}\n`);
  return sha256(lines.sort());
}

/**
 * Receives files into a folder of their own, which then holds these and no others: it appears whole, in the place of what was there, or
 * is left as it was.
 *
 * Throws `download-mismatch` where the store has not all of a file, or other bytes than were sent; and what `writeError` gives.
 */
export async function receiveFolder(
  folder: string,
  files: readonly SentFile[],
  space: string,
  store: ChunkStore,
): Promise<void> {
  const workshop = `${folder}.${crypto.randomUUID()}`;
  const folders = new Set([workshop]);
  try {
    makeFolder(workshop);
    for (const file of files) {
      const path = join(workshop, file.name);
      folders.add(dirname(path));
      await receiveFile(path, file, space, store);
    }
    writing(folder, () => {
      for (const made of folders) syncFolder(made);
      remove(folder);
      rename(workshop, folder);
      syncFolder(dirname(folder));
    });
  } finally {
    remove(workshop);
  }
}

async function receiveFile(
  path: string,
  file: SentFile,
  space: string,
  store: ChunkStore,
): Promise<void> {
  makeFolder(dirname(path));
  const digest = openDigest("sha256");
  const output = writing(path, () => openToWrite(path, "new"));
  try {
    for (const key of chunkKeys(space, file)) {
      const bytes = await store.get(key);
      if (bytes === undefined) throw mismatch(file, "not all of it");
      digest.add(bytes);
      writing(path, () => output.write(bytes));
    }
    writing(path, () => output.flush());
  } finally {
    output.close();
  }
  const found = digest.hex();
  if (found !== file.sha256) throw mismatch(file, `one with ${found}`);
}

function mismatch({ name, size, sha256: digest }: SentFile, found: string): L3MaskingError {
  return new L3MaskingError(
    "download-mismatch",
    `expected ${name} of ${size} bytes with SHA-256 ${digest} from the queue, got ${found}`,
    { hint: "Run the comparison again: what is missing is sent again." },
  );
}

/** Is every one of these files in the folder, byte for byte? */
export function holdsFiles(folder: string, files: readonly SentFile[]): boolean {
  return files.every((file) => {
    const path = join(folder, file.name);
    const entry = exists(path) ? entryAt(path) : undefined;
    if (entry?.kind !== "file" || entry.size !== file.size) return false;
    return addFile(openDigest("sha256"), path).hex() === file.sha256;
  });
}

/** The paths of all files in a folder and those below it, relative and with slashes, in order. */
export function filesBelow(folder: string): string[] {
  return listFolder(folder)
    .flatMap((name) =>
      entryAt(join(folder, name))?.kind === "folder"
        ? filesBelow(join(folder, name)).map((below) => `${name}/${below}`)
        : [name],
    )
    .sort();
}
