/** Random access to the bytes of a file, wherever it lies: on disk, in memory, behind a browser Blob. */
import { L3MaskingError } from "../../../base/errors.js";

export interface ByteSource {
  /** How messages call the file: its path. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on. The caller keeps within `size`
   * (`readBytes` and `requireRange` check); a source that yields less throws `checkpoint-format`.
   */
  read(offset: number, target: Uint8Array): Promise<void>;
}

/** A part of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

export function memoryBytes(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, target) {
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** `length` bytes from `offset`; throws `checkpoint-format` if the file ends before. */
export async function readBytes(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  requireRange(source, offset, length, what);
  const bytes = new Uint8Array(length);
  await source.read(offset, bytes);
  return bytes;
}

/** Throws `checkpoint-format` unless bytes `offset` .. `offset + length` lie in the file. */
export function requireRange(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): void {
  const end = offset + length;
  if (!Number.isSafeInteger(end) || offset < 0 || length < 0 || end > source.size) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected ${what} at bytes ${offset} to ${end} of ${source.name}, found a file of ${source.size} bytes`,
      { hint: "Download the file again; it is truncated or damaged." },
    );
  }
}

/** What kind of file this is if it is not a weight file, by its first bytes; undefined if unknown. */
export function knownStranger(start: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(start.subarray(0, 64)).trimStart().toLowerCase();
  if (text.startsWith("version https://git-lfs")) return "a Git LFS pointer (run git lfs pull)";
  if (text.startsWith("<!doctype html") || text.startsWith("<html")) return "a web page";
  return undefined;
}
