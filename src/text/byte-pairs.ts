/**
 * Byte-pair encoding: a word starts as its characters; again and again the pair of neighbours with the
 * earliest merge in the list becomes one token, the leftmost such pair first.
 *
 * Reference: Sennrich et al. (2016), Neural machine translation of rare words with subword units; what
 * happens to characters outside the vocabulary is as in `models.BPE` of Hugging Face's Rust tokenizers.
 */
import { L3MaskingError } from "../base/errors.js";
import { type Vocabulary, vocabularySize } from "./vocabulary.js";

export interface BytePairSettings {
  readonly vocabulary: Vocabulary;
  readonly merges: readonly (readonly [string, string])[];
  /** Id for characters outside the vocabulary; without it they are dropped before merging. */
  readonly unknown: number | undefined;
  /** Whether neighbouring unknown characters make one unknown token. */
  readonly fuseUnknown: boolean;
  /** Whether a word that is a token is that token, whatever the merges would say. */
  readonly ignoreMerges: boolean;
}

/** What the merges do, by rank (position in the list). */
interface MergeTable {
  /** Left id * width + right id -> rank. */
  readonly rankOfPair: ReadonlyMap<number, number>;
  /** The id that a merge makes. */
  readonly merged: Int32Array; // [number of merges]
  readonly width: number;
}

const END = -1;
/** A queue entry is rank * MAX_SYMBOLS + position: ordered by rank, then from left to right. */
const MAX_SYMBOLS = 2 ** 28;

/**
 * The ids of a word, in order. `where` names the file in messages.
 * Throws `tokenizer-format` for a merge of, or into, a token that the vocabulary lacks.
 */
export function bytePairs(settings: BytePairSettings, where: string): (word: string) => number[] {
  const { vocabulary, ignoreMerges } = settings;
  const table = mergeTable(settings, where);
  return (word) => {
    const whole = ignoreMerges ? vocabulary.get(word) : undefined;
    return whole === undefined ? mergeAll(startingIds(word, settings), table) : [whole];
  };
}

function mergeTable({ vocabulary, merges }: BytePairSettings, where: string): MergeTable {
  const width = vocabularySize(vocabulary);
  const rankOfPair = new Map<number, number>();
  const merged = new Int32Array(merges.length);
  const idOf = (token: string, rank: number): number => {
    const id = vocabulary.get(token);
    if (id !== undefined) return id;
    throw new L3MaskingError(
      "tokenizer-format",
      `${where}, merge ${rank + 1}: expected tokens of the vocabulary, got ${JSON.stringify(token)}`,
      { hint: "Use the vocabulary and merges of the same checkpoint." },
    );
  };
  for (const [rank, [left, right]] of merges.entries()) {
    rankOfPair.set(idOf(left, rank) * width + idOf(right, rank), rank);
    merged[rank] = idOf(left + right, rank);
  }
  return { rankOfPair, merged, width };
}

function startingIds(word: string, settings: BytePairSettings): number[] {
  const { vocabulary, unknown, fuseUnknown } = settings;
  const ids: number[] = [];
  let afterUnknown = false;
  for (const character of word) {
    const id = vocabulary.get(character);
    if (id !== undefined) ids.push(id);
    else if (unknown !== undefined && !(fuseUnknown && afterUnknown)) ids.push(unknown);
    afterUnknown = id === undefined;
  }
  return ids;
}

/** Symbols are a linked list over the positions of `ids`; a merge keeps the left position. */
function mergeAll(ids: number[], { rankOfPair, merged, width }: MergeTable): number[] {
  const next = Int32Array.from(ids, (_, i) => (i + 1 < ids.length ? i + 1 : END));
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const alive = new Uint8Array(ids.length).fill(1);
  const queue: number[] = [];
  const rankAt = (at: number): number | undefined =>
    next[at] === END ? undefined : rankOfPair.get(ids[at] * width + ids[next[at]]);
  const enqueue = (at: number): void => {
    const rank = rankAt(at);
    if (rank !== undefined) push(queue, rank * MAX_SYMBOLS + at);
  };
  for (let at = 0; at < ids.length; at++) enqueue(at);
  for (let entry = pop(queue); entry !== undefined; entry = pop(queue)) {
    const at = entry % MAX_SYMBOLS;
    const id = merged[(entry - at) / MAX_SYMBOLS];
    // An entry is out of date when its pair is gone; what counts is the token that a merge makes.
    const rank = alive[at] === 1 ? rankAt(at) : undefined;
    if (rank === undefined || merged[rank] !== id) continue;
    const right = next[at];
    ids[at] = id;
    alive[right] = 0;
    next[at] = next[right];
    if (next[at] !== END) previous[next[at]] = at;
    if (previous[at] !== END) enqueue(previous[at]);
    enqueue(at);
  }
  return ids.filter((_, at) => alive[at] === 1);
}

/** Adds a number to a binary heap whose least number comes first. */
function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent] <= value) break;
    heap[at] = heap[parent];
    at = parent;
  }
  heap[at] = value;
}

/** Takes the least number from a binary heap. */
function pop(heap: number[]): number | undefined {
  const least = heap[0];
  const value = heap.pop();
  if (value === undefined || heap.length === 0) return least;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= value) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
  return least;
}
