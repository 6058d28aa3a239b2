/**
 * Seeded, splittable random numbers. A stream is named by a seed and a path of names
 * (`randomStream(seed, "mask", epoch)`), so that adding draws in one place never shifts another.
 *
 * Generator: xoshiro128** (Blackman & Vigna 2018), seeded by an FNV-1a hash of the path expanded
 * with splitmix32. Not for cryptography.
 */

export interface Random {
  /** Uniform integer in [0, 2^32). */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal (Box-Muller, one value per call). */
  normal(): number;
  /** An independent stream named below this one; it does not advance this one. */
  split(...names: readonly (string | number)[]): Random;
}

/** The stream named by `seed` and `names`; equal arguments give equal streams. */
export function randomStream(seed: number, ...names: readonly (string | number)[]): Random {
  return fromPath([seed, ...names]);
}

/** A uniformly random permutation of 0 .. count-1 (Fisher-Yates). */
export function permutation(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swap = order[i];
    order[i] = order[j];
    order[j] = swap;
  }
  return order;
}

function fromPath(path: readonly (string | number)[]): Random {
  let seed = hashPath(path);
  // splitmix32 expands the 32-bit hash into the 128-bit state
  const next = () => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = seed;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) | 0;
  };
  // Two hashes of the path (the second salted) keep the state space at 64 bits of path entropy.
  let a = next();
  let b = next();
  seed = hashPath(["salt", ...path]);
  let c = next();
  let d = next() | 1;

  const uint32 = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = () => (uint32() * 2097152 + (uint32() >>> 11)) / 9007199254740992;
  return {
    uint32,
    uniform,
    integer: (bound) => Math.floor(uniform() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    split: (...names) => fromPath([...path, ...names]),
  };
}

/** FNV-1a over the path, with a separator so that ("ab", "c") differs from ("a", "bc"). */
function hashPath(path: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of path) {
    for (const character of `${typeof part}:${part}/`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
  }
  return hash | 0;
}
