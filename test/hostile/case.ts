/** What a hostile file is: how it is made, what is wrong with it, and what must come of it. */
import type { ErrorCode } from "../../src/base/errors.js";

/** Which reader a file is for. */
export type Kind =
  | "config"
  | "index"
  | "safetensors"
  | "torch-zip"
  | "torch-legacy"
  | "tokenizer"
  | "vocabulary"
  | "csv"
  | "tsv"
  | "json"
  | "jsonl"
  | "txt"
  | "parquet";

/** Content by file name; of kinds that read one file the first counts. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface HostileCase {
  readonly kind: Kind;
  /** What is wrong, in words; unique within its kind. */
  readonly what: string;
  /** Decided by docs/errors.md, not by what the code does. "accepted" is for files that only look bad. */
  readonly expected: ErrorCode | "accepted";
  /** What the message must hold beside the path: the line, the byte, the tensor. */
  readonly says?: string;
  /** False for a file that takes too long to make for every fuzzing thread. */
  readonly seed?: false;
  readonly make: () => string | Uint8Array | Files;
}

/** `[what is wrong, expected code, content, part of the message]` as cases of one kind. */
export function casesOf(
  kind: Kind,
  rows: readonly (readonly [
    what: string,
    expected: HostileCase["expected"],
    make: string | (() => string | Uint8Array | Files),
    says?: string | undefined,
  ])[],
): HostileCase[] {
  return rows.map(([what, expected, make, says]) => ({
    kind,
    what,
    expected,
    make: typeof make === "string" ? () => make : make,
    ...(says === undefined ? {} : { says }),
  }));
}
