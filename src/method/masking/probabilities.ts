/** From a strategy's weights to mask probabilities: the steps that all strategies share. */
import { L3MaskingError } from "../../base/errors.js";
import { type Random, randomStream } from "../../base/random.js";
import { type Calibration, calibrate } from "./calibrate.js";
import { namedStrategies, strategies } from "./strategies/strategies.js";
import type { MaskingStrategy } from "./strategies/strategy.js";
import { type MaskableText, type MaskProbabilities, maskablePositions } from "./tokens.js";

/** How weights become probabilities. */
export interface MaskingSettings {
  /** p (`mlm_probability`): mean mask probability over the non-special tokens, in [0, 1]. */
  readonly budget: number;
  readonly calibration: Calibration;
  /** gamma >= 0, the exponent of the weights: 0 gives RTM, 1 the paper. */
  readonly exponent: number;
}

/** A masking strategy with its settings. */
export interface MaskingRule extends Pick<MaskingStrategy, "name" | "needs"> {
  /**
   * m_i of each token, 0 at special tokens. `values` is what the strategy needs of each token; omitted where it needs nothing.
   * `random` is a stream of the text's own, for strategies that draw; without one, equal texts draw alike.
   *
   * Errors: `input-mismatch` for values that are missing, or not finite at a non-special token.
   */
  probabilities(
    text: Pick<MaskableText, "wordIds">,
    values?: ArrayLike<number>,
    random?: Random,
  ): MaskProbabilities;
}

/** The strategy of a name. Errors: `invalid-setting` for a name that is not in the list. */
export function strategyOf(
  name: string,
  list: readonly MaskingStrategy[] = namedStrategies,
): MaskingStrategy {
  const found = list.find((strategy) => strategy.name === name);
  if (found !== undefined) return found;
  throw new L3MaskingError(
    "invalid-setting",
    `expected a masking strategy (${list.map((strategy) => strategy.name).join(", ")}), got ${name}`,
  );
}

/**
 * A strategy, or one of the list by its name, with its settings: from the weights w_i of the n' non-special tokens
 *
 *     m_i = min(1, lambda * w_i^gamma)                 with mean(m_i) = p            (exact)
 *     m_i = min(1, p / mean(w^gamma) * w_i^gamma)      with mean(m_i) <= p           (published)
 *
 * and m_i = p for every token if all weights are equal (RTM). With `exact`, if fewer than p*n' tokens have a weight
 * above 0, those get 1 and the rest of the budget is spread evenly over the others.
 *
 * Departs from: the authors' code knows only the `published` calibration, whose mean falls below p where something
 * is clipped; gamma is an extension.
 *
 * Errors: `invalid-setting` for an unknown strategy, a budget outside [0, 1] or a negative exponent.
 */
export function createStrategy(
  named: string | MaskingStrategy,
  settings: MaskingSettings,
  list: readonly MaskingStrategy[] = strategies,
): MaskingRule {
  const { budget, calibration, exponent } = settings;
  requireSettings(settings);
  const strategy = typeof named === "string" ? strategyOf(named, list) : named;
  const { name, needs } = strategy;
  return {
    name,
    needs,
    probabilities(text, values = [], random = randomStream(0, name)) {
      const { wordIds } = text;
      const positions = maskablePositions(text);
      if (needs !== "nothing") requireValues(strategy, wordIds, positions, values);
      const weights = strategy.weights(wordIds, values, random);
      const powers = Float64Array.from(positions, (position) => weights[position] ** exponent);
      const maskable = calibrate(powers, budget, calibration);
      const probabilities = new Float64Array(wordIds.length);
      positions.forEach((position, i) => {
        probabilities[position] = maskable[i];
      });
      return probabilities;
    },
  };
}

/** Mask probabilities of random token masking (RTM): m_i = p for every non-special token. */
export function uniformProbabilities(
  text: Pick<MaskableText, "wordIds">,
  budget: number,
): MaskProbabilities {
  const settings = { budget, calibration: "exact", exponent: 1 } as const;
  return createStrategy("uniform", settings).probabilities(text);
}

function requireSettings({ budget, exponent }: MaskingSettings): void {
  if (!(budget >= 0 && budget <= 1)) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a mask budget (mlm_probability) between 0 and 1, got ${budget}`,
      { hint: "Use 0.15, the value of the paper." },
    );
  }
  if (!(exponent >= 0 && Number.isFinite(exponent))) {
    throw new L3MaskingError("invalid-setting", `expected gamma to be 0 or more, got ${exponent}`, {
      hint: "Use 1, the value of the paper.",
    });
  }
}

function requireValues(
  { name, needs }: MaskingStrategy,
  wordIds: Int32Array,
  positions: Int32Array,
  values: ArrayLike<number>,
): void {
  if (values.length !== wordIds.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected ${needs} of the ${wordIds.length} tokens of the text for the masking strategy ${name}, got ${values.length}`,
      { hint: "Use the same tokenizer and max_length as in training." },
    );
  }
  const wrong = positions.find((position) => !Number.isFinite(values[position]));
  if (wrong !== undefined) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected finite ${needs} for every non-special token, got ${values[wrong]} at token ${wrong}`,
    );
  }
}
