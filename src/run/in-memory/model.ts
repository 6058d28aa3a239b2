/** A model whose files are in memory, as a page has them. */
import { filesInMemory } from "../../model/checkpoint/files.js";
import { type ReadCheckpoint, readCheckpoint } from "../../model/checkpoint/read.js";
import type { Tokenizer } from "../../text/encoding.js";
import { createTokenizer } from "../../text/tokenizer.js";
import { tokenizerFileNames } from "../../text/tokenizer-json.js";
import { thresholdsFile, thresholdsOf } from "../folder/thresholds-file.js";
import { trainedReadingOf, trainingArgumentsFile } from "../folder/training-arguments.js";
import {
  type ClassifierReading,
  classifierReading,
  requireTokenizerFits,
} from "../sources/model-facts.js";

/** The files of a model folder, by name. */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

export interface ModelInMemory extends ReadCheckpoint {
  /** What messages call its place. */
  readonly folder: string;
  readonly tokenizer: Tokenizer;
}

/**
 * Reads checkpoint and tokenizer. Throws `checkpoint-config` if the tokenizer has ids that the model lacks, and what `readCheckpoint` and
 * `createTokenizer` throw.
 */
export async function readModel(files: ModelFiles, folder: string): Promise<ModelInMemory> {
  const given = filesInMemory(folder, files);
  const checkpoint = await readCheckpoint(given);
  const ofTokenizer = [...files].filter(([name]) => tokenizerFileNames.includes(name));
  const tokenizer = createTokenizer(new Map(ofTokenizer), { folder });
  requireTokenizerFits(tokenizer, checkpoint.spec, given.path("config.json"));
  return { ...checkpoint, folder, tokenizer };
}

/** A trained classifier that was read. */
export type ClassifierInMemory = ModelInMemory &
  ClassifierReading & {
    /** From which logit on each label is given, where a text can have several. */
    readonly thresholds: readonly number[] | undefined;
  };

/** Throws what `classifierReading`, `trainedReadingOf` and `readModel` throw. */
export async function readClassifier(
  files: ModelFiles,
  folder: string,
): Promise<ClassifierInMemory> {
  const model = await readModel(files, folder);
  const readerOf = (name: string) => {
    const bytes = files.get(name);
    return bytes && (() => new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  };
  const named = (name: string) => [`${folder}/${name}`, readerOf(name)] as const;
  const reading = classifierReading(model, trainedReadingOf(...named(trainingArgumentsFile)));
  const thresholds = thresholdsOf(...named(thresholdsFile), reading.labels, reading.task);
  return { ...model, ...reading, thresholds };
}
