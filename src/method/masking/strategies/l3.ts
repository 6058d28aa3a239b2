import type { MaskingStrategy } from "./strategy.js";

/**
 * L3Masking: what the vanilla model finds unlikely is masked more often. From log-likelihoods s_i,
 *
 *     u_i = max(0, -s_i),  0 for special tokens        surprisal
 *     w_i = (u_i - min u) / (max u - min u)            min and max over all tokens, special ones included
 *
 * and w_i = 0 for every token if all surprisals are equal.
 *
 * Reference: Kimura, Komamizu & Hatano 2024, "L3Masking: Multi-task Fine-tuning for Language Models by
 * Leveraging Lessons Learned from Vanilla Models".
 */
export const l3 = {
  name: "l3",
  title: "L3Masking",
  does: "asks the vanilla model first and masks more often what that model finds unlikely",
  look: 2,
  needs: "scores",
  weights(wordIds: Int32Array, scores: ArrayLike<number>) {
    // Rounding can lift the log-likelihood of a certain token a little above 0.
    const surprisals = Float64Array.from(wordIds, (word, i) =>
      word < 0 ? 0 : Math.max(0, -scores[i]),
    );
    const least = surprisals.reduce((a, b) => Math.min(a, b), Number.MAX_VALUE);
    const most = surprisals.reduce((a, b) => Math.max(a, b), 0);
    return surprisals.map((u) => (most > least ? (u - least) / (most - least) : 0));
  },
} as const satisfies MaskingStrategy;
