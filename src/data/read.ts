/** Files on disk -> records, read whole. */

import { readdir, readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { L3MaskingError } from "../base/errors.js";
import { nearestName } from "../base/nearest.js";
import type { ColumnOptions } from "./formats/columns.js";
import { fileKind, formatName } from "./formats/formats.js";
import { unpackedLimit } from "./formats/limits.js";
import { type ParsedFile, parseRecords, parseTable } from "./formats/parse.js";
import type { Table } from "./formats/table.js";
import type { Unpack } from "./parquet/pages.js";
import { openUnpacker } from "./parquet/unpack-in-node.js";

export interface RecordFile extends ParsedFile {
  /** As told from the name: "jsonl", "csv.gz", ... */
  readonly format: string;
}

const unzip = promisify(gunzip);

/**
 * All rows of a data file. Throws `file-missing` if it cannot be read, and what `parseRecords` throws.
 */
export async function readRecords(path: string, options: ColumnOptions): Promise<RecordFile> {
  const kind = fileKind(path);
  const parsed = await withBytes(path, (bytes, unpack) =>
    parseRecords(bytes, kind.format, path, options, unpack),
  );
  return { ...parsed, format: formatName(kind) };
}

/** All rows of a data file with all their columns. Throws as `readRecords`, but for columns and no rows. */
export function readTable(path: string): Promise<Table> {
  const { format } = fileKind(path);
  return withBytes(path, (bytes, unpack) => parseTable(bytes, format, path, unpack));
}

async function withBytes<Result>(
  path: string,
  parse: (bytes: Uint8Array, unpack: Unpack) => Promise<Result>,
): Promise<Result> {
  const bytes = await readUnzipped(path);
  const unpacker = openUnpacker();
  try {
    return await parse(bytes, unpacker.unpack);
  } finally {
    await unpacker.close();
  }
}

/**
 * The bytes of a data file, decompressed if its name ends in .gz. Throws `file-missing` if it cannot be
 * read and `data-format` if it is no gzip data or unpacks to more than `unpackedLimit`.
 */
export async function readUnzipped(path: string): Promise<Uint8Array> {
  const content = await readBytes(path);
  return fileKind(path).gzipped ? unzipBytes(content, path) : content;
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw await missingFile(path, cause);
  }
}

/** The error of a data file that cannot be opened or read; what is not of the file system comes as it is. */
export async function missingFile(path: string, cause: unknown): Promise<unknown> {
  const code = errorCode(cause);
  if (code === undefined) return cause;
  const nearest = code === "ENOENT" ? await nearestFile(path) : undefined;
  return new L3MaskingError(
    "file-missing",
    `expected a data file at ${path}, got ${reason(code)}`,
    {
      hint:
        nearest === undefined
          ? "Check the path; it is taken from the current folder."
          : `Did you mean ${nearest}?`,
      cause,
    },
  );
}

async function unzipBytes(content: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    return await unzip(content, { maxOutputLength: unpackedLimit(content.length) });
  } catch (cause) {
    if (errorCode(cause) === "ERR_BUFFER_TOO_LARGE") throw unpackedTooLarge(path, content.length);
    throw damagedGzip(path, cause);
  }
}

/** Of a file that unpacks to more than `unpackedLimit`. */
export function unpackedTooLarge(path: string, packedBytes: number): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${path}: expected gzip data of at most ${unpackedLimit(packedBytes)} bytes when unpacked, got more from ${packedBytes}`,
    { hint: "Unpack the file yourself if you trust it; texts do not shrink that much." },
  );
}

/** Of a file that is no gzip data. */
export function damagedGzip(path: string, cause: unknown): L3MaskingError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new L3MaskingError("data-format", `${path}: expected gzip data, got: ${detail}`, {
    hint: "Compress the file again, or drop .gz from its name if it is not compressed.",
    cause,
  });
}

function reason(code: string): string {
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "a folder";
  return `an error of the file system (${code})`;
}

/** A file of the same folder with a similar name. */
async function nearestFile(path: string): Promise<string | undefined> {
  const folder = dirname(path);
  try {
    const name = nearestName(basename(path), await readdir(folder));
    return name === undefined
      ? undefined
      : path.slice(0, path.length - basename(path).length) + name;
  } catch (error) {
    // Without the folder there is nothing to propose; the caller reports the missing file.
    if (errorCode(error) !== undefined) return undefined;
    throw error;
  }
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
