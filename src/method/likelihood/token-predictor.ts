import type { ModelSpec } from "../../model/spec.js";
import { packOptions, packTexts, slotsOf } from "../batch/pack.js";
import type { TokenLikelihoodProgram } from "../program/inference.js";
import type { Predict } from "./score.js";

/**
 * What `scoreTexts` asks of a model: the masked copies of a call, packed, through the program. Its slots are the tokens of the
 * copies and what packing leaves empty.
 */
export function tokenPredictor(program: TokenLikelihoodProgram, spec: ModelSpec): Predict {
  return async (copies) => {
    const batch = packTexts(
      copies.map(({ ids }) => ids),
      packOptions(spec),
    );
    const slots = slotsOf(
      batch,
      copies.map(({ targets }) => targets),
    );
    const labels = Int32Array.from(copies.flatMap((copy) => Array.from(copy.labels)));
    return (await program.score(batch, slots, labels)).logProbability;
  };
}
