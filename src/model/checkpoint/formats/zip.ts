/**
 * The directory of a zip archive whose entries are stored, not compressed, as torch.save writes it.
 * Entries are found by their bytes in the file and never unpacked. Checksums are not verified.
 *
 * Reference: PKWARE APPNOTE.TXT, sections 4.3.7 to 4.3.16 and 4.5.3 (zip64).
 */
import { L3MaskingError } from "../../../base/errors.js";
import { type ByteRange, type ByteSource, readBytes, requireRange } from "./bytes.js";

interface DirectoryEntry {
  readonly name: string;
  readonly method: number;
  readonly storedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT_BYTES = 0xffff;
const MAX_DIRECTORY_BYTES = 64 << 20;

const signatures = {
  local: 0x04034b50,
  directory: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** Entries of an archive; a large model has a thousand. */
const MAX_ENTRIES = 1 << 16;

/**
 * Entries by name. Throws `checkpoint-format` for a damaged or a compressed archive, and for what only a forged one
 * has: a name twice, a name that leads out of the archive, entries that share bytes.
 */
export async function readZipEntries(source: ByteSource): Promise<ReadonlyMap<string, ByteRange>> {
  const directory = await findDirectory(source);
  if (directory.size > MAX_DIRECTORY_BYTES) {
    throw zipError(
      `a zip directory of at most ${MAX_DIRECTORY_BYTES} bytes`,
      `${directory.size}`,
      source,
    );
  }
  const bytes = await readBytes(source, directory.offset, directory.size, "the zip directory");
  const listed = [...parseDirectory(new DataView(bytes.buffer), source)];
  if (listed.length > MAX_ENTRIES) {
    throw zipError(`at most ${MAX_ENTRIES} zip entries`, `${listed.length}`, source);
  }
  const entries = new Map<string, ByteRange>();
  for (const entry of listed) {
    if (entry.method !== 0 || entry.storedSize !== entry.size) {
      throw zipError("stored zip entries", `the compressed entry ${entry.name}`, source);
    }
    if (entries.has(entry.name)) {
      throw zipError("each zip entry once", `${JSON.stringify(entry.name)} twice`, source);
    }
    if (leadsOut(entry.name)) {
      throw zipError("names inside the archive", JSON.stringify(entry.name), source);
    }
    entries.set(entry.name, { offset: await dataOffset(entry, source), size: entry.size });
  }
  requireApart(entries, source);
  return entries;
}

function leadsOut(name: string): boolean {
  return /^[/\\]|^[A-Za-z]:|\0/.test(name) || name.split(/[/\\]/).includes("..");
}

/** Entries over the same bytes would unpack to more than the file has. */
function requireApart(entries: ReadonlyMap<string, ByteRange>, source: ByteSource): void {
  let end = 0;
  for (const [name, range] of [...entries].sort(([, a], [, b]) => a.offset - b.offset)) {
    if (range.size === 0) continue;
    if (range.offset < end) {
      throw zipError("zip entries that do not overlap", `${name} overlapping another`, source);
    }
    end = range.offset + range.size;
  }
}

/** Reads the end record, or its zip64 form where the plain one is full. */
async function findDirectory(source: ByteSource): Promise<ByteRange> {
  const tailBytes = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES + LOCATOR_BYTES);
  const tailStart = source.size - tailBytes;
  const tail = new DataView((await readBytes(source, tailStart, tailBytes, "the zip end")).buffer);
  let end = tailBytes - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== signatures.end) end--;
  if (end < 0) throw zipError("a zip archive with its directory at the end", "none", source);
  const size = tail.getUint32(end + 12, true);
  const offset = tail.getUint32(end + 16, true);
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || tail.getUint32(locator, true) !== signatures.locator64) {
    return { offset, size };
  }
  const recordOffset = uint64(tail, locator + 8, source);
  const record = new DataView(
    (await readBytes(source, recordOffset, 56, "the zip64 end record")).buffer,
  );
  if (record.getUint32(0, true) !== signatures.end64) {
    throw zipError("a zip64 end record", "other bytes", source);
  }
  return { offset: uint64(record, 48, source), size: uint64(record, 40, source) };
}

function* parseDirectory(view: DataView, source: ByteSource): Generator<DirectoryEntry> {
  let start = 0;
  while (start < view.byteLength) {
    const cut = start + 46 > view.byteLength;
    if (cut || view.getUint32(start, true) !== signatures.directory) {
      throw zipError("a zip directory entry", `other bytes at ${start} of the directory`, source);
    }
    const nameBytes = view.getUint16(start + 28, true);
    const extraBytes = view.getUint16(start + 30, true);
    const extraStart = start + 46 + nameBytes;
    const next = extraStart + extraBytes + view.getUint16(start + 32, true);
    if (next > view.byteLength) {
      throw zipError("a whole zip directory", "a truncated one", source);
    }
    const name = new TextDecoder().decode(
      new Uint8Array(view.buffer, view.byteOffset + start + 46, nameBytes),
    );
    const wide = wideFields(view, extraStart, extraBytes, source);
    // Full 32-bit fields are continued in the zip64 field, in this order.
    const field = (at: number): number => {
      const value = view.getUint32(at, true);
      return value === 0xffffffff ? wide() : value;
    };
    const size = field(start + 24);
    const storedSize = field(start + 20);
    const headerOffset = field(start + 42);
    yield { name, method: view.getUint16(start + 10, true), size, storedSize, headerOffset };
    start = next;
  }
}

/** A reader of the 64-bit numbers in an entry's zip64 field, one after the other. */
function wideFields(
  view: DataView,
  start: number,
  bytes: number,
  source: ByteSource,
): () => number {
  let position = 0;
  let end = 0;
  for (let at = start; at + 4 <= start + bytes; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    position = at + 4;
    end = Math.min(position + view.getUint16(at + 2, true), start + bytes);
  }
  return () => {
    if (position + 8 > end) throw zipError("a zip64 field", "none", source);
    position += 8;
    return uint64(view, position - 8, source);
  };
}

/** The local header repeats the name and has its own padding, which torch uses to align. */
async function dataOffset(entry: DirectoryEntry, source: ByteSource): Promise<number> {
  const bytes = await readBytes(source, entry.headerOffset, 30, `zip entry ${entry.name}`);
  const header = new DataView(bytes.buffer);
  if (header.getUint32(0, true) !== signatures.local) {
    throw zipError(`the header of zip entry ${entry.name}`, "other bytes", source);
  }
  const offset = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  requireRange(source, offset, entry.size, `zip entry ${entry.name}`);
  return offset;
}

function uint64(view: DataView, at: number, source: ByteSource): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw zipError("a position in the file", `${value}`, source);
  return value;
}

function zipError(expected: string, got: string, source: ByteSource): L3MaskingError {
  return new L3MaskingError(
    "checkpoint-format",
    `expected ${expected}, got ${got} in ${source.name}`,
    {
      hint: "Download the file again; it is truncated, damaged or not written by torch.save.",
    },
  );
}
