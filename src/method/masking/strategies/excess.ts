import type { MaskingStrategy } from "./strategy.js";

/**
 * What a model that was briefly adapted to the texts finds easier than the vanilla one is masked more often: its excess
 * surprisal,
 *
 *     w_i = max(0, s'_i - s_i)        s, s' log-likelihoods under the vanilla and the adapted model, in nats
 *
 * Unlikely tokens are of two kinds: those that can be learned from these texts, such as the words of their subject, and those that cannot,
 * such as names and typing errors, which stay unlikely after the adaptation. Only the first kind has a weight here.
 *
 * Reference: the excess loss of Lin et al. 2024, "Rho-1: Not All Tokens Are What You Need", section 2.2.
 * Departs from: there the model under training is compared with a reference model that was trained on other, curated texts, and the
 * tokens with the largest difference are trained on; here the model before training, and one that has seen the training texts themselves.
 */
export const excess = {
  name: "excess",
  title: "Excess surprisal",
  does: "masks more often what a model finds easier once it was briefly adapted to the texts",
  look: 11,
  needs: "excess",
  weights: (wordIds: Int32Array, excesses: ArrayLike<number>) =>
    Float64Array.from(wordIds, (word, i) => (word < 0 ? 0 : Math.max(0, excesses[i]))),
} as const satisfies MaskingStrategy;
