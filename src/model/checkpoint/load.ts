/** Loads a checkpoint folder. */
import { join } from "../../platform/paths.js";
import type { ModelSpec } from "../spec.js";
import { parseModelConfig } from "./config.js";
import { digestFiles, filesInFolder, readJsonFile } from "./folder.js";
import { type ReadCheckpoint, readCheckpoint, readIndex, shardNames } from "./read.js";

export interface Checkpoint extends ReadCheckpoint {
  /** SHA-256 (hex) of config.json and the weight files: equal files, equal scores. */
  readonly digest: string;
}

/** Reads the checkpoint in `folder`. Throws `checkpoint-missing` if it is no folder, and what `readCheckpoint` throws. */
export async function loadCheckpoint(folder: string): Promise<Checkpoint> {
  const read = await readCheckpoint(filesInFolder(folder));
  return { ...read, digest: digestFiles(folder, ["config.json", ...read.report.files]) };
}

/**
 * Reads config.json alone. Throws `checkpoint-missing`, and `checkpoint-config` for a model that we do not compute, as
 * `readCheckpoint` does.
 */
export async function readConfig(
  folder: string,
): Promise<{ readonly json: unknown; readonly spec: ModelSpec }> {
  const path = join(folder, "config.json");
  const json = readJsonFile(path, "checkpoint-config");
  return { json, spec: parseModelConfig(json, path) };
}

/**
 * The shards of a sharded checkpoint, each once. They lie beside the index: a name that leads elsewhere is
 * `checkpoint-format`.
 */
export async function readShardNames(folder: string, index: string): Promise<readonly string[]> {
  const path = join(folder, index);
  return shardNames(readIndex(readJsonFile(path, "checkpoint-format"), path));
}
