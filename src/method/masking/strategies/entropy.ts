import type { MaskingStrategy } from "./strategy.js";

/**
 * What the vanilla model is unsure of is masked more often, whatever stands there: the entropy of its distribution at the
 * masked position,
 *
 *     w_i = H_i = - sum over v of P(v | the text with M_i masked) ln P(v | ...)
 *
 * in nats, M_i as for a likelihood. The surprisal that L3Masking takes is large where the model is unsure and also where it is sure and
 * wrong; this is large only where it is unsure. The expected surprisal under the model is its entropy, so the two are equal on average
 * where the model is calibrated.
 *
 * Reference: Shannon 1948, "A Mathematical Theory of Communication"; as an uncertainty to choose by, Settles 2009, "Active
 * Learning Literature Survey", section 3.1.
 */
export const entropy = {
  name: "entropy",
  title: "Entropy",
  does: "asks the vanilla model first and masks more often where that model is unsure what stands there",
  look: 10,
  needs: "entropies",
  weights: (wordIds: Int32Array, entropies: ArrayLike<number>) =>
    // Rounding can push the entropy of a certain token a little below 0.
    Float64Array.from(wordIds, (word, i) => (word < 0 ? 0 : Math.max(0, entropies[i]))),
} as const satisfies MaskingStrategy;
