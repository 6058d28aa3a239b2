/**
 * Files and folders in one storage, which may end at any instant.
 *
 * The content of files lies in ranges of whole blocks, and so does the *table*, which says what files there are. `commit` writes a new
 * table beside the last one, then its place into one of two headers in turn:
 *
 *     header | header | ranges of files and tables
 *
 * What the last table names is never written over before the next one is in place, so a volume that is opened again is as its last
 * whole commit left it.
 */
import { z } from "zod";
import { L3MaskingError } from "../../../base/errors.js";
import { sha256 } from "../../../base/sha256.js";
import { BLOCK, type Extent, spaceBeside, wholeBlocks } from "./space.js";
import type { Storage } from "./storage.js";

export interface StoredFile {
  readonly kind: "file";
  size: number;
  /** Where its bytes are, in order. */
  extents: Extent[];
  /** How many have it open. */
  users: number;
  /** Has it a name? */
  named: boolean;
}

export type Stored = StoredFile | { readonly kind: "folder" };

export interface Volume {
  /** By absolute path. */
  readonly entries: Map<string, Stored>;
  /** A file without a name yet, that the caller uses. */
  create(): StoredFile;
  /** Gives the bytes of a file free once it has neither a name nor a user. */
  letGo(file: StoredFile): void;
  read(file: StoredFile, target: Uint8Array, position: number): number;
  append(file: StoredFile, bytes: Uint8Array): void;
  /** Cuts what lies beyond `length` bytes. */
  cut(file: StoredFile, length: number): void;
  /** Gives back what a file was given ahead of its growth. */
  trim(file: StoredFile): void;
  /** Returns when all that there is now outlasts the page. */
  commit(): void;
  close(): void;
}

const range = z.tuple([z.int().min(0), z.int().min(0)]);
const tableSchema = z.object({
  folders: z.array(z.string()),
  files: z.array(z.tuple([z.string(), z.int().min(0), z.array(range)])),
});
type Table = z.infer<typeof tableSchema>;

const headerSchema = z.object({
  /** How many tables were written before. */
  number: z.int().min(0),
  at: z.int().min(0),
  bytes: z.int().min(0),
  sha256: z.string(),
});
type Header = z.infer<typeof headerSchema>;

const HEADERS = 2;
const headers: Extent = { at: 0, length: HEADERS * BLOCK };

/** A file that grows gets as much again as it has, but no more than this at a time. */
const MOST_AHEAD = 1 << 24;

/** Opens what lies in a storage, or begins a volume in an empty one. Throws `storage-damaged`. */
export function openVolume(storage: Storage): Volume {
  const found = storage.size() === 0 ? undefined : lastTable(storage);
  const entries = found === undefined ? new Map<string, Stored>() : entriesOf(found.table);
  entries.set("/", { kind: "folder" });
  const tableOf = ({ at, bytes }: Header): Extent => ({ at, length: wholeBlocks(bytes) });
  const space = spaceBeside([
    headers,
    ...(found ? [tableOf(found.header)] : []),
    ...[...entries.values()].flatMap((entry) => (entry.kind === "file" ? entry.extents : [])),
  ]);
  let last = found?.header;
  /** What only the last table names. */
  let given: Extent[] = [];

  const volume: Volume = {
    entries,
    create: () => ({ kind: "file", size: 0, extents: [], users: 1, named: false }),
    letGo(file) {
      if (file.named || file.users > 0) return;
      given.push(...file.extents);
      file.extents = [];
    },
    read(file, target, position) {
      const length = Math.max(0, Math.min(target.length, file.size - position));
      eachPart(file, position, length, (at, from, count) => {
        storage.read(target.subarray(from, from + count), at);
      });
      return length;
    },
    append(file, bytes) {
      const room = capacity(file) - file.size;
      if (room < bytes.length) {
        const ahead = Math.min(file.size, MOST_AHEAD);
        file.extents.push(space.take(Math.max(bytes.length - room, ahead)));
      }
      eachPart(file, file.size, bytes.length, (at, from, count) => {
        storage.write(bytes.subarray(from, from + count), at);
      });
      file.size += bytes.length;
    },
    cut(file, length) {
      if (length >= file.size) return;
      // The last table still names these bytes, so what follows is not written over them.
      const kept = new Uint8Array(length);
      volume.read(file, kept, 0);
      given.push(...file.extents);
      Object.assign(file, { size: 0, extents: [] });
      volume.append(file, kept);
    },
    trim(file) {
      let over = capacity(file) - wholeBlocks(file.size);
      for (let part = file.extents.pop(); part !== undefined; part = file.extents.pop()) {
        const cut = Math.min(over, part.length);
        space.give({ at: part.at + part.length - cut, length: cut });
        over -= cut;
        if (cut < part.length) {
          file.extents.push({ at: part.at, length: part.length - cut });
          break;
        }
      }
    },
    commit() {
      const bytes = new TextEncoder().encode(JSON.stringify(tableFrom(entries)));
      const place = space.take(bytes.length);
      const header = {
        number: (last?.number ?? -1) + 1,
        at: place.at,
        bytes: bytes.length,
        sha256: digest(bytes),
      };
      try {
        storage.write(bytes, place.at);
        storage.flush();
        storage.write(headerBytes(header), (header.number % HEADERS) * BLOCK);
        storage.flush();
      } catch (error) {
        space.give(place);
        throw error;
      }
      if (last !== undefined) space.give(tableOf(last));
      for (const extent of given) space.give(extent);
      given = [];
      last = header;
    },
    close: () => storage.close(),
  };
  // From here on a volume without a whole table is a damaged one.
  if (found === undefined) volume.commit();
  return volume;
}

function capacity({ extents }: StoredFile): number {
  return extents.reduce((sum, { length }) => sum + length, 0);
}

/** Hands every part of a file's range to `take`: its place in the storage, and where in the range it begins. */
function eachPart(
  { extents }: StoredFile,
  position: number,
  length: number,
  take: (at: number, from: number, count: number) => void,
): void {
  let begin = 0;
  for (const extent of extents) {
    const from = Math.max(position, begin);
    const to = Math.min(position + length, begin + extent.length);
    if (from < to) take(extent.at + from - begin, from - position, to - from);
    begin += extent.length;
  }
}

function tableFrom(entries: ReadonlyMap<string, Stored>): Table {
  const table: Table = { folders: [], files: [] };
  for (const [path, entry] of entries) {
    if (entry.kind === "folder") table.folders.push(path);
    else {
      table.files.push([path, entry.size, entry.extents.map(({ at, length }) => [at, length])]);
    }
  }
  return table;
}

function entriesOf({ folders, files }: Table): Map<string, Stored> {
  const entries = new Map<string, Stored>();
  for (const path of folders) entries.set(path, { kind: "folder" });
  for (const [path, size, ranges] of files) {
    const extents = ranges.map(([at, length]) => ({ at, length }));
    entries.set(path, { kind: "file", size, extents, users: 0, named: true });
  }
  return entries;
}

function digest(bytes: Uint8Array): string {
  return sha256([new TextDecoder().decode(bytes)]);
}

/** A header with its checksum before it, so that a half-written one is none. */
function headerBytes(header: Header): Uint8Array {
  const text = JSON.stringify(header);
  return new TextEncoder().encode(`${sha256([text])} ${text}\n`);
}

/** The newest table that is whole. */
function lastTable(storage: Storage): { readonly header: Header; readonly table: Table } {
  const found = Array.from({ length: HEADERS }, (_, slot) => readHeader(storage, slot))
    .filter((header) => header !== undefined)
    .sort((one, other) => other.number - one.number);
  for (const header of found) {
    const bytes = new Uint8Array(header.bytes);
    storage.read(bytes, header.at);
    if (digest(bytes) !== header.sha256) continue;
    const table = tableSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { header, table };
  }
  throw new L3MaskingError(
    "storage-damaged",
    `expected l3masking's files in the browser's storage, got ${storage.size()} bytes without a whole table of them`,
    { hint: "Delete this page's data in the browser's settings, and begin anew." },
  );
}

function readHeader(storage: Storage, slot: number): Header | undefined {
  const block = new Uint8Array(BLOCK);
  const [line = ""] = new TextDecoder()
    .decode(block.subarray(0, storage.read(block, slot * BLOCK)))
    .split("\n");
  const text = line.slice(line.indexOf(" ") + 1);
  return line === `${sha256([text])} ${text}` ? headerSchema.parse(JSON.parse(text)) : undefined;
}
