/** The `vocab` of a tokenizer's model: tokens and their ids. */

import * as z from "zod";
import { L3MaskingError } from "../base/errors.js";
import { isObject } from "../base/strict-json.js";

/** Token -> id. */
export type Vocabulary = ReadonlyMap<string, number>;

/** Ids beyond this are a damaged file; it keeps pairs of ids exact in a float64. */
export const MAX_ID = 2 ** 22;

type VocabularyObject = Readonly<Record<string, number>>;

/** Whether a value is an object from tokens to ids. */
export function isTokenTable(value: unknown): value is VocabularyObject {
  if (!isObject(value)) return false;
  return Object.values(value).every(
    (id) => typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= MAX_ID,
  );
}

function isVocabulary(value: unknown): value is VocabularyObject {
  if (!isTokenTable(value)) return false;
  const ids = Object.values(value);
  return ids.length > 0 && new Set(ids).size === ids.length;
}

/** Not a zod record: that would drop a token named `__proto__`, and is slow for 50 000 entries. */
export const vocabularySchema = z.custom<VocabularyObject>(
  isVocabulary,
  `expected an object that maps tokens to distinct integer ids from 0 to ${MAX_ID}`,
);

/** One more than the largest id: ids may have gaps. */
export function vocabularySize(vocabulary: Vocabulary): number {
  let largest = -1;
  for (const id of vocabulary.values()) if (id > largest) largest = id;
  return largest + 1;
}

/** Ids without a token that a vocabulary may have beyond as many as it has tokens. */
const MAX_GAPS = 4096;

/**
 * Throws `tokenizer-format` if most ids have no token: a model has a row for every id, so a small file could ask for a
 * model of any size.
 */
export function requireFewGaps(vocabulary: Vocabulary, where: string): void {
  const size = vocabularySize(vocabulary);
  if (size <= 2 * vocabulary.size + MAX_GAPS) return;
  throw new L3MaskingError(
    "tokenizer-format",
    `${where}: expected ids without large gaps, got ${vocabulary.size} tokens and ids up to ${size - 1}`,
    { hint: "Use the tokenizer files of a single checkpoint." },
  );
}
