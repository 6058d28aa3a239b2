import type { MaskingStrategy } from "./strategy.js";

/**
 * The place of a strategy from outside (own-strategy.ts), of which settings and pages know no more than the name. Until it is loaded it counts
 * as one that asks the vanilla model.
 */
export const own: MaskingStrategy = {
  name: "own",
  title: "Own strategy",
  does: "masks by a strategy of one's own, which --strategy names",
  look: 13,
  needs: "scores",
  weights: (wordIds) => new Float64Array(wordIds.length).fill(1),
};
