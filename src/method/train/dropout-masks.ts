/** Keep masks for the dropout sites of a pass, hashed into memory that the runtime reads in place. */
import { dropoutSeed, dropoutThreshold } from "../../engine/kernels/dropout.js";
import { createKernelMemory, type KernelMemory } from "../../engine/kernels/kernels.js";
import type { KeepMask } from "../program/training-arrays.js";
import { dropoutRate, type TrainingRates } from "../program/training-graph.js";

export interface DropoutMasks {
  /**
   * Starts the masks of one pass. Equal seeds, pass numbers and sites give equal masks, so a resumed
   * run draws what the uninterrupted one would have drawn.
   */
  begin(pass: number): void;
  readonly keepMask: KeepMask;
  /** The seed of a site's mask in this pass, for a graph that makes the mask that `keepMask` would make. */
  seedOf(site: string): number;
}

interface Chunk {
  readonly memory: KernelMemory;
  used: number;
}

/**
 * Masks drawn for `seed`; a site's rate is the attention rate where its name ends in `attention.self` or `attention.Wo`, and the classifier's
 * where it begins with `classification.`.
 */
export function createDropoutMasks(seed: number, rates: TrainingRates): DropoutMasks {
  const numbers = new Map<string, number>();
  let chunks: Chunk[] = [];
  let pass = 0;

  /** Room for `count` bytes: in the last chunk, or in a new one. */
  const reserve = (count: number): { chunk: Chunk; offset: number } => {
    const padded = Math.ceil(count / 64) * 64;
    let chunk = chunks.at(-1);
    if (chunk === undefined || chunk.used + padded > chunk.memory.buffer.byteLength) {
      chunk = { memory: createKernelMemory(padded), used: 0 };
      chunks.push(chunk);
    }
    const offset = chunk.used;
    chunk.used += padded;
    return { chunk, offset };
  };

  const seedOf = (site: string) => {
    const number = numbers.get(site) ?? numbers.size;
    numbers.set(site, number);
    return dropoutSeed(seed, number, pass);
  };

  return {
    seedOf,
    begin(nextPass) {
      pass = nextPass;
      const total = chunks.reduce((sum, { used }) => sum + used, 0);
      // One chunk that would have held the last pass, so that later passes of its size fit at once.
      if (chunks.length > 1) chunks = [{ memory: createKernelMemory(total), used: 0 }];
      for (const chunk of chunks) chunk.used = 0;
    },
    keepMask(site, count) {
      const threshold = dropoutThreshold(dropoutRate(site, rates));
      const { chunk, offset } = reserve(count);
      chunk.memory.kernels.dropoutMask(offset, count, seedOf(site), 0, threshold);
      return new Uint8Array(chunk.memory.buffer, offset, count);
    },
  };
}
