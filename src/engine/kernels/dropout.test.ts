import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { dropoutKeep, dropoutSeed, dropoutThreshold } from "./dropout.js";
import { createKernelMemory } from "./kernels.js";

const million = 1_000_000;

/** The hash in exact integer arithmetic, reduced modulo 2^32 at each line. */
function exactHash(index: bigint, seed: bigint): number {
  const wrap = (value: bigint) => value % 2n ** 32n;
  let v = wrap(index * 0x9e3779b1n + seed);
  v = wrap(v * (2n * v + 1n));
  v = wrap(v / 65536n + v * 65536n);
  v = wrap(v * 0x85ebca6bn + seed);
  v = wrap(v * (2n * v + 1n));
  return Number(v);
}

/** Correlation of two 0/1 sequences. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  let sumA = 0;
  let sumB = 0;
  let both = 0;
  for (let i = 0; i < a.length; i++) {
    sumA += a[i];
    sumB += b[i];
    both += a[i] & b[i];
  }
  const meanA = sumA / a.length;
  const meanB = sumB / b.length;
  return (both / a.length - meanA * meanB) / Math.sqrt(meanA * (1 - meanA) * meanB * (1 - meanB));
}

function maskOf(count: number, seed: number, probability: number, firstIndex = 0): Uint8Array {
  const { buffer, kernels } = createKernelMemory(count);
  kernels.dropoutMask(0, count, seed, firstIndex, dropoutThreshold(probability));
  return new Uint8Array(buffer, 0, count);
}

describe("dropoutKeep", () => {
  it("follows the recipe in exact arithmetic", () => {
    const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(word, word, word, (index, seed, threshold) => {
        const hash = exactHash(BigInt(index), BigInt(seed));
        expect(dropoutKeep(index, seed, threshold)).toBe(hash < threshold ? 0 : 1);
        expect([dropoutKeep(index, seed, hash), dropoutKeep(index, seed, hash + 1)]).toEqual([
          1, 0,
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [0.1, 12345, 0],
    [0.5, 0xffffffff, 0xfffffff0],
  ])("is the kernel's mask over a million elements (p = %d)", (probability, seed, firstIndex) => {
    const threshold = dropoutThreshold(probability);
    const mask = maskOf(million, seed, probability, firstIndex);
    let differences = 0;
    for (let i = 0; i < million; i++) {
      if (mask[i] !== dropoutKeep(firstIndex + i, seed, threshold)) differences++;
    }
    expect(differences).toBe(0);
  });

  it("is the kernel's mask where the hash meets the threshold", () => {
    const { buffer, kernels } = createKernelMemory(20);
    const mask = new Uint8Array(buffer, 0, 20);
    // The last four elements are the tail of one vector.
    for (let index = 0; index < 20; index++) {
      const hash = exactHash(BigInt(index), 99n);
      kernels.dropoutMask(0, 20, 99, 0, hash);
      expect(mask[index]).toBe(1);
      kernels.dropoutMask(0, 20, 99, 0, hash + 1);
      expect(mask[index]).toBe(0);
    }
  });

  it("keeps everything at probability 0", () => {
    expect(maskOf(1000, 7, 0).every((kept) => kept === 1)).toBe(true);
  });
});

describe("the quality of a mask", () => {
  // Under independence a correlation of n pairs has standard deviation 1/sqrt(n). The bound is five of them: each check fails
  // by chance once in 1.7 million seeds, and the seeds are fixed.
  const bound = 5 / Math.sqrt(million);
  const seeds = [0, 1, 0x9e3779b1, dropoutSeed(0, 3, 7), dropoutSeed(1, 0, 1)];

  it.each(seeds)("drops a tenth of the elements (seed %d)", (seed) => {
    const kept = maskOf(million, seed, 0.1).reduce((sum, bit) => sum + bit, 0);
    expect(Math.abs(kept / million - 0.9)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / million));
  });

  it.each(seeds)("does not repeat itself at any lag of interest (seed %d)", (seed) => {
    const lags = [1, 2, 3, 4, 16, 64, 128, 768, 3072, 16384, 65536, 98304];
    const mask = maskOf(million + Math.max(...lags), seed, 0.1);
    for (const lag of lags) {
      const shifted = mask.subarray(lag, lag + million);
      expect(Math.abs(correlation(mask.subarray(0, million), shifted)), `lag ${lag}`).toBeLessThan(
        bound,
      );
    }
  });

  it("has a share of drops in every block that a fair coin would have", () => {
    // Sum over 1000 blocks of 1000 of (drops - 100)^2 / 90: chi-squared, mean 1000, standard deviation sqrt(2000).
    for (const seed of seeds) {
      const mask = maskOf(million, seed, 0.1);
      let statistic = 0;
      for (let block = 0; block < 1000; block++) {
        const drops =
          1000 - mask.subarray(block * 1000, block * 1000 + 1000).reduce((a, b) => a + b);
        statistic += (drops - 100) ** 2 / 90;
      }
      expect(Math.abs(statistic - 1000), `seed ${seed}`).toBeLessThan(5 * Math.sqrt(2000));
    }
  });

  it.each([
    ["sites", dropoutSeed(5, 0, 9), dropoutSeed(5, 1, 9)],
    ["steps", dropoutSeed(5, 0, 9), dropoutSeed(5, 0, 10)],
    ["runs", dropoutSeed(5, 0, 9), dropoutSeed(6, 0, 9)],
    ["neighbouring seeds", 41, 42],
  ])("is unrelated between %s", (_, one, other) => {
    const related = correlation(maskOf(million, one, 0.1), maskOf(million, other, 0.1));
    expect(Math.abs(related)).toBeLessThan(bound);
  });
});

describe("dropoutSeed", () => {
  it("never repeats among the sites of a step or the steps of a site", () => {
    const sites = new Set(Array.from({ length: 20_000 }, (_, site) => dropoutSeed(3, site, 12)));
    const steps = new Set(Array.from({ length: 20_000 }, (_, step) => dropoutSeed(3, 12, step)));
    expect([sites.size, steps.size]).toEqual([20_000, 20_000]);
  });

  it("tells site and step apart", () => {
    const pairs = Array.from({ length: 10_000 }, (_, i) => [i % 100, Math.floor(i / 100)] as const);
    expect(new Set(pairs.map(([site, step]) => dropoutSeed(3, site, step))).size).toBe(10_000);
  });

  it("flips half of its bits when one bit of an argument flips", () => {
    const random = randomStream(1, "avalanche");
    const bitCount = (value: number) => value.toString(2).replaceAll("0", "").length;
    for (const argument of [0, 1, 2]) {
      let flipped = 0;
      for (let trial = 0; trial < 4000; trial++) {
        const before: [number, number, number] = [
          random.uint32(),
          random.uint32(),
          random.uint32(),
        ];
        const after: [number, number, number] = [...before];
        after[argument] = (before[argument] ^ (1 << (trial % 32))) >>> 0;
        flipped += bitCount((dropoutSeed(...before) ^ dropoutSeed(...after)) >>> 0);
      }
      // The mean of 4000 x 32 fair bits has standard deviation 0.0014; the bound is five of them.
      expect(Math.abs(flipped / 4000 / 32 - 0.5)).toBeLessThan(5 * 0.0014);
    }
  });

  it.each([
    ["seed", -1, 0, 0],
    ["site", 0, 0.5, 0],
    ["step", 0, 0, 2 ** 32],
  ])("refuses a %s outside the 32-bit integers", (name, seed, site, step) => {
    expect(() => dropoutSeed(seed, site, step)).toThrow(`a dropout ${name} that is an integer`);
  });
});

describe("dropoutThreshold", () => {
  it("is the probability in units of 2^-32", () => {
    expect([0, 0.1, 0.5].map(dropoutThreshold)).toEqual([0, 429496729, 2147483648]);
  });

  it.each([-0.1, 1, Number.NaN])("refuses a probability of %d", (probability) => {
    expect(() => dropoutThreshold(probability)).toThrow("a dropout probability in [0, 1)");
  });
});
