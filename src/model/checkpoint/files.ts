/** The files of a checkpoint, wherever they lie: in a folder (folder.ts), or in memory. */
import { L3MaskingError } from "../../base/errors.js";
import { parseJson } from "../../base/strict-json.js";
import { type ByteSource, memoryBytes } from "./formats/bytes.js";

export interface CheckpointFiles {
  /** What messages call all of them: the folder. */
  readonly where: string;
  readonly names: ReadonlySet<string>;
  /** What messages call one of them: its path. */
  path(name: string): string;
  /** The value of a JSON file; throws as `readJson`, and `checkpoint-missing` if there is none. */
  json(name: string, code: FileCode): unknown;
  /** Opens a file; throws `checkpoint-missing` if there is none. */
  open(name: string): OpenFile;
}

/** A file opened for random access. */
export interface OpenFile {
  readonly source: ByteSource;
  close(): void;
}

/** What a damaged file is: by which file it is. */
export type FileCode = "checkpoint-config" | "checkpoint-format";

/** Bytes of config.json, or of an index; those of the largest models have less than one MiB. */
const MAX_TEXT_BYTES = 16 << 20;

/** True for names that stay in their folder: no separators, no `..`, nothing hidden. */
export function isPlainFileName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name);
}

/**
 * The value of a JSON file of `size` bytes, which `read` reads. Throws `code` if it is larger than `mostBytes` (16 MiB), not UTF-8,
 * or, with line and column, not JSON.
 */
export function readJson(
  path: string,
  size: number,
  read: () => Uint8Array,
  code: FileCode,
  mostBytes = MAX_TEXT_BYTES,
): unknown {
  const hint = "Download the file again; it is damaged.";
  const refuse = (what: string, cause?: unknown) =>
    new L3MaskingError(code, `expected ${what} in ${path}`, { hint, cause });
  if (size > mostBytes) throw refuse(`at most ${mostBytes} bytes, got ${size}`);
  const bytes = read();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse("UTF-8 text, got other bytes", cause);
  }
  return parseJson(
    text,
    `bad JSON in ${path}`,
    1,
    (message) => new L3MaskingError(code, message, { hint }),
  );
}

/** A file of a checkpoint that is not there, or is no file. */
export function noFile(path: string, got: string): L3MaskingError {
  return new L3MaskingError("checkpoint-missing", `expected a file, found ${got} at ${path}`, {
    hint: "Download the whole checkpoint: config.json and all weight files.",
  });
}

/** Files in memory, by name; `where` is what messages call their folder. */
export function filesInMemory(
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
): CheckpointFiles {
  const path = (name: string) => `${where}/${name}`;
  const bytesOf = (name: string) => {
    const bytes = files.get(name);
    if (bytes === undefined) throw noFile(path(name), "nothing");
    return bytes;
  };
  return {
    where,
    names: new Set(files.keys()),
    path,
    json(name, code) {
      const bytes = bytesOf(name);
      return readJson(path(name), bytes.length, () => bytes, code);
    },
    open: (name) => ({
      source: memoryBytes(path(name), bytesOf(name)),
      close: () => undefined,
    }),
  };
}
