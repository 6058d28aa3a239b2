/**
 * Dropout without a stored state: whether element i is kept is a hash of i and a seed, the same
 * bits in TypeScript, in the WebAssembly kernel and in a graph of 32-bit integer operations. A run
 * resumed at any step draws the same masks.
 */
import { L3MaskingError } from "../../base/errors.js";

/**
 * 1 if element `index` is kept under `seed`, else 0. With all arithmetic modulo 2^32:
 *
 *     v = index * 0x9E3779B1 + seed
 *     v = v * (2v + 1)
 *     v = rotate(v, 16)
 *     v = v * 0x85EBCA6B + seed
 *     v = v * (2v + 1)
 *     keep = v >= threshold
 *
 * Every step permutes the 32-bit integers (the quadratic one is RC6's, Rivest et al. 1998), so that
 * no two indices share a value; the rotation carries the well-mixed high half into the low half for
 * the second round, and the comparison reads the high bits.
 *
 * @param index element number; taken modulo 2^32
 * @param seed from `dropoutSeed`: one for each site and step
 * @param threshold from `dropoutThreshold`
 */
export function dropoutKeep(index: number, seed: number, threshold: number): 0 | 1 {
  let value = (Math.imul(index, 0x9e3779b1) + seed) | 0;
  value = Math.imul(value, 2 * value + 1);
  value = (value << 16) | (value >>> 16);
  value = (Math.imul(value, 0x85ebca6b) + seed) | 0;
  value = Math.imul(value, 2 * value + 1);
  return value >>> 0 < threshold ? 0 : 1;
}

/**
 * The hash value below which an element is dropped: floor(probability * 2^32), for a probability in
 * [0, 1).
 */
export function dropoutThreshold(probability: number): number {
  if (!(probability >= 0 && probability < 1)) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a dropout probability in [0, 1), got ${probability}`,
      { hint: "Set the model's dropout probability to 0 to switch dropout off." },
    );
  }
  return Math.floor(probability * 2 ** 32);
}

/**
 * The seed of one dropout site at one step: an unsigned 32-bit integer. For a given run seed, two
 * pairs that differ in the site alone, or in the step alone, never share a seed: each stage is a
 * permutation.
 *
 * @param seed the run's seed
 * @param site number of the dropout site in the graph
 * @param step number of the forward pass since the run began
 */
export function dropoutSeed(seed: number, site: number, step: number): number {
  for (const [name, value] of Object.entries({ seed, site, step })) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected a dropout ${name} that is an integer in [0, 2^32), got ${value}`,
        { hint: `Pass the ${name} as a whole number.` },
      );
    }
  }
  return mix(mix(mix(seed) ^ step) ^ site) >>> 0;
}

/**
 * The 32-bit finalizer of MurmurHash3 (Appleby 2011) after an odd constant that moves 0 away from
 * itself.
 */
function mix(value: number): number {
  let mixed = (value + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
