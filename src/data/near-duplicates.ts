/**
 * Texts that are nearly the same: their sets of shingles, runs of 5 characters without regard to case, punctuation and white
 * space, have a Jaccard index |A and B| / |A or B| of at least a threshold.
 *
 * Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman & Ullman 2014, "Mining of Massive Datasets", ch. 3):
 * 25 bands of 5 minima, so a pair at the threshold of 0.8 is missed once in 20 000. Each candidate's Jaccard index is then computed from
 * the sets themselves. The minima are those of one-permutation hashing (Li, Owen & Zhang 2012) with 4 permutations: one hash of a
 * shingle serves 32 slots, and an empty slot takes the value of another one (Shrivastava 2017).
 */

const SHINGLE = 5; // characters
const PERMUTATIONS = 4;
const SLOTS_LOG = 5;
const SLOTS = 2 ** SLOTS_LOG; // of each permutation
const BANDS = 25;
const BAND = 5; // minima
const EMPTY = 0xffffffff;

/** A shared bucket is compared with its first text, and with so many before each one. */
const NEIGHBOURS = 10;
/** Sets of shingles that are kept, each some kilobytes. */
const MOST_KEPT = 4096;
/** Texts between two calls of `beforeEach`. */
const STRIDE = 1024;

export interface NearDuplicateOptions {
  /** Least Jaccard index, in (0, 1]. */
  readonly threshold?: number;
  /** Called now and then with the part of the work that is done; what it throws ends the work. */
  readonly beforeEach?: ((done: number) => void) | undefined;
}

/** N texts in groups; near-duplicates of near-duplicates are in one group. */
export interface NearDuplicates {
  /** The first text of each text's group; its own index for a text that is like no other. */
  readonly groupOf: Int32Array; // [N]
  /** The text that each one was found to be like, -1 for the first of a group. */
  readonly likeOf: Int32Array; // [N]
  /** The Jaccard index of the two; 0 for the first of a group. */
  readonly similarity: Float32Array; // [N]
}

/**
 * Finds near-duplicates, equal texts among them. Texts without letters or digits are like no other. The same texts in the same order give
 * the same groups.
 */
export function nearDuplicates(
  texts: readonly string[],
  { threshold = 0.8, beforeEach }: NearDuplicateOptions = {},
): NearDuplicates {
  const found = linker(texts.length);
  const keys = texts.map(shingledText);
  const distinct = firstOfEach(keys, found);
  const bands = bandsOf(distinct, keys, (done) => beforeEach?.(0.8 * done));
  const setOf = keptSets(keys);
  const compared = new Set<number>();
  const compare = (first: number, second: number) => {
    if (found.same(first, second)) return;
    const pair = first * texts.length + second;
    if (compared.has(pair)) return;
    compared.add(pair);
    const similarity = jaccard(setOf(first), setOf(second), threshold);
    if (similarity >= threshold) found.link(first, second, similarity);
  };
  for (let band = 0; band < BANDS; band++) {
    beforeEach?.(0.8 + (0.2 * band) / BANDS);
    const buckets = new Map<number, number[]>();
    distinct.forEach((row, place) => {
      const key = bands[place * BANDS + band];
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [row]);
      else {
        compare(bucket[0], row);
        for (const other of bucket.slice(-NEIGHBOURS)) compare(other, row);
        bucket.push(row);
      }
    });
  }
  return found.result();
}

/** Letters and digits in lower case, one space for whatever is between them. */
function shingledText(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, " ")
    .trim();
}

interface Linker {
  same(first: number, second: number): boolean;
  link(first: number, second: number, similarity: number): void;
  result(): NearDuplicates;
}

/** Groups that grow by links. */
function linker(count: number): Linker {
  const parent = Int32Array.from({ length: count }, (_, row) => row);
  const links: { row: number; like: number; similarity: number }[] = [];
  const rootOf = (row: number): number => {
    let root = row;
    while (parent[root] !== root) root = parent[root];
    for (let at = row; parent[at] !== root; ) [at, parent[at]] = [parent[at], root];
    return root;
  };
  return {
    same: (first, second) => rootOf(first) === rootOf(second),
    link(first, second, similarity) {
      const [a, b] = [rootOf(first), rootOf(second)];
      parent[Math.max(a, b)] = Math.min(a, b);
      links.push({ row: first, like: second, similarity });
    },
    result() {
      const groupOf = parent.map((_, row) => rootOf(row));
      const likeOf = new Int32Array(count).fill(-1);
      const similarity = new Float32Array(count);
      // The links of a group are a tree; from its first text outwards each row has one link towards it.
      const linked = new Map<number, { row: number; similarity: number }[]>();
      for (const { row, like, similarity: value } of links) {
        for (const [from, to] of [
          [row, like],
          [like, row],
        ]) {
          const known = linked.get(from);
          if (known === undefined) linked.set(from, [{ row: to, similarity: value }]);
          else known.push({ row: to, similarity: value });
        }
      }
      const open = [...new Set(groupOf)].filter((row) => linked.has(row));
      for (let row = open.pop(); row !== undefined; row = open.pop()) {
        for (const next of linked.get(row) ?? []) {
          if (next.row === groupOf[next.row] || likeOf[next.row] !== -1) continue;
          likeOf[next.row] = row;
          similarity[next.row] = next.similarity;
          open.push(next.row);
        }
      }
      return { groupOf, likeOf, similarity };
    },
  };
}

/** Links equal texts; the first row of each text that has shingles. */
function firstOfEach(keys: readonly string[], found: Linker): number[] {
  const first = new Map<string, number>();
  keys.forEach((key, row) => {
    if (key === "") return;
    const other = first.get(key);
    if (other === undefined) first.set(key, row);
    else found.link(other, row, 1);
  });
  return [...first.values()];
}

/** Calls `take` with a hash of each shingle; a shorter text is one shingle. */
function eachShingle(text: string, take: (hash: number) => void): void {
  const last = Math.max(0, text.length - SHINGLE);
  for (let start = 0; start <= last; start++) {
    let hash = 0x811c9dc5;
    const end = Math.min(text.length, start + SHINGLE);
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    take(mixed(hash));
  }
}

/** Every bit of the result depends on every bit of the input (MurmurHash3). */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Hashes of each row's bands, [rows][BANDS]. */
function bandsOf(
  rows: readonly number[],
  keys: readonly string[],
  beforeEach: (done: number) => void,
): Uint32Array {
  const bands = new Uint32Array(rows.length * BANDS);
  const minima = new Uint32Array(PERMUTATIONS * SLOTS);
  rows.forEach((row, place) => {
    if (place % STRIDE === 0) beforeEach(place / rows.length);
    minima.fill(EMPTY);
    eachShingle(keys[row], (shingle) => {
      for (let p = 0; p < PERMUTATIONS; p++) {
        const hash = mixed(shingle ^ Math.imul(p + 1, 0x9e3779b9));
        const slot = p * SLOTS + (hash >>> (32 - SLOTS_LOG));
        const value = (hash << SLOTS_LOG) >>> 0;
        if (value < minima[slot]) minima[slot] = value;
      }
    });
    fillEmpty(minima);
    for (let band = 0; band < BANDS; band++) {
      let hash = band;
      for (let i = 0; i < BAND; i++) hash = mixed(hash ^ minima[band * BAND + i]) + i;
      bands[place * BANDS + band] = hash;
    }
  });
  return bands;
}

/** An empty slot takes the value of a filled one of its permutation, chosen by hashes that are the same for all texts. */
function fillEmpty(minima: Uint32Array): void {
  const filled = minima.map((value) => (value === EMPTY ? 0 : 1));
  minima.forEach((value, slot) => {
    if (value !== EMPTY) return;
    const first = slot - (slot % SLOTS);
    for (let attempt = 1; ; attempt++) {
      const other = first + (mixed(Math.imul(slot + 1, 0x9e3779b9) ^ attempt) % SLOTS);
      if (filled[other] === 0) continue;
      minima[slot] = minima[other];
      return;
    }
  });
}

/** The distinct shingles of a text, ascending; those of the last texts asked for are kept. */
function keptSets(keys: readonly string[]): (row: number) => Uint32Array {
  const kept = new Map<number, Uint32Array>();
  return (row) => {
    const known = kept.get(row);
    if (known !== undefined) return known;
    const hashes = new Uint32Array(Math.max(1, keys[row].length - SHINGLE + 1));
    let count = 0;
    eachShingle(keys[row], (hash) => {
      hashes[count++] = hash;
    });
    const set = hashes.sort().filter((hash, at) => at === 0 || hash !== hashes[at - 1]);
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(row, set);
    return set;
  };
}

/** The Jaccard index of two ascending sets; 0 where their sizes alone keep it below the threshold. */
function jaccard(first: Uint32Array, second: Uint32Array, threshold: number): number {
  const [small, large] = [first, second].map(({ length }) => length).toSorted((a, b) => a - b);
  if (small < threshold * large) return 0;
  let shared = 0;
  for (let i = 0, j = 0; i < first.length && j < second.length; ) {
    if (first[i] === second[j]) {
      shared++;
      i++;
      j++;
    } else if (first[i] < second[j]) i++;
    else j++;
  }
  return shared / (first.length + second.length - shared);
}
