/** Which files of a model repository are needed, and which of them a folder of the cache has. */
import { readShardNames } from "../../model/checkpoint/load.js";
import { isIndex, weightFileNames } from "../../model/checkpoint/read.js";
import type { Snapshot } from "../../model/hub/cache.js";
import { tokenizerSideFiles, vocabularyFiles, vocabularyText } from "../../text/tokenizer-json.js";

/** What a command does with a model: encode texts, run it, or classify with it as it was trained. */
export type ModelUse = "tokenizer" | "model" | "classifier";

export const CONFIG_FILE = "config.json";

/** Files of trained classifiers that say how to predict with them; see `folder/saved-classifier.ts`. */
const classifierFiles = ["training_args.json", "temperature.json", "thresholds.json"];

/** Files that count where a repository has them. */
export function sideFiles(use: ModelUse): readonly string[] {
  if (use === "tokenizer") return [...tokenizerSideFiles, CONFIG_FILE];
  return use === "classifier" ? [...tokenizerSideFiles, ...classifierFiles] : tokenizerSideFiles;
}

/** What a snapshot of the cache is good for. */
export interface SnapshotState {
  /** What has to be there and is not, in words. */
  readonly missing: readonly string[];
  /** Files of which is not known whether the repository has them; they may change how texts are read. */
  readonly uncertain: readonly string[];
}

/** Compares what is in a snapshot with what is needed. Throws `checkpoint-format` for a damaged index of shards. */
export async function snapshotState(snapshot: Snapshot, use: ModelUse): Promise<SnapshotState> {
  const missing: string[] = [];
  if (use !== "tokenizer") {
    if (!snapshot.has(CONFIG_FILE)) missing.push(CONFIG_FILE);
    missing.push(...(await missingWeights(snapshot)));
  }
  const whole = vocabularyFiles.findIndex((names) => names.every(snapshot.has));
  if (whole < 0) missing.push(vocabularyText);
  const better = vocabularyFiles.slice(0, Math.max(whole, 0)).flat();
  const uncertain = [...sideFiles(use), ...better].filter(
    (name) => !snapshot.has(name) && !snapshot.lacks(name),
  );
  return { missing, uncertain };
}

async function missingWeights(snapshot: Snapshot): Promise<readonly string[]> {
  let missing: readonly string[] = [weightsText];
  for (const name of weightFileNames.filter(snapshot.has)) {
    const shards = isIndex(name) ? await readShardNames(snapshot.folder, name) : [];
    const absent = shards.filter((shard) => !snapshot.has(shard));
    if (absent.length === 0) return [];
    missing = absent;
  }
  return missing;
}

const weightsText = "model.safetensors or pytorch_model.bin";

/** What has to be in a folder, and what belongs there too, in words. */
export function neededFiles(use: ModelUse): string {
  const needed = [...(use === "tokenizer" ? [] : [CONFIG_FILE, weightsText]), vocabularyText];
  return `${needed.join("; ")}; and, if it has them, ${sideFiles(use).join(", ")}`;
}
