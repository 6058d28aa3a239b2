import type { MaskingStrategy } from "./strategy.js";

/**
 * RTM, random token masking, the baseline: every token weighs the same,
 *
 *     w_i = 1
 *
 * Reference: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers".
 */
export const uniform = {
  name: "uniform",
  title: "RTM",
  does: "gives every token the same chance",
  look: 1,
  needs: "nothing",
  weights: (wordIds: Int32Array) => new Float64Array(wordIds.length).fill(1),
} as const satisfies MaskingStrategy;
