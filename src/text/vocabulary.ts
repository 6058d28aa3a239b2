/** The `vocab` of a tokenizer's model: tokens and their ids. */
import * as z from "zod";

/** Token -> id. */
export type Vocabulary = ReadonlyMap<string, number>;

/** Ids beyond this are a damaged file; it keeps pairs of ids exact in a float64. */
const MAX_ID = 2 ** 24;

type VocabularyObject = Readonly<Record<string, number>>;

function isVocabulary(value: unknown): value is VocabularyObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const seen = new Set<unknown>();
  for (const id of Object.values(value)) {
    if (!Number.isInteger(id) || id < 0 || id > MAX_ID || seen.has(id)) return false;
    seen.add(id);
  }
  return seen.size > 0;
}

/** Not a zod record: that would drop a token named `__proto__`, and is slow for 50 000 entries. */
export const vocabularySchema = z.custom<VocabularyObject>(
  isVocabulary,
  `expected an object from tokens to ids, each id another integer from 0 to ${MAX_ID}`,
);

/** One more than the largest id: ids may have gaps. */
export function vocabularySize(vocabulary: Vocabulary): number {
  let largest = -1;
  for (const id of vocabulary.values()) if (id > largest) largest = id;
  return largest + 1;
}
