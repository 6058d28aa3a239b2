/** What a file in this folder exports: a rule for how much each token of a text should be masked. */

import type { Random } from "../../../base/random.js";

/**
 * What a strategy must know about each token: `scores` are log-likelihoods under the vanilla model in nats, `entropies` those of its
 * distribution at the masked token in nats, `excess` how much likelier a model that was briefly adapted to the texts finds the token, in
 * nats, `contrasts` how typical its word is of the texts, in nats (domain-contrast.ts), `frequencies` a token's share of the training
 * texts' tokens.
 */
export const needs = [
  "scores",
  "entropies",
  "excess",
  "contrasts",
  "frequencies",
  "nothing",
] as const;

/** One of `needs`. */
export type Need = (typeof needs)[number];

/** What a model's masked-token head has to compute. */
export const modelNeeds: ReadonlySet<Need> = new Set(["scores", "entropies", "excess"]);

/** A masking strategy: a row of the list in strategies.ts. */
export interface MaskingStrategy {
  /** Its name in methods, files and `createStrategy`. */
  readonly name: string;
  /** Its name in tables and charts. */
  readonly title: string;
  /** What it does, in a few words that follow its title, for somebody who has never heard of it. */
  readonly does: string;
  /** Its look in charts: colour, dashes and marker of this number (results/report/charts/series.ts). */
  readonly look: number;
  /** What it must know about each token. */
  readonly needs: Need;
  /** Does it draw? Its weights are then others for another stream. */
  readonly draws?: true;
  /**
   * Weights w_i >= 0 [n]; those of special tokens, whose word is negative, are not read. Probabilities are in proportion
   * to them; their scale does not matter.
   *
   * `values` [n] is what the strategy needs, NaN at special tokens and finite elsewhere; empty where it needs nothing.
   * `random` is a stream of the text's own.
   */
  weights(wordIds: Int32Array, values: ArrayLike<number>, random: Random): Float64Array;
}
