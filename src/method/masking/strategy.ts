/**
 * The contract of a masking strategy, and the list of those there are. To add one: write its function
 * in a file of its own and add it to `strategyNames` and `strategies`; test/contract/masking.test.ts then holds it to the contract.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { TokenScores } from "../likelihood/estimators.js";
import { type Calibration, l3Probabilities } from "./l3.js";
import type { MaskableText, MaskProbabilities } from "./tokens.js";
import { uniformProbabilities } from "./uniform.js";

/** `uniform` is RTM, the baseline; `l3` is L3Masking. */
export const strategyNames = ["uniform", "l3"] as const;

/** Name of a rule from scores to mask probabilities. */
export type StrategyName = (typeof strategyNames)[number];

/** What a strategy is made with. */
export interface MaskingSettings {
  /** p (`mlm_probability`): mean mask probability over the non-special tokens, in [0, 1]. */
  readonly budget: number;
  /** Read by l3. */
  readonly calibration: Calibration;
  /** gamma, read by l3: 0 gives RTM, 1 the paper. */
  readonly exponent: number;
}

/** A rule from scores to mask probabilities, its settings fixed. */
export interface MaskingStrategy {
  readonly name: StrategyName;
  /** Whether the texts must be scored by the vanilla model first. */
  readonly needsScores: boolean;
  /**
   * m_i of each token: 0 <= m_i <= 1, 0 at special tokens, the mean over the others equal to the budget.
   * `scores` may be left out if `needsScores` is false.
   */
  probabilities(text: Pick<MaskableText, "wordIds">, scores?: TokenScores): MaskProbabilities;
}

/** A row of the list: a strategy before its settings are fixed. */
interface StrategyEntry {
  readonly needsScores: boolean;
  readonly probabilities: (
    text: Pick<MaskableText, "wordIds">,
    scores: TokenScores | undefined,
    settings: MaskingSettings,
  ) => MaskProbabilities;
}

const strategies: Record<StrategyName, StrategyEntry> = {
  uniform: {
    needsScores: false,
    probabilities: (text, _scores, settings) => uniformProbabilities(text, settings.budget),
  },
  l3: {
    needsScores: true,
    probabilities: (text, scores, settings) => {
      if (scores === undefined) {
        throw new L3MaskingError(
          "input-mismatch",
          "Expected token scores for the masking strategy l3, got none.",
          { hint: "Score the text first, or use the strategy uniform." },
        );
      }
      return l3Probabilities(text, scores, settings);
    },
  },
};

/**
 * A strategy with its settings.
 *
 * Errors: `invalid-setting` for a budget outside [0, 1] or a negative exponent.
 */
export function createStrategy(name: StrategyName, settings: MaskingSettings): MaskingStrategy {
  const { budget, exponent } = settings;
  if (!(budget >= 0 && budget <= 1)) {
    throw new L3MaskingError(
      "invalid-setting",
      `Expected the mask budget (mlm_probability) between 0 and 1, got ${budget}.`,
      { hint: "Use 0.15, the value of the paper." },
    );
  }
  if (!(exponent >= 0 && Number.isFinite(exponent))) {
    throw new L3MaskingError(
      "invalid-setting",
      `Expected the exponent gamma of l3 to be a number >= 0, got ${exponent}.`,
      { hint: "Use 1, the value of the paper." },
    );
  }
  const { needsScores, probabilities } = strategies[name];
  return {
    name,
    needsScores,
    probabilities: (text, scores) => probabilities(text, scores, settings),
  };
}
