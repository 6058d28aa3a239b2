/** Saves a model folder that Python's transformers and transformers.js read. */
import { addFile, openDigest } from "../../platform/digest.js";
import { writeFolder } from "../../platform/files/durable-folder.js";
import { exists } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { type ModelToWrite, WEIGHTS, writtenFiles } from "./written.js";

export interface SavedCheckpoint extends ModelToWrite {
  /** Replace a folder that is there already. */
  readonly replace?: boolean;
  /** Add the checksums of its files; see `writeFolder`. */
  readonly checksums?: boolean;
}

/**
 * Writes the files of a model (see `writtenFiles`) to `folder`, which appears whole or not at all; see `writeFolder` for a folder that
 * is replaced. `values` must not change until the promise is settled.
 *
 * @returns SHA-256 (hex) of model.safetensors, as `weightsDigest` gives it
 *
 * Throws `output-exists` if the folder has files and `replace` is not set, and what `writtenFiles` throws.
 */
export async function saveCheckpoint(folder: string, checkpoint: SavedCheckpoint): Promise<string> {
  const { replace = false, checksums = false } = checkpoint;
  const files = [...writtenFiles(checkpoint)].map(([name, pieces]) => ({ name, pieces }));
  return writeFolder(folder, files, { replace, checksums }).get(WEIGHTS) ?? "";
}

/** SHA-256 (hex) of the weights in a saved folder; undefined if there are none. */
export function weightsDigest(folder: string): string | undefined {
  const path = join(folder, WEIGHTS);
  return exists(path) ? addFile(openDigest("sha256"), path).hex() : undefined;
}
