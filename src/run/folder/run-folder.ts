/** The folder of a run: created once, never mixed with another run's files. */
import { L3MaskingError } from "../../base/errors.js";
import { STANDARD } from "../../data/formats/formats.js";
import { writeDurably } from "../../platform/files/durable.js";
import {
  exists,
  listFolder,
  makeFolder,
  openToWrite,
  readText,
  remove,
} from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { FOLDER_FORMAT, requireKnownFormat } from "../../results/records/format.js";
import { type RunRecord, runRecord } from "../../results/records/run-record.js";

/** Files by which a folder is known to hold a run. */
const runFiles = ["config.json", "journal.jsonl", "metrics.json", "model", "state"];

/**
 * Checks that a new run may be written to a folder, before any work is done. Throws `output-exists` if
 * it already holds a run, and `invalid-setting` if it is not a folder.
 */
export function requireFreeFolder(folder: string): void {
  const found = exists(folder) ? readFolder(folder) : [];
  const occupied = runFiles.find((name) => found.includes(name));
  if (occupied !== undefined) {
    throw new L3MaskingError(
      "output-exists",
      `expected an output folder without a run, but ${join(folder, occupied)} exists`,
      {
        hint: "Resume that run with --resume, choose another --output-dir, or delete the old run.",
      },
    );
  }
}

/** The record of the run to resume; undefined for a new one, whose folder is then free. */
export function startedRun(folder: string, resume: boolean): RunRecord | undefined {
  if (resume) return readRunRecord(folder);
  requireFreeFolder(folder);
  return undefined;
}

/**
 * Creates the folder of a run and records its settings there. Throws `invalid-setting` if it cannot be created, and what
 * `writeError` gives.
 */
export function createRunFolder(folder: string, record: RunRecord): void {
  makeFolder(folder);
  writeJson(folder, "config.json", { format: FOLDER_FORMAT, ...record });
}

/**
 * The record that a run was started with. Throws `checkpoint-missing` if the folder holds no readable one, and `newer-format`
 * for that of a later version.
 */
export function readRunRecord(folder: string): RunRecord {
  const path = join(folder, "config.json");
  let record: RunRecord;
  try {
    record = runRecord.parse(JSON.parse(readText(path)));
  } catch (cause) {
    throw new L3MaskingError(
      "checkpoint-missing",
      `expected the record of a run in ${path}, got none`,
      {
        hint: "Start the run without --resume.",
        cause,
      },
    );
  }
  requireKnownFormat(record.format, path);
  return record;
}

/** Writes a file of the run as indented JSON, whole or not at all. */
export function writeJson(folder: string, name: string, content: unknown): void {
  writeWhole(join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Writes a text file so that a reader finds the old content or the new one, never a part; see `writeDurably`. */
export function writeWhole(path: string, content: string): void {
  writeDurably(path, [content]);
}

/** Characters of JSON lines to gather before they are written. */
const PIECE = 1 << 20;

/** Writes rows as JSON lines, whole or not at all, a piece at a time: one string cannot hold a large file. */
export function writeJsonLines(path: string, rows: Iterable<unknown>): void {
  writeDurably(path, piecesOf(rows));
}

function* piecesOf(rows: Iterable<unknown>): Generator<string> {
  let piece = "";
  for (const row of rows) {
    piece += `${JSON.stringify(row)}\n`;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

/** Checks before the work starts that a file can be written, without changing it. Throws `invalid-setting` otherwise. */
export function requireWritable(path: string): void {
  if (path === STANDARD) {
    throw new L3MaskingError(
      "invalid-setting",
      "expected the name of a file for --output, got -, which stands for standard output",
      { hint: "Name a file; ./- is one that is called so." },
    );
  }
  try {
    const isNew = !exists(path);
    openToWrite(path, "append").close();
    if (isNew) remove(path);
  } catch (cause) {
    throw new L3MaskingError("invalid-setting", `expected a writable file at ${path}`, {
      hint: "Choose another --output in a folder that exists.",
      cause,
    });
  }
}

function readFolder(folder: string): string[] {
  try {
    return listFolder(folder);
  } catch (cause) {
    throw new L3MaskingError("invalid-setting", `expected ${folder} to be a folder`, {
      hint: "Choose another --output-dir.",
      cause,
    });
  }
}
