import type { MaskingStrategy } from "./strategy.js";

/**
 * Words that are typical of the task's texts, held against general text, are masked more often:
 *
 *     w_i = max(0, c(v_i))        v_i the word that token i belongs to, c its domain contrast (domain-contrast.ts)
 *
 * Reference: after Wilf et al. 2023, "Difference-Masking: Choosing What to Mask in Continued Pretraining", who score the words of a
 * domain by how frequent they are in it and how rare in general text.
 * Departs from: there the best words become anchors, and a token's chance follows its similarity to them in the model's
 * embeddings; here it follows the contrast of its own word, which needs no choice of how many anchors there are.
 *
 * Golchin et al. 2023, "Do not Mask Randomly: Effective Domain-adaptive Pre-training by Masking In-domain Keywords", mask keywords alone.
 * A large gamma does this here: at 64 nearly all of a text's budget lies on its most typical words. Their keywords come from sentence
 * embeddings (KeyBERT), which this program does not have.
 */
export const contrast = {
  name: "contrast",
  title: "Domain contrast",
  does: "masks more often the words that are more frequent in these texts than in general text",
  look: 12,
  needs: "contrasts",
  weights: (wordIds: Int32Array, contrasts: ArrayLike<number>) =>
    Float64Array.from(wordIds, (word, i) => (word < 0 ? 0 : Math.max(0, contrasts[i]))),
} as const satisfies MaskingStrategy;
