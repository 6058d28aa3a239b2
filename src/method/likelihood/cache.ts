/**
 * Scores on disk. The folder holds one subfolder per scope (checkpoint, tokenizer, estimator, maximal
 * length); in it, every writer appends to segment files of its own, so two processes never touch the
 * same file and a killed one loses at most the record it was writing.
 */
import { L3MaskingError } from "../../base/errors.js";
import { openDigest } from "../../platform/digest.js";
import { systemCode, writing } from "../../platform/files/failures.js";
import {
  exists,
  type InputFile,
  listFolder,
  makeFolders,
  type OutputFile,
  openToRead,
  openToWrite,
  readBytes,
} from "../../platform/files/files.js";
import { basename, join } from "../../platform/paths.js";
import type { Encoding } from "../../text/encoding.js";
import {
  canonicalScope,
  decodeScores,
  encodeRecord,
  readSegment,
  type ScoreScope,
  segmentHeader,
  toHex,
} from "./cache-record.js";
import type { TokenScores } from "./estimators.js";
import type { ScoreCache } from "./score.js";

export interface DiskScoreCache extends ScoreCache {
  /** The scope's subfolder. */
  readonly folder: string;
  /** Distinct texts with scores. */
  readonly size: number;
  /** Bytes of incomplete or damaged records found when opening, whose texts are scored again. */
  readonly ignoredBytes: number;
  /** Closes the files; stored scores stay. */
  close(): void;
}

interface ScorePlace {
  readonly file: string;
  readonly offset: number;
  readonly count: number;
}

/** Beyond this size a segment is closed and a new one begun, so that reading one stays cheap. */
const SEGMENT_BYTES = 64 * 2 ** 20;

/**
 * Opens the scores of one scope below `folder` (created when the first score is put). Only the places
 * of the scores are kept in memory. Scores that other processes add later are seen at the next opening.
 *
 * Errors: `data-format` if a file holds scores of another scope; `disk-full` and `output-unwritable` when a score cannot be
 * stored (earlier ones are kept); other errors of the file system as they come.
 */
export function openScoreCache(
  folder: string,
  scope: ScoreScope,
  segmentBytes = SEGMENT_BYTES,
): DiskScoreCache {
  const scopeFolder = join(folder, scopeName(scope));
  const places = new Map<string, ScorePlace>();
  let ignoredBytes = 0;
  for (const file of segmentFiles(scopeFolder)) {
    const segment = readSegment(readBytes(file), scope, file);
    for (const { key, offset, count } of segment.records) places.set(key, { file, offset, count });
    ignoredBytes += segment.ignoredBytes;
  }
  const reader = openReader();
  const writer = openWriter(scopeFolder, scope, segmentBytes);

  return {
    folder: scopeFolder,
    get size() {
      return places.size;
    },
    ignoredBytes,
    async get(encoding) {
      const place = places.get(toHex(textKey(scope, encoding)));
      return place === undefined ? undefined : reader.read(place);
    },
    async put(encoding, scores) {
      const key = textKey(scope, encoding);
      if (!places.has(toHex(key))) places.set(toHex(key), writer.append(key, scores));
    },
    close() {
      reader.close();
      writer.close();
    },
  };
}

/** The name of a scope's subfolder. */
function scopeName(scope: ScoreScope): string {
  return openDigest("sha256").add(canonicalScope(scope)).hex().slice(0, 16);
}

/** The files of some scopes below a cache's folder, relative to it. */
export function scoreFiles(folder: string, scopes: readonly ScoreScope[]): string[] {
  return scopes
    .map(scopeName)
    .flatMap((name) => segmentFiles(join(folder, name)).map((path) => `${name}/${basename(path)}`));
}

/** SHA-256 of everything that determines a text's scores. */
function textKey(scope: ScoreScope, { ids, wordIds }: Encoding): Uint8Array {
  const digest = openDigest("sha256").add(`${canonicalScope(scope)}\n${ids.length}\n`);
  // The word ids decide what is masked, so they belong to the key.
  return digest.add(`${ids.join(",")}\n${wordIds.join(",")}`).bytes();
}

function segmentFiles(scopeFolder: string): string[] {
  if (!exists(scopeFolder)) return [];
  return listFolder(scopeFolder)
    .filter((name) => /^\d{6}\.scores$/.test(name))
    .sort()
    .map((name) => join(scopeFolder, name));
}

/** Reads scores at their place; keeps the last file open, since neighbours lie in the same one. */
function openReader() {
  let open: { readonly file: string; readonly input: InputFile } | undefined;
  const close = () => {
    open?.input.close();
    open = undefined;
  };
  const read = ({ file, offset, count }: ScorePlace): TokenScores => {
    if (open?.file !== file) {
      close();
      open = { file, input: openToRead(file) };
    }
    const bytes = new Uint8Array(4 * count);
    const got = open.input.read(bytes, offset);
    if (got !== bytes.length) {
      throw new L3MaskingError(
        "data-format",
        `expected ${bytes.length} bytes of scores at byte ${offset} of ${file}, got ${got}`,
        { hint: "Something truncated this file while it was in use; start the run again." },
      );
    }
    return decodeScores(bytes);
  };
  return { read, close };
}

/** Appends records to segments that this writer alone created. */
function openWriter(scopeFolder: string, scope: ScoreScope, segmentBytes: number) {
  let open: (Segment & { bytes: number }) | undefined;
  const close = () => {
    open?.output.close();
    open = undefined;
  };
  const append = (key: Uint8Array, scores: TokenScores): ScorePlace =>
    writing(scopeFolder, () => appendTo(key, scores));
  const appendTo = (key: Uint8Array, scores: TokenScores): ScorePlace => {
    if (open !== undefined && open.bytes >= segmentBytes) close();
    if (open === undefined) {
      const header = segmentHeader(scope);
      open = { ...createSegment(scopeFolder), bytes: header.length };
      open.output.write(header);
    }
    const record = encodeRecord(key, scores);
    open.output.write(record);
    open.bytes += record.length;
    return { file: open.file, offset: open.bytes - 4 * scores.length, count: scores.length };
  };
  return { append, close };
}

interface Segment {
  readonly file: string;
  readonly output: OutputFile;
}

/** Creates the next free segment; the exclusive flag decides who gets a number when two writers ask at once. */
function createSegment(scopeFolder: string): Segment {
  makeFolders(scopeFolder);
  for (let number = segmentFiles(scopeFolder).length; ; number++) {
    const file = join(scopeFolder, `${String(number).padStart(6, "0")}.scores`);
    try {
      return { file, output: openToWrite(file, "new") };
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
}
