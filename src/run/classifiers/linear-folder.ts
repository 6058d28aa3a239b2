/**
 * The folder of a linear classifier: config.json (labels, what it reads), vocabulary.json (the n-grams in the order of their columns),
 * model.safetensors (weights, intercepts, and how rare each n-gram is) and temperature.json. Where it reads embeddings too, their columns
 * come after those of the n-grams, and the encoder lies beside it (`embed-folder.ts`).
 */
import { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import { isObject } from "../../base/strict-json.js";
import type { Task } from "../../data/task.js";
import { labelEntries, readLabelNames } from "../../model/checkpoint/config.js";
import { openFile, readJsonFile } from "../../model/checkpoint/folder.js";
import { readSafetensors, writeSafetensors } from "../../model/checkpoint/formats/safetensors.js";
import { vectorsOf } from "../../model/linear/logistic-regression.js";
import { columnCount, type Vocabulary } from "../../model/linear/tf-idf.js";
import type { TfidfClassifier } from "../../model/linear/tfidf-classifier.js";
import { writeFolder } from "../../platform/files/durable-folder.js";
import { join } from "../../platform/paths.js";
import { FOLDER_FORMAT, requireKnownFormat } from "../../results/records/format.js";
import { temperatureFile } from "../folder/saved-classifier.js";
import { taskEntries, taskFields, taskOf } from "../folder/saved-task.js";
import { thresholdsFile, thresholdsJson } from "../folder/thresholds-file.js";

/** What `model_type` in config.json says of these folders. */
export const LINEAR_TYPE = "l3masking-linear";

const VOCABULARY = "vocabulary.json";
const WEIGHTS = "model.safetensors";

/** As many characters as one string can have. */
const MOST_VOCABULARY_BYTES = 2 ** 29 - 24;

const ofAll = {
  model_type: z.literal(LINEAR_TYPE),
  format: z.int().positive(),
  ...taskFields,
};
const configSchema = z.discriminatedUnion("features", [
  z.object({ ...ofAll, features: z.literal("tfidf") }),
  z.object({ ...ofAll, features: z.literal("embed"), embedding_size: z.int().positive() }),
]);

/** A linear classifier with its labels. */
export interface SavedLinear {
  readonly classifier: TfidfClassifier;
  /** H, where embeddings are read beside the n-grams. */
  readonly embeddingSize?: number;
  /** Label names by id. */
  readonly labels: readonly string[];
  /** That fits dev best. */
  readonly temperature: number;
  /** From which logit on each label is given, where a text can have several and they were fitted. */
  readonly thresholds?: readonly number[] | undefined;
  readonly task: Task;
}

/** Writes the folder, in place of one that is there. Throws what `writeFolder` throws. */
export function saveLinear(folder: string, saved: SavedLinear): void {
  const { classifier, embeddingSize, labels, temperature, thresholds, task } = saved;
  const { features, linear } = classifier;
  const { words, characters } = features;
  const ngrams = columnCount(features);
  const columns = ngrams + (embeddingSize ?? 0);
  const vectors = linear.intercepts.length;
  const rarity = new Float32Array(ngrams);
  rarity.set(words.rarity);
  rarity.set(characters.rarity, words.rarity.length);
  const config = {
    model_type: LINEAR_TYPE,
    format: FOLDER_FORMAT,
    features: embeddingSize === undefined ? "tfidf" : "embed",
    ...(embeddingSize !== undefined && { embedding_size: embeddingSize }),
    ...taskEntries(task),
    ...labelEntries(labels, task.severalLabels !== undefined),
  };
  const tensors = [
    { name: "weights", shape: [columns, vectors], values: linear.weights },
    { name: "intercepts", shape: [vectors], values: linear.intercepts },
    { name: "rarity", shape: [ngrams], values: rarity },
  ];
  writeFolder(
    folder,
    [
      { name: "config.json", pieces: [jsonBytes(config, 2)] },
      { name: WEIGHTS, pieces: writeSafetensors(tensors, { dtype: "F32" }) },
      {
        name: VOCABULARY,
        pieces: [
          jsonBytes({
            words: [...words.columns.keys()],
            characters: [...characters.columns.keys()],
          }),
        ],
      },
      { name: temperatureFile, pieces: [jsonBytes({ temperature }, 2)] },
      ...(thresholds === undefined
        ? []
        : [{ name: thresholdsFile, pieces: [jsonBytes(thresholdsJson(labels, thresholds), 2)] }]),
    ],
    { replace: true },
  );
}

/**
 * Reads what `saveLinear` wrote, but for the temperature. Throws `checkpoint-missing`, `checkpoint-config`, `checkpoint-format`,
 * `checkpoint-shape` and `checkpoint-tensor` for a folder that lacks something or is damaged, and `newer-format` for that of a later
 * version.
 */
export async function loadLinear(
  folder: string,
): Promise<Omit<SavedLinear, "temperature" | "thresholds">> {
  const { labels, embeddingSize, task } = readConfig(join(folder, "config.json"));
  const ngrams = readVocabulary(join(folder, VOCABULARY));
  const rarities = ngrams.words.length + ngrams.characters.length;
  const columns = rarities + (embeddingSize ?? 0);
  const vectors = vectorsOf(labels.length, task.severalLabels !== undefined);
  const path = join(folder, WEIGHTS);
  const file = openFile(path);
  try {
    const stored = await readSafetensors(file.source);
    const read = async (name: string, shape: readonly number[]) => {
      const found = stored.find((tensor) => tensor.name === name);
      if (found === undefined) throw faulty("checkpoint-tensor", `tensor ${name}`, "none", path);
      const [expected, got] = [shape, found.shape].map((sizes) => `[${sizes.join(", ")}]`);
      if (expected !== got) {
        throw faulty("checkpoint-shape", `tensor ${name} of shape ${expected}`, got, path);
      }
      const values = await found.read();
      const odd = values.find((value) => !Number.isFinite(value));
      if (odd === undefined) return values;
      throw faulty("checkpoint-tensor", `finite values in tensor ${name}`, String(odd), path);
    };
    const weights = await read("weights", [columns, vectors]);
    const intercepts = await read("intercepts", [vectors]);
    const rarity = await read("rarity", [rarities]);
    const low = rarity.find((value) => value < 1);
    if (low !== undefined) {
      throw faulty("checkpoint-tensor", "values of at least 1 in tensor rarity", String(low), path);
    }
    const vocabulary = (names: readonly string[], first: number): Vocabulary => ({
      columns: new Map(names.map((name, column) => [name, column])),
      rarity: rarity.slice(first, first + names.length),
    });
    const features = {
      words: vocabulary(ngrams.words, 0),
      characters: vocabulary(ngrams.characters, ngrams.words.length),
    };
    return {
      classifier: { features, linear: { labels: labels.length, weights, intercepts } },
      ...(embeddingSize !== undefined && { embeddingSize }),
      labels,
      task,
    };
  } finally {
    file.close();
  }
}

/** The labels, the task, and the length of an embedding where it reads those. */
function readConfig(path: string): Pick<SavedLinear, "labels" | "embeddingSize" | "task"> {
  const json = readJsonFile(path, "checkpoint-config");
  const format = isObject(json) ? json.format : undefined;
  if (typeof format === "number") requireKnownFormat(format, path);
  const parsed = configSchema.safeParse(json);
  if (!parsed.success) {
    const { path: field, message } = parsed.error.issues[0];
    const what = `the config of a linear classifier (model_type, format, features)`;
    throw faulty("checkpoint-config", what, `${field.join(".")}: ${message}`, path);
  }
  const labels = readLabelNames(json, path) ?? [];
  const { data } = parsed;
  const size = data.features === "embed" ? { embeddingSize: data.embedding_size } : {};
  if (labels.length >= 2) return { labels, task: taskOf(data), ...size };
  throw faulty("checkpoint-config", "at least two labels in id2label", `${labels.length}`, path);
}

/** The n-grams of each kind; no kind has one twice. */
function readVocabulary(path: string) {
  const json = readJsonFile(path, "checkpoint-format", MOST_VOCABULARY_BYTES);
  const ngramsOf = (name: string): readonly string[] => {
    const list = isObject(json) ? json[name] : undefined;
    // By hand: zod notes the fault of every element, and a file can have millions.
    if (!Array.isArray(list) || !list.every((ngram) => typeof ngram === "string")) {
      throw faulty("checkpoint-format", `a list of n-grams as "${name}"`, "another value", path);
    }
    if (new Set(list).size < list.length) {
      throw faulty("checkpoint-format", `distinct n-grams as "${name}"`, "one twice", path);
    }
    return list;
  };
  return { words: ngramsOf("words"), characters: ngramsOf("characters") };
}

function jsonBytes(content: unknown, indent?: number): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, undefined, indent)}\n`);
}

type FaultCode =
  | "checkpoint-config"
  | "checkpoint-format"
  | "checkpoint-shape"
  | "checkpoint-tensor";

function faulty(code: FaultCode, expected: string, got: string, path: string): L3MaskingError {
  return new L3MaskingError(code, `expected ${expected}, got ${got} in ${path}`, {
    hint: "Copy the whole folder again, or train the classifier again; its files do not belong together.",
  });
}
