/** A masking strategy from outside the program: what is asked of it, and how a mistake in it is told. */
import { L3MaskingError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import { createStrategy } from "./probabilities.js";
import { own } from "./strategies/own.js";
import { type MaskingStrategy, type Need, needs } from "./strategies/strategy.js";
import { type MaskableText, maskablePositions } from "./tokens.js";

/**
 * A record from outside as a strategy, under the name "own". It must have `weights`, a function as of `MaskingStrategy`, and `needs`; its title is
 * kept where it has one. `weights` is tried on a few made-up texts: it must give a finite weight of 0 or more for every token, so that the
 * mask probabilities lie in [0, 1] and their mean is the budget, which is checked too. `source` is where the record is from, for errors.
 *
 * Throws `strategy-invalid`.
 */
export function ownStrategy(given: unknown, source: string): MaskingStrategy {
  const record = typeof given === "object" && given !== null ? given : {};
  const {
    title,
    needs: need,
    weights,
    draws,
  }: Partial<Record<keyof MaskingStrategy, unknown>> = record;
  const known = needs.find((name) => name === need);
  if (known === undefined) {
    throw invalid(
      source,
      `expected needs to be one of ${needs.join(", ")}, got ${JSON.stringify(need) ?? "none"}`,
    );
  }
  if (!isWeights(weights)) {
    throw invalid(source, `expected weights to be a function, got ${typeof weights}`);
  }
  const strategy: MaskingStrategy = {
    ...own,
    ...(typeof title === "string" && { title }),
    needs: known,
    ...(draws === true && { draws }),
    weights: (wordIds, values, random) => weights.call(record, wordIds, values, random),
  };
  const texts = trialTexts();
  const values = known === "nothing" ? undefined : texts.map((text) => trialValues(text, known));
  requireWeights(strategy, texts, values, 0, source, () => "a made-up word");
  requireBudget(strategy, texts, values, source);
  return strategy;
}

/**
 * Asks a strategy for the weights of every text. Throws `strategy-invalid` with the number of the text (from 1), the token and `source` for what is
 * no weight, and for an error of its own.
 */
export function requireWeights(
  { weights, name }: MaskingStrategy,
  texts: readonly MaskableText[],
  values: readonly ArrayLike<number>[] | undefined,
  seed: number,
  source: string,
  token: (id: number) => string,
): void {
  for (const [index, text] of texts.entries()) {
    const place = `text ${index + 1}`;
    const found = attempt(source, place, () =>
      weights(text.wordIds, values?.[index] ?? [], randomStream(seed, name, index)),
    );
    if (!(found instanceof Float64Array) || found.length !== text.ids.length) {
      const got = found instanceof Float64Array ? `${found.length}` : typeof found;
      const expected = `a Float64Array of ${text.ids.length} weights, one for each token`;
      throw invalid(source, `expected ${expected} of ${place}, got ${got}`);
    }
    const wrong = maskablePositions(text).find((at) => !(found[at] >= 0 && found[at] < Infinity));
    if (wrong === undefined) continue;
    const what = `"${token(text.ids[wrong])}", token ${wrong} of ${place}`;
    throw invalid(source, `expected a finite weight of 0 or more for ${what}, got ${found[wrong]}`);
  }
}

/** What calls itself a strategy may break off in any way. */
function attempt(source: string, place: string, work: () => unknown): unknown {
  try {
    return work();
  } catch (cause) {
    const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw invalid(source, `expected weights of ${place}, got ${text}`, cause);
  }
}

const BUDGET = 0.15;

function requireBudget(
  strategy: MaskingStrategy,
  texts: readonly MaskableText[],
  values: readonly ArrayLike<number>[] | undefined,
  source: string,
): void {
  const settings = { budget: BUDGET, calibration: "exact", exponent: 1 } as const;
  const { probabilities } = createStrategy(strategy, settings);
  for (const [index, text] of texts.entries()) {
    const m = probabilities(text, values?.[index], randomStream(0, strategy.name, index));
    const count = maskablePositions(text).length;
    const mean = m.reduce((sum, value) => sum + value, 0) / count;
    if (m.every((value) => value >= 0 && value <= 1) && Math.abs(mean - BUDGET) < 1e-9) continue;
    const text1 = `expected probabilities in [0, 1] with the mean ${BUDGET}, got ${[...m].join(", ")}`;
    throw invalid(source, text1);
  }
}

type Weights = (...given: Parameters<MaskingStrategy["weights"]>) => Float64Array;

function isWeights(value: unknown): value is Weights {
  return typeof value === "function";
}

/** A word of two tokens among others; one token; many. */
function trialTexts(): MaskableText[] {
  const words = [[0, 0, 1, 2], [0], Array.from({ length: 40 }, (_, word) => word)];
  return words.map((of) => {
    const wordIds = Int32Array.from([-1, ...of, -1]);
    return { ids: wordIds.map((word, at) => (word < 0 ? 0 : 1 + (at % 7))), wordIds };
  });
}

function trialValues({ wordIds }: MaskableText, need: Need): Float64Array {
  const random = randomStream(1, "trial");
  return Float64Array.from(wordIds, (word) => {
    const u = random.uniform();
    if (word < 0) return Number.NaN;
    return need === "scores" ? -12 * u : need === "frequencies" ? u / 100 : 12 * u;
  });
}

function invalid(source: string, fault: string, cause?: unknown): L3MaskingError {
  return new L3MaskingError("strategy-invalid", `${fault} (the masking strategy of ${source})`, {
    hint: "Correct the strategy; docs/method.md has one as an example.",
    ...(cause !== undefined && { cause }),
  });
}
