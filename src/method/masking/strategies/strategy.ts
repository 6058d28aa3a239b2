/** What a file of this folder exports: a rule that says how much each token of a text should be masked. */

/** A masking strategy: a row of the list in strategies.ts. */
export interface MaskingStrategy {
  /** As methods, files and `createStrategy` name it. */
  readonly name: string;
  /** As tables and charts name it. */
  readonly title: string;
  /** What it does, after its title: a few words for somebody who has never heard of it. */
  readonly does: string;
  /** Its look in charts: colour, dashes and marker of this number (results/report/charts/series.ts). */
  readonly look: number;
  /**
   * What it must know of each token: `scores` are log-likelihoods under the vanilla model in nats, `frequencies` the share of
   * the training texts' tokens that are this one.
   */
  readonly needs: "scores" | "frequencies" | "nothing";
  /**
   * Weights w_i >= 0 [n]; those of special tokens, whose word is negative, are not read. Probabilities are in proportion
   * to them; their scale does not matter.
   *
   * `values` [n] is what the strategy needs, NaN at special tokens and finite elsewhere; empty where it needs nothing.
   */
  weights(wordIds: Int32Array, values: ArrayLike<number>): Float64Array;
}
