/** RTM: random token masking, the baseline. */
import { type MaskableText, type MaskProbabilities, maskablePositions } from "./tokens.js";

/**
 * m_i = p for every non-special token, 0 for the special ones.
 *
 * Reference: Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers".
 */
export function uniformProbabilities(
  text: Pick<MaskableText, "wordIds">,
  budget: number,
): MaskProbabilities {
  const probabilities = new Float64Array(text.wordIds.length);
  for (const position of maskablePositions(text)) probabilities[position] = budget;
  return probabilities;
}
