/** Reads the tokenizer of a checkpoint folder. */
import { L3MaskingError, messageOf } from "../base/errors.js";
import { entryAt, readBytes } from "../platform/files/files.js";
import { join } from "../platform/paths.js";
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
  const files = new Map<string, Uint8Array>();
  for (const name of tokenizerFileNames) {
    const bytes = smallFile(join(folder, name));
    if (bytes !== undefined) files.set(name, bytes);
  }
  return createTokenizer(files, { ...settings, folder });
}

/** Bytes of a tokenizer file; those with 250 000 tokens have 20 MB. */
const MAX_BYTES = 100_000_000;

/** The bytes of a file that is one, or undefined where there is none: a pipe or a device in its place could keep us waiting for ever. */
function smallFile(path: string): Uint8Array | undefined {
  try {
    const found = entryAt(path);
    if (found === undefined) return undefined;
    if (found.kind !== "file") {
      throw new L3MaskingError("file-missing", `${path}: expected a file, found something else`, {
        hint: "Download the file again.",
      });
    }
    if (found.size > MAX_BYTES) {
      throw new L3MaskingError(
        "tokenizer-format",
        `${path}: expected at most ${MAX_BYTES} bytes, got ${found.size}`,
        { hint: "Use the tokenizer files that belong to the checkpoint." },
      );
    }
    return readBytes(path);
  } catch (cause) {
    if (cause instanceof L3MaskingError) throw cause;
    throw new L3MaskingError(
      "file-missing",
      `${path}: expected a readable file, got ${messageOf(cause)}`,
      { hint: "Check the path and its permissions.", cause },
    );
  }
}
