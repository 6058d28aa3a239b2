/** L3Masking applied to single texts, for people: surprisal, mask probabilities, and masks as training draws them. */
import type { TokenScores } from "../../method/likelihood/estimators.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { TokenMasks } from "../../results/records/token-masks.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { textPieces } from "../../text/pieces.js";
import { type MaskingOptions, maskedText, maskStream } from "./task-batches.js";

export interface MaskDraws extends MaskingOptions {
  readonly seed: number;
  /** How many masks are drawn for each text. */
  readonly samples: number;
}

/**
 * One text with masks drawn as the auxiliary task draws them: sample k of text i is what a run with this seed selects in
 * round k of the i-th of its training texts.
 */
export function tokenMasks(
  encoding: Encoding,
  index: number,
  scores: TokenScores,
  probabilities: MaskProbabilities,
  draws: MaskDraws,
  tokenizer: Tokenizer,
): TokenMasks {
  const { ids, wordIds } = encoding;
  const real = (position: number, value: number) => (wordIds[position] === NO_WORD ? null : value);
  return {
    tokens: Array.from(ids, (id) => tokenizer.token(id)),
    pieces: textPieces(encoding, tokenizer),
    word_ids: Array.from(wordIds, (word, position) => real(position, word)),
    // Rounding can lift the log-likelihood of a certain token a little above 0, and 0 must not be written as -0.
    surprisal: Array.from(scores, (score, position) =>
      real(position, score < 0 ? Math.abs(score) : 0),
    ),
    mask_probability: Array.from(probabilities, (m, position) => real(position, m)),
    masks: Array.from({ length: draws.samples }, (_, sample) => {
      const random = maskStream(draws.seed, sample, index);
      const masked = maskedText({ encoding, probabilities, random }, draws, tokenizer);
      const positions = Array.from(masked.targets);
      return {
        positions,
        replacements: positions.map((position) => tokenizer.token(masked.ids[position])),
      };
    }),
  };
}
