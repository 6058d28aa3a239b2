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
import { type LongTextPart, longTextParts } from "../../text/long-texts.js";

const fileName = "training_args.json";
const schema = z.object({
  format: z.int().exactOptional(),
  max_length: z.int().min(3),
  /** What is kept of longer texts; the head where it is absent. */
  long_texts: z.enum(longTextParts).exactOptional(),
});

/** A classifier in training. */
export interface SavedParts {
  readonly spec: ModelSpec;
  readonly store: ParameterStore;
  /** In id order. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
}

/**
 * Saves the current weights in place of the previous ones and returns the digest of the file; with `checksums` for a run that is not
 * finished and may go on from them. Throws what `saveCheckpoint` throws.
 */
export function saveClassifier(
  folder: string,
  { spec, store, labels, tokenizer, maxLength }: SavedParts,
  { checksums }: { readonly checksums: boolean },
): Promise<string> {
  return saveCheckpoint(folder, {
    spec,
    values: new Map(store.parameters.map(({ name }) => [name, store.weight(name)])),
    kind: "sequence-classification",
    labels,
    tokenizerFiles: new Map([
      ...tokenizer.files(maxLength),
      trainingArguments(maxLength, tokenizer),
    ]),
    replace: true,
    checksums,
  });
}

/** File name and content to save beside the weights. */
export function trainingArguments(
  maxLength: number,
  { keeps }: Pick<Tokenizer, "keeps">,
): readonly [string, string] {
  const content = {
    format: FOLDER_FORMAT,
    max_length: maxLength,
    ...(keeps && { long_texts: keeps }),
  };
  return [fileName, `${JSON.stringify(content, undefined, 2)}\n`];
}

/**
 * How a classifier read texts in training: their maximum length, undefined for folders saved by other programs, and what was kept of longer
 * ones. Throws `checkpoint-config` for a damaged file and `newer-format` for that of a later version.
 */
export function trainedReading(folder: string): {
  readonly maxLength: number | undefined;
  readonly longTexts: LongTextPart;
} {
  const path = join(folder, fileName);
  if (!exists(path)) return { maxLength: undefined, longTexts: "head" };
  const hint = "Delete the file, or give --max-length.";
  const { format, max_length, long_texts = "head" } = readSmall(path, schema, "max_length", hint);
  requireKnownFormat(format, path);
  return { maxLength: max_length, longTexts: long_texts };
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
