/** Reads a checkpoint: config.json and weights in any layout Hugging Face has written. */
import * as z from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { isObject } from "../../base/strict-json.js";
import type { ParameterValues } from "../parameters.js";
import type { ModelSpec } from "../spec.js";
import { assembleParameters } from "./assemble.js";
import { mayBeClassifier, parseModelConfig } from "./config.js";
import { type CheckpointFiles, isPlainFileName, type OpenFile } from "./files.js";
import { readSafetensors } from "./formats/safetensors.js";
import type { StoredTensor } from "./formats/stored-tensor.js";
import { readTorchBin } from "./formats/torch-bin.js";
import type { LoadReport, WeightFormat } from "./report.js";

export interface ReadCheckpoint {
  /** `labels` is set if and only if the checkpoint is a sequence classifier. */
  readonly spec: ModelSpec;
  /** The body, and the heads the checkpoint has. */
  readonly values: ParameterValues;
  readonly report: LoadReport;
}

/** Weight files in the order of preference; an index names the shards. */
export const weightFileNames = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;

/**
 * Reads the checkpoint of some files. Float16 and bfloat16 weights are widened to float32. Heads may be
 * missing (`report.missing`) and tensors may be left over (`report.unexpected`).
 *
 * Throws `checkpoint-missing` (a file), `checkpoint-config` (not a model we compute),
 * `checkpoint-format` (damaged file), `checkpoint-pickle` (a pickle of more than tensors),
 * `checkpoint-shape` and `checkpoint-tensor` (weights that disagree with the config).
 */
export async function readCheckpoint(given: CheckpointFiles): Promise<ReadCheckpoint> {
  const { where, names } = given;
  const json = given.json("config.json", "checkpoint-config");
  const spec = parseModelConfig(json, given.path("config.json"));
  const weights = weightFileNames.find((name) => names.has(name));
  if (weights === undefined) throw noWeights(where, names);

  const shards = isIndex(weights)
    ? readIndex(given.json(weights, "checkpoint-format"), given.path(weights))
    : undefined;
  const files = shards ? shardNames(shards) : [weights];
  const opened: OpenFile[] = [];
  try {
    const parts: WeightFile[] = [];
    for (const name of files) {
      const file = given.open(name);
      opened.push(file);
      parts.push(await readWeights(file, weights));
    }
    const stored = parts.flatMap(({ tensors }) => tensors);
    requireDistinct(stored);
    if (shards) requireIndexed(shards, stored, given.path(weights));
    const assembly = await assembleParameters(spec, stored, {
      where,
      sequenceClassifier: mayBeClassifier(architecturesSchema.parse(json)),
    });
    const { values, missing, unexpected, dtypes, classes } = assembly;
    return {
      spec: { ...spec, labels: classes === undefined ? undefined : labelsOf(spec, classes) },
      values,
      report: { files, format: parts[0].format, dtypes, loaded: values.size, missing, unexpected },
    };
  } finally {
    for (const file of opened) file.close();
  }
}

/** Does a weight file only name the shards that hold the weights? */
export function isIndex(name: string): boolean {
  return name.endsWith(".index.json");
}

/** The shards that an index names, each once. */
export function shardNames(shards: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set(shards.values())].sort();
}

interface WeightFile {
  readonly format: WeightFormat;
  readonly tensors: readonly StoredTensor[];
}

async function readWeights(file: OpenFile, weights: string): Promise<WeightFile> {
  if (!weights.startsWith("model.safetensors")) return readTorchBin(file.source);
  return { format: "safetensors", tensors: await readSafetensors(file.source) };
}

/** Not a zod record: that would note the fault of every entry, and an index can have a million. */
function isFileTable(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  return Object.values(value).every((name) => typeof name === "string");
}

const indexSchema = z.object({ weight_map: z.custom<Record<string, string>>(isFileTable) });

/**
 * File of each tensor, by the index of a sharded checkpoint. The files lie beside the index: a name that leads elsewhere is
 * `checkpoint-format`.
 */
export function readIndex(json: unknown, where: string): ReadonlyMap<string, string> {
  const parsed = indexSchema.safeParse(json);
  const shards = new Map(parsed.success ? Object.entries(parsed.data.weight_map) : []);
  if (shards.size === 0) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected weight_map to name the file of each tensor, found none in ${where}`,
      { hint: "Download the index again; it is damaged." },
    );
  }
  const outside = [...shards.values()].find((name) => !isPlainFileName(name));
  if (outside !== undefined) {
    throw new L3MaskingError(
      "checkpoint-format",
      `expected plain file names in weight_map, got ${JSON.stringify(outside)} in ${where}`,
      { hint: "Do not trust this checkpoint; shards must be in the folder of the index." },
    );
  }
  return shards;
}

function requireDistinct(stored: readonly StoredTensor[]): void {
  const seen = new Map<string, string>();
  for (const { name, where } of stored) {
    const other = seen.get(name);
    if (other !== undefined) {
      throw new L3MaskingError(
        "checkpoint-tensor",
        `expected tensor ${name} once, found it in ${other} and in ${where}`,
        { hint: "Download the folder again; it mixes shards of different checkpoints." },
      );
    }
    seen.set(name, where);
  }
}

function requireIndexed(
  shards: ReadonlyMap<string, string>,
  stored: readonly StoredTensor[],
  where: string,
): void {
  const names = new Set(stored.map(({ name }) => name));
  const absent = [...shards].find(([name]) => !names.has(name));
  if (absent) {
    throw new L3MaskingError(
      "checkpoint-tensor",
      `expected tensor ${absent[0]} in ${absent[1]}, as ${where} says, found none`,
      { hint: "Download the folder again; it mixes shards of different checkpoints." },
    );
  }
}

const architecturesSchema = z.object({ architectures: z.array(z.string()).nullish() });

function labelsOf(spec: ModelSpec, classes: number): readonly string[] {
  return spec.labels ?? Array.from({ length: classes }, (_, id) => `LABEL_${id}`);
}

function noWeights(folder: string, present: ReadonlySet<string>): L3MaskingError {
  const foreign = ["tf_model.h5", "flax_model.msgpack", "model.ckpt.index"].find((name) =>
    present.has(name),
  );
  return new L3MaskingError(
    "checkpoint-missing",
    `expected weights (${weightFileNames.join(", ")}), found ${foreign ?? "none"} in ${folder}`,
    { hint: "Download the PyTorch or safetensors weights of the checkpoint." },
  );
}
