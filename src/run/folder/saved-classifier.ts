/** The folder of a saved classifier: its checkpoint, the settings that prediction shares with training, and the temperature fitted on dev. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import type { ParameterStore } from "../../method/train/parameter-store.js";
import { saveCheckpoint } from "../../model/checkpoint/save.js";
import type { ModelSpec } from "../../model/spec.js";
import { exists, readText } from "../../platform/files/files.js";
import { join } from "../../platform/paths.js";
import { FOLDER_FORMAT, requireKnownFormat } from "../../results/records/format.js";
import type { Tokenizer } from "../../text/encoding.js";

const fileName = "training_args.json";
const schema = z.object({ format: z.int().exactOptional(), max_length: z.int().min(3) });

/** A classifier in training. */
export interface SavedParts {
  readonly spec: ModelSpec;
  readonly store: ParameterStore;
  /** In id order. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
}

/** Saves the current weights in place of the previous ones and returns the digest of the file. Throws what `saveCheckpoint` throws. */
export function saveClassifier(
  folder: string,
  { spec, store, labels, tokenizer, maxLength }: SavedParts,
): Promise<string> {
  return saveCheckpoint(folder, {
    spec,
    values: new Map(store.parameters.map(({ name }) => [name, store.weight(name)])),
    kind: "sequence-classification",
    labels,
    tokenizerFiles: new Map([...tokenizer.files(maxLength), trainingArguments(maxLength)]),
    replace: true,
  });
}

/** File name and content to save beside the weights. */
export function trainingArguments(maxLength: number): readonly [string, string] {
  return [
    fileName,
    `${JSON.stringify({ format: FOLDER_FORMAT, max_length: maxLength }, undefined, 2)}\n`,
  ];
}

/**
 * The max_length a classifier was trained with; undefined for folders saved by other programs. Throws
 * `checkpoint-config` for a damaged file and `newer-format` for that of a later version.
 */
export function trainedMaxLength(folder: string): number | undefined {
  const path = join(folder, fileName);
  if (!exists(path)) return undefined;
  const hint = "Delete the file, or give --max-length.";
  const { format, max_length } = readSmall(path, schema, "max_length", hint);
  requireKnownFormat(format, path);
  return max_length;
}

/** Holds the temperature for which softmax(logits / temperature) fits the dev split best. */
export const temperatureFile = "temperature.json";
const temperatureSchema = z.object({ temperature: z.number().positive() });

/** The temperature that was fitted when a classifier was trained. Throws `checkpoint-config` where there is none. */
export function trainedTemperature(folder: string): number {
  const path = join(folder, temperatureFile);
  const hint = "Train the classifier with this version, or omit --fitted-temperature.";
  return readSmall(path, temperatureSchema, "temperature", hint).temperature;
}

/** A file of one number. Throws `checkpoint-config` where it is missing or damaged. */
function readSmall<Value>(
  path: string,
  content: z.ZodType<Value>,
  name: string,
  hint: string,
): Value {
  try {
    return content.parse(JSON.parse(readText(path)));
  } catch (cause) {
    const message = `expected {"${name}": number} in ${path}`;
    throw new L3MaskingError("checkpoint-config", message, { hint, cause });
  }
}
