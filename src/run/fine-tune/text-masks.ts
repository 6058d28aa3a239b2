/** The mask probabilities of texts: a strategy applied to what it needs of each token. */
import { randomStream } from "../../base/random.js";
import type { TokenScores } from "../../method/likelihood/estimators.js";
import { exponentThatMoves } from "../../method/masking/moved.js";
import { createStrategy, uniformProbabilities } from "../../method/masking/probabilities.js";
import type { MaskingStrategy } from "../../method/masking/strategies/strategy.js";
import type { MaskProbabilities } from "../../method/masking/tokens.js";
import type { LikelihoodOf } from "../../method/program/inference.js";
import type { EstimatorReport } from "../../results/records/run-metrics.js";
import { type Encoding, NO_WORD } from "../../text/encoding.js";
import type { TrainSettings } from "../settings/schemas.js";

export type MaskProbabilitySettings = Pick<
  TrainSettings,
  "mlmProbability" | "calibration" | "gamma" | "movedShare" | "seed"
>;

export interface TextMasks {
  /** Name of the strategy. */
  readonly strategy: string;
  readonly title: string;
  /** The exponent of its weights: as it was set, or for the share of the budget that was asked for. */
  readonly gamma: number;
  /** m_i of every training text, then of every unlabelled one. */
  readonly probabilities: readonly MaskProbabilities[];
  /** The vanilla model's scores of the same texts; absent where the strategy needs none. */
  readonly scores?: readonly TokenScores[] | undefined;
  readonly estimatorReport?: EstimatorReport | undefined;
  /** m_i for another budget, and for other values than those that the run began with. */
  again(budget: number, values?: readonly ArrayLike<number>[]): readonly MaskProbabilities[];
  /** How scores by the model under training become values; absent where the strategy asks no model. */
  readonly rescored?: Rescored | undefined;
}

/** What a strategy makes of scores. */
export interface Rescored {
  readonly of: LikelihoodOf;
  toValues(scores: readonly TokenScores[]): readonly ArrayLike<number>[];
}

/**
 * `values` are what the strategy needs of each text's tokens; absent where it needs nothing. With the `published` calibration the token
 * `unknown` counts as a special one, as in the released code, unless masks are uniform.
 */
export function textMasks(
  masking: MaskingStrategy,
  encodings: readonly Encoding[],
  values: readonly ArrayLike<number>[] | undefined,
  settings: MaskProbabilitySettings,
  unknown?: number,
): TextMasks {
  const { mlmProbability: budget, calibration, movedShare, seed } = settings;
  const skipsUnknown = calibration === "published" && masking.name !== "uniform";
  const maskable = encodings.map(({ ids, wordIds }) => ({
    wordIds: skipsUnknown
      ? wordIds.map((word, i) => (ids[i] === unknown ? NO_WORD : word))
      : wordIds,
  }));
  const masksOf = (exponent: number, changed = budget, given = values) => {
    const changing = { budget: changed, calibration, exponent };
    const { probabilities } = createStrategy(masking, changing);
    return maskable.map((words, text) =>
      probabilities(words, given?.[text], randomStream(seed, masking.name, text)),
    );
  };
  const uniform = () => encodings.map((encoding) => uniformProbabilities(encoding, budget));
  const gamma =
    movedShare === undefined || masking.needs === "nothing"
      ? settings.gamma
      : exponentThatMoves(movedShare, (exponent) => masksOf(exponent), uniform());
  const again: TextMasks["again"] = (changed, given) => masksOf(gamma, changed, given);
  return {
    strategy: masking.name,
    title: masking.title,
    gamma,
    probabilities: masksOf(gamma),
    again,
  };
}
