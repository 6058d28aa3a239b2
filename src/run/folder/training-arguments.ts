/** The file beside saved weights that says how texts were read in training, so that prediction reads them alike. */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { singleTexts, type Task } from "../../data/task.js";
import { FOLDER_FORMAT, requireKnownFormat } from "../../results/records/format.js";
import type { Tokenizer } from "../../text/encoding.js";
import { type LongTextPart, longTextParts } from "../../text/long-texts.js";
import { taskEntries, taskFields, taskOf } from "./saved-task.js";

export const trainingArgumentsFile = "training_args.json";

const schema = z.object({
  format: z.int().exactOptional(),
  max_length: z.int().min(3),
  /** What is kept of longer texts; the head where it is absent. */
  long_texts: z.enum(longTextParts).exactOptional(),
  ...taskFields,
});

/** File name and content to save beside the weights. */
export function trainingArguments(
  maxLength: number,
  { keeps }: Pick<Tokenizer, "keeps">,
  task: Task,
): readonly [string, string] {
  const content = {
    format: FOLDER_FORMAT,
    max_length: maxLength,
    ...(keeps && { long_texts: keeps }),
    ...taskEntries(task),
  };
  return [trainingArgumentsFile, `${JSON.stringify(content, undefined, 2)}\n`];
}

/** How a classifier read texts in training. */
export interface TrainedReading {
  /** Undefined for folders saved by other programs. */
  readonly maxLength: number | undefined;
  /** What was kept of longer texts. */
  readonly longTexts: LongTextPart;
  readonly task: Task;
}

/**
 * What the file says whose text `read` gives; undefined stands for no file. Throws `checkpoint-config` for a damaged file and
 * `newer-format` for that of a later version.
 */
export function trainedReadingOf(path: string, read: (() => string) | undefined): TrainedReading {
  if (read === undefined) return { maxLength: undefined, longTexts: "head", task: singleTexts };
  const hint = "Delete the file, or give --max-length.";
  const content = parsedSmall(path, read, schema, "max_length", hint);
  requireKnownFormat(content.format, path);
  return {
    maxLength: content.max_length,
    longTexts: content.long_texts ?? "head",
    task: taskOf(content),
  };
}

/** A file of one number. Throws `checkpoint-config` where it is damaged or cannot be read. */
export function parsedSmall<Value>(
  path: string,
  read: () => string,
  content: z.ZodType<Value>,
  name: string,
  hint: string,
): Value {
  try {
    return content.parse(JSON.parse(read()));
  } catch (cause) {
    const message = `expected {"${name}": number} in ${path}`;
    throw new L3MaskingError("checkpoint-config", message, { hint, cause });
  }
}
