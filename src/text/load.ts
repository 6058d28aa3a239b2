/** Reads the tokenizer of a checkpoint folder. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { L3MaskingError } from "../base/errors.js";
import type { Tokenizer } from "./encoding.js";
import { createTokenizer } from "./tokenizer.js";
import { type TokenizerSettings, tokenizerFileNames } from "./tokenizer-json.js";

/**
 * The tokenizer of the files in `folder` (see `createTokenizer`); `settings` overrule the files.
 *
 * Throws `checkpoint-missing` if the folder holds no vocabulary, `tokenizer-format` if a file is
 * malformed or not supported, `file-missing` if one is there but cannot be read.
 */
export async function loadTokenizer(
  folder: string,
  settings: TokenizerSettings = {},
): Promise<Tokenizer> {
  const files = new Map<string, string>();
  for (const name of tokenizerFileNames) {
    const text = await readText(join(folder, name));
    if (text !== undefined) files.set(name, text);
  }
  return createTokenizer(files, { ...settings, folder });
}

/** The text of a file, or undefined where there is none. */
async function readText(path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    await requireSmallFile(path);
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof L3MaskingError) throw cause;
    if (isMissing(cause)) return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new L3MaskingError("file-missing", `${path}: expected a readable file, got ${reason}`, {
      hint: "Check the path and its permissions.",
      cause,
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new L3MaskingError("tokenizer-format", `${path}: expected UTF-8 text, got other bytes`, {
      hint: "Copy the file again from where the checkpoint came from.",
      cause,
    });
  }
}

/** Bytes of a tokenizer file; those with 250 000 tokens have 20 MB. */
const MAX_BYTES = 100_000_000;

/** A pipe or a device in the place of a file could keep us waiting for ever. */
async function requireSmallFile(path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isFile()) {
    throw new L3MaskingError("file-missing", `${path}: expected a file, got something else`, {
      hint: "Copy the file again from where the checkpoint came from.",
    });
  }
  if (found.size > MAX_BYTES) {
    throw new L3MaskingError(
      "tokenizer-format",
      `${path}: expected at most ${MAX_BYTES} bytes, got ${found.size}`,
      { hint: "Use the tokenizer files that belong to the checkpoint." },
    );
  }
}

function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error && "code" in cause && ["ENOENT", "ENOTDIR"].includes(String(cause.code))
  );
}
