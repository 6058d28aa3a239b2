/**
 * First values of a new masked language model that already hold what counting its text can tell.
 *
 * Legend: V vocabulary, H hidden size, W word dimensions, P position dimensions, W + P = H.
 */

import type { Random } from "../../base/random.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import { compileGram } from "../../method/program/gram.js";
import { wordEmbeddings } from "../../model/parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import { frequentTokens, positiveMutualInformation, tokenCounts } from "./cooccurrence.js";
import { neighbourHead, positionDimensions, positionTable } from "./neighbour-attention.js";
import { leadingSubspace } from "./subspace.js";

/** Context tokens that co-occurrence is counted with: the most frequent ones. */
const CONTEXTS = 8192;
/** Largest distance of two tokens that occur together. */
const WINDOW = 4;
/** Rounds of subspace iteration: the directions move little after three. */
const ROUNDS = 4;
/** Where the heads of the first layers look; later layers start at random. */
const HEAD_OFFSETS: readonly (readonly number[])[] = [
  [-1, 1, -2, 2],
  [-1, 1, -3, 3],
];
/** Sharpness of a head's look: at 1.2 the next token over gets about a tenth of the attention. */
const ATTENTION_GAIN = 1.2;
/** How much of the words seen a head adds to the state. */
const ATTENTION_SHARE = 0.7;
/** Scale of the masked-LM head's dense layer, small enough that GELU is nearly linear. */
const HEAD_SCALE = 0.1;

/** Where a new model starts: see `setFirstValues`. */
export type Initialization = "counted" | "sinusoidal" | "random";

/** The text a model is made from. */
export interface CountedText {
  readonly ids: Int32Array;
  readonly maskId: number;
  /** Ids that take no part in counts. */
  readonly specialIds: ReadonlySet<number>;
}

/**
 * Overwrites first values of a new model, all of them random so far. "random" changes nothing; "sinusoidal" sets the
 * position table; "counted" sets
 *
 * * masked-LM bias b[w] = log((n(w) + 1) V / (n + V)), so that the unigram distribution is known;
 * * word embeddings from the leading singular vectors of the PPMI matrix, rows of equal length, in the W word
 *   dimensions; the mask token's is zero;
 * * a sinusoidal position table in the P position dimensions, and first-layer heads that look at neighbours;
 * * a masked-LM head that passes its input on.
 *
 * Everything stays trainable and the layout is the usual one. Random values take many millions of tokens to get here: small masked
 * language models first learn the unigram distribution and stay there until attention finds the neighbours.
 */
export async function setFirstValues(
  initialization: Initialization,
  weight: (name: string) => Float32Array,
  spec: ModelSpec,
  text: CountedText,
  runtime: Runtime,
  random: Random,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const { vocabularySize: V, hiddenSize: H, heads } = spec;
  const length = spec.initializerRange * Math.sqrt(H);
  const positions = weight("embeddings.position_embeddings.weight");
  if (initialization === "random") return;
  if (initialization === "sinusoidal") return positionTable(positions, H, H, length);

  const counts = tokenCounts(text.ids, V);
  const bias = weight("mlm.bias");
  for (let id = 0; id < V; id++)
    bias[id] = Math.log(((counts[id] + 1) * V) / (text.ids.length + V));

  positionTable(positions, H, positionDimensions(H, heads), length);
  weight("embeddings.token_type_embeddings.weight").fill(0);
  await setWordEmbeddings(
    weight,
    spec,
    text,
    counts,
    length,
    runtime,
    random.split("subspace"),
    progress,
  );

  for (const [layer, offsets] of HEAD_OFFSETS.slice(0, spec.layers).entries()) {
    const name = `encoder.layer.${layer}.attention`;
    const block = {
      query: weight(`${name}.self.query.weight`),
      key: weight(`${name}.self.key.weight`),
      value: weight(`${name}.self.value.weight`),
      output: weight(`${name}.output.dense.weight`),
    };
    for (let head = 0; head < heads; head++) {
      neighbourHead(block, head, spec, {
        offset: offsets[head % offsets.length],
        gain: ATTENTION_GAIN,
        share: ATTENTION_SHARE,
        random: random.split("head", layer, head),
      });
    }
  }
  const dense = weight("mlm.dense.weight").fill(0);
  for (let i = 0; i < H; i++) dense[i * H + i] = HEAD_SCALE;
}

/** Rows of equal length from the PPMI matrix; tokens that never occur keep their random row. */
async function setWordEmbeddings(
  weight: (name: string) => Float32Array,
  spec: ModelSpec,
  text: CountedText,
  counts: Float64Array,
  length: number,
  runtime: Runtime,
  random: Random,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const { vocabularySize: V, hiddenSize: H, heads } = spec;
  const words = H - positionDimensions(H, heads);
  const contexts = frequentTokens(counts, CONTEXTS, text.specialIds);
  progress(0, ROUNDS + 1);
  const matrix = positiveMutualInformation(text.ids, V, contexts, WINDOW, text.specialIds);
  const gram = await compileGram(runtime, matrix, V, contexts.length, words);
  let round = 0;
  const multiply = (given: Float32Array) => {
    round += 1;
    progress(round, ROUNDS + 1);
    return gram.multiply(given);
  };
  const basis = await leadingSubspace(multiply, V, words, ROUNDS, random);
  progress(ROUNDS + 1, ROUNDS + 1);
  await gram.dispose();
  const table = weight(wordEmbeddings);
  for (let id = 0; id < V; id++) {
    const target = table.subarray(id * H, (id + 1) * H);
    target.fill(0, words);
    if (id === text.maskId) target.fill(0);
    const row = basis.subarray(id * words, (id + 1) * words);
    const norm = Math.hypot(...row);
    // A row of zeros comes out of the products as rounding errors.
    if (counts[id] === 0 || norm < 1e-9 || text.specialIds.has(id)) continue;
    for (let i = 0; i < words; i++) target[i] = (row[i] / norm) * length;
  }
}
