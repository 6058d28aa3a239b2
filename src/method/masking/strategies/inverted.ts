import { l3 } from "./l3.js";
import type { MaskingStrategy } from "./strategy.js";

/**
 * A control for L3Masking, turned round: what the vanilla model finds likely is masked more often,
 *
 *     w_i = 1 - w'_i        w' the weights of L3Masking, between 0 and 1
 *
 * If masking unlikely tokens is what helps, this does worse than random token masking.
 */
export const inverted = {
  name: "inverted",
  title: "L3 inverted",
  does: "asks the vanilla model first and masks more often what that model finds likely",
  look: 7,
  needs: "scores",
  weights: (wordIds: Int32Array, scores: ArrayLike<number>) =>
    l3.weights(wordIds, scores).map((weight) => 1 - weight),
} as const satisfies MaskingStrategy;
