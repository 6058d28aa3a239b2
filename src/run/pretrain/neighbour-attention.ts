/**
 * First values with which attention finds neighbouring tokens at once, where random ones take millions of tokens to
 * learn it.
 *
 * A hidden state is divided into W word dimensions and P position dimensions (the last P). Word embeddings are zero in the
 * position dimensions, the position table is zero in the word dimensions, so attention by position is not disturbed by
 * the words.
 *
 * Legend: H hidden size, A heads, D = H/A, W + P = H.
 */
import type { Random } from "../../base/random.js";

/** Slowest and fastest rotation of the position table, in radians per position. */
const SLOWEST = 2 / 512;
const FASTEST = 1.5;

/** The frequency of a pair of position dimensions: geometric from FASTEST to SLOWEST. */
function frequency(pair: number, pairs: number): number {
  return FASTEST * (SLOWEST / FASTEST) ** (pair / Math.max(1, pairs - 1));
}

/** How many of `hiddenSize` dimensions tell the position: as many as a head has, in pairs. */
export function positionDimensions(hiddenSize: number, heads: number): number {
  return 2 * Math.floor(hiddenSize / heads / 2);
}

/**
 * Position table [n, H]: p[i] = length * sqrt(2 / P) * [0 .. 0 | sin(i w_0) .. | cos(i w_0) ..], so that every row has the
 * given length.
 *
 * Reference: Vaswani et al. 2017, "Attention Is All You Need", section 3.5 (other frequencies and column order).
 */
export function positionTable(
  table: Float32Array,
  hiddenSize: number,
  dimensions: number,
  length: number,
): void {
  table.fill(0);
  const pairs = dimensions / 2;
  const amplitude = length / Math.sqrt(pairs);
  const rows = table.length / hiddenSize;
  for (let row = 0; row < rows; row++) {
    const at = row * hiddenSize + hiddenSize - dimensions;
    for (let pair = 0; pair < pairs; pair++) {
      const angle = row * frequency(pair, pairs);
      table[at + pair] = amplitude * Math.sin(angle);
      table[at + pairs + pair] = amplitude * Math.cos(angle);
    }
  }
}

/** The four weight matrices of one attention block, [H, H], rows are outputs. */
export interface AttentionWeights {
  readonly query: Float32Array;
  readonly key: Float32Array;
  readonly value: Float32Array;
  readonly output: Float32Array;
}

/** Where a head looks. */
export interface NeighbourLook {
  /** -1 is the token before. */
  readonly offset: number;
  /** g: sharpness. */
  readonly gain: number;
  /** How much of the words seen is added to the state. */
  readonly share: number;
  readonly random: Random;
}

/**
 * Sets a head so that the query at i is the key at i + offset, and that it passes a random projection of the words on:
 *
 *     q_i = g R(offset) p_i,   k_j = g p_j,   q_i . k_j = g^2 |p|^2 mean_k cos((i + offset - j) w_k)
 *     v_j = B x_j,   output += share * B^T v_j,   B [D, W] with rows of length 1 in random directions
 */
export function neighbourHead(
  weights: AttentionWeights,
  head: number,
  { hiddenSize, heads }: { readonly hiddenSize: number; readonly heads: number },
  { offset, gain, share, random }: NeighbourLook,
): void {
  const headSize = hiddenSize / heads;
  const dimensions = positionDimensions(hiddenSize, heads);
  const words = hiddenSize - dimensions;
  const pairs = dimensions / 2;
  for (let i = 0; i < headSize; i++) {
    const row = (head * headSize + i) * hiddenSize;
    weights.query.fill(0, row, row + hiddenSize);
    weights.key.fill(0, row, row + hiddenSize);
    weights.value.fill(0, row, row + hiddenSize);
  }
  for (let pair = 0; pair < pairs; pair++) {
    const angle = offset * frequency(pair, pairs);
    const sine = (head * headSize + pair) * hiddenSize + words;
    const cosine = (head * headSize + pairs + pair) * hiddenSize + words;
    weights.key[sine + pair] = gain;
    weights.key[cosine + pairs + pair] = gain;
    // sin(a + b) = sin a cos b + cos a sin b, and likewise for the cosine
    weights.query[sine + pair] = gain * Math.cos(angle);
    weights.query[sine + pairs + pair] = gain * Math.sin(angle);
    weights.query[cosine + pair] = -gain * Math.sin(angle);
    weights.query[cosine + pairs + pair] = gain * Math.cos(angle);
  }
  const scale = 1 / Math.sqrt(words);
  for (let i = 0; i < headSize; i++) {
    const inner = head * headSize + i;
    for (let dimension = 0; dimension < hiddenSize; dimension++) {
      const weight = dimension < words ? random.normal() * scale : 0;
      weights.value[inner * hiddenSize + dimension] = weight;
      weights.output[dimension * hiddenSize + inner] = share * weight;
    }
  }
}
