import { permutation, type Random } from "../../../base/random.js";
import { maskablePositions } from "../tokens.js";
import { l3 } from "./l3.js";
import type { MaskingStrategy } from "./strategy.js";

/**
 * A control for L3Masking: its weights, dealt to the tokens of the text at random,
 *
 *     w_i = w'_{pi(i)}        w' the weights of L3Masking, pi a random permutation of the non-special tokens
 *
 * drawn once for each text. The budget is as uneven as with L3Masking, but says nothing about the tokens: what L3Masking gains over
 * this, it gains by the likelihoods.
 */
export const shuffled = {
  name: "shuffled",
  title: "L3 shuffled",
  does: "takes the chances that L3Masking gives and deals them to the tokens of the text at random",
  look: 6,
  needs: "scores",
  draws: true,
  weights(wordIds: Int32Array, scores: ArrayLike<number>, random: Random) {
    const ordered = l3.weights(wordIds, scores);
    const positions = maskablePositions({ wordIds });
    const order = permutation(positions.length, random);
    const weights = new Float64Array(wordIds.length);
    positions.forEach((position, i) => {
      weights[position] = ordered[positions[order[i]]];
    });
    return weights;
  },
} as const satisfies MaskingStrategy;
