/** Files on disk -> records, read whole. */

import { L3MaskingError, messageOf } from "../base/errors.js";
import { nearestName } from "../base/nearest.js";
import { systemCode } from "../platform/files/failures.js";
import {
  entryAt,
  exists,
  findText,
  listFolder,
  readBytes,
  standardInput,
} from "../platform/files/files.js";
import { basename, dirname, join } from "../platform/paths.js";
import { gunzipPieces, pageDecoders } from "../platform/unpack.js";
import { classNamesOf } from "./formats/class-names.js";
import type { ColumnOptions } from "./formats/columns.js";
import {
  type FileKind,
  fileKind,
  formatName,
  formatOfContent,
  STANDARD,
  shownName,
} from "./formats/formats.js";
import { unpackedLimit } from "./formats/limits.js";
import { type ParsedFile, parseRecords, parseTable } from "./formats/parse.js";
import type { ClassNames, Table } from "./formats/table.js";

export interface RecordFile extends ParsedFile {
  /** As told from the name: "jsonl", "csv.gz", ... */
  readonly format: string;
}

/**
 * All rows of a data file; of standard input for "-", in whatever format it is. Throws `file-missing` if it cannot be read, and what `parseRecords` throws.
 */
export async function readRecords(path: string, options: ColumnOptions): Promise<RecordFile> {
  const { kind, bytes } = await readNamed(path);
  const classNames = options.labels === "unread" ? undefined : describedClasses(path);
  const parsed = await parseRecords(
    bytes,
    kind.format,
    shownName(path),
    { classNames, ...options },
    pageDecoders,
  );
  return { ...parsed, format: formatName(kind) };
}

/** All rows of a data file with all their columns. Throws as `readRecords`, but for columns and no rows. */
export async function readTable(
  path: string,
): Promise<{ readonly kind: FileKind; readonly table: Table }> {
  const { kind, bytes } = await readNamed(path);
  return { kind, table: await parseTable(bytes, kind.format, shownName(path), pageDecoders) };
}

/** The bytes of a file or of standard input, decompressed. */
async function readNamed(
  path: string,
): Promise<{ readonly kind: FileKind; readonly bytes: Uint8Array }> {
  if (path !== STANDARD) return { kind: fileKind(path), bytes: await readUnzipped(path) };
  const read = standardBytes();
  const gzipped = read[0] === 0x1f && read[1] === 0x8b;
  const bytes = gzipped ? await unzipBytes(read, shownName(path)) : read;
  return { kind: { format: formatOfContent(bytes), gzipped }, bytes };
}

/** Bytes of a piece of a .gz file. */
const UNPACKED_AT_ONCE = 1 << 20;

function standardBytes(): Uint8Array {
  try {
    return joined(Array.from(standardInput(), (piece) => piece.slice()));
  } catch (cause) {
    throw missingFile(shownName(STANDARD), cause);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Where Hugging Face's tools describe a data set, beside its files or in the folder above theirs. */
const descriptions = ["dataset_infos.json", "dataset_info.json"];

/** The names of classes that such a file gives to numbers. */
function describedClasses(path: string): ClassNames | undefined {
  const folder = dirname(path);
  const places = [folder, join(folder, "..")].flatMap((place) =>
    descriptions.map((name) => join(place, name)),
  );
  for (const place of places) {
    const names = exists(place) ? classNamesOf(findText(place) ?? "") : undefined;
    if (names !== undefined) return names;
  }
  return undefined;
}

/**
 * The bytes of a data file, decompressed if its name ends in .gz. Throws `file-missing` if it cannot be
 * read and `data-format` if it is no gzip data or unpacks to more than `unpackedLimit`.
 */
export async function readUnzipped(path: string): Promise<Uint8Array> {
  const content = bytesOf(path);
  return fileKind(path).gzipped ? unzipBytes(content, path) : content;
}

function bytesOf(path: string): Uint8Array {
  try {
    return readBytes(path);
  } catch (cause) {
    throw missingFile(path, cause);
  }
}

/** The error of a data file that cannot be opened or read; what is not of the file system comes as it is. */
export function missingFile(path: string, cause: unknown): unknown {
  const code = systemCode(cause);
  if (code === undefined) return cause;
  const nearest = code === "ENOENT" ? nearestFile(path) : undefined;
  return new L3MaskingError(
    "file-missing",
    `expected a data file, found ${reason(code)} at ${path}`,
    {
      hint:
        nearest === undefined
          ? "Check the path; it is relative to the current folder."
          : `Did you mean ${nearest}?`,
      cause,
    },
  );
}

async function unzipBytes(content: Uint8Array, path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let unpacked = 0;
  try {
    for await (const piece of gunzipPieces([content], UNPACKED_AT_ONCE)) {
      pieces.push(piece);
      unpacked += piece.length;
      if (unpacked > unpackedLimit(content.length)) throw unpackedTooLarge(path, content.length);
    }
  } catch (cause) {
    throw cause instanceof L3MaskingError ? cause : damagedGzip(path, cause);
  }
  return joined(pieces);
}

/** Of a file that unpacks to more than `unpackedLimit`. */
export function unpackedTooLarge(path: string, packedBytes: number): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${path}: expected gzip data that unpacks to at most ${unpackedLimit(packedBytes)} bytes, got more from ${packedBytes}`,
    { hint: "Unpack the file yourself if you trust it; texts do not compress that well." },
  );
}

/** Of a file that is no gzip data. */
export function damagedGzip(path: string, cause: unknown): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${path}: expected gzip data, got: ${messageOf(cause)}`,
    {
      hint: "Compress the file again, or drop .gz from its name if it is not compressed.",
      cause,
    },
  );
}

function reason(code: string): string {
  if (code === "ENOENT") return "nothing";
  if (code === "EISDIR") return "a folder";
  return `an unreadable file (${code})`;
}

/** A file of the same folder with a similar name. */
function nearestFile(path: string): string | undefined {
  const folder = dirname(path);
  // Without the folder there is nothing to propose; the caller reports the missing file.
  if (entryAt(folder)?.kind !== "folder") return undefined;
  const name = nearestName(basename(path), listFolder(folder));
  return name === undefined ? undefined : path.slice(0, path.length - basename(path).length) + name;
}
