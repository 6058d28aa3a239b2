/** What every masking strategy keeps to, whatever its settings; exceptions carry their reason. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStrategy, type MaskingSettings } from "../../src/method/masking/probabilities.js";
import { strategies } from "../../src/method/masking/strategies/strategies.js";
import type { MaskingStrategy } from "../../src/method/masking/strategies/strategy.js";

fc.configureGlobal({ seed: 1 });

/** The settings that each strategy is tried with. */
const settingsTried: readonly Omit<MaskingSettings, "budget">[] = [
  { calibration: "exact", exponent: 1 },
  { calibration: "exact", exponent: 0 },
  { calibration: "exact", exponent: 2.5 },
  { calibration: "published", exponent: 1 },
];

interface Sample {
  readonly wordIds: Int32Array;
  /** By token in nats; undefined for special ones. */
  readonly surprisals: readonly (number | undefined)[];
}

/** A token: special (undefined) or its surprisal in nats. */
const surprisal = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: 0, max: 25, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(3) },
  { weight: 1, arbitrary: fc.constant(1000) },
);
const token = fc.option(surprisal, { nil: undefined, freq: 8 });

function sample(tokens: readonly (number | undefined)[]): Sample {
  return {
    wordIds: Int32Array.from(tokens, (surprise, i) => (surprise === undefined ? -1 : i)),
    surprisals: tokens,
  };
}

const tokens = fc.array(token, { maxLength: 40 });
const samples = tokens.map(sample);
const budgets = fc.oneof(fc.constantFrom(0, 0.15, 1), fc.double({ min: 0, max: 1, noNaN: true }));

function maskable({ wordIds }: Sample): number[] {
  return Array.from(wordIds.keys()).filter((i) => wordIds[i] >= 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a strategy needs of each token; a token that is less likely is also less frequent here, and so on. */
const valueFrom = {
  scores: (surprise: number) => -surprise,
  entropies: (surprise: number) => surprise,
  // Of either sign.
  excess: (surprise: number) => surprise - 5,
  contrasts: (surprise: number) => 5 - surprise,
  frequencies: (surprise: number) => Math.exp(-surprise),
};

function valuesOf({ needs }: MaskingStrategy, { surprisals }: Sample): Float64Array | undefined {
  if (needs === "nothing") return undefined;
  return Float64Array.from(surprisals, (surprise) =>
    surprise === undefined ? Number.NaN : valueFrom[needs](surprise),
  );
}

const cases = strategies.flatMap((strategy: MaskingStrategy) =>
  settingsTried.map((settings) => ({ name: strategy.name, strategy, settings, ...settings })),
);

describe.each(cases)("$name, $calibration, exponent $exponent", ({ strategy, settings }) => {
  const draw = (text: Sample, budget: number) =>
    createStrategy(strategy.name, { ...settings, budget }).probabilities(
      { wordIds: text.wordIds },
      valuesOf(strategy, text),
    );

  it("gives one probability in [0, 1] per token and 0 to special tokens", () => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const probabilities = draw(text, budget);
        expect(probabilities).toHaveLength(text.wordIds.length);
        probabilities.forEach((m, i) => {
          expect(m >= 0 && m <= (text.wordIds[i] < 0 ? 0 : 1)).toBe(true);
        });
      }),
    );
  });

  it.runIf(settings.calibration === "exact")("has the budget as its mean", () => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const positions = maskable(text);
        fc.pre(positions.length > 0);
        const probabilities = draw(text, budget);
        expect(Math.abs(mean(positions.map((i) => probabilities[i])) - budget)).toBeLessThan(1e-12);
      }),
    );
  });

  it("has at most the budget as its mean", () => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const positions = maskable(text);
        fc.pre(positions.length > 0);
        const probabilities = draw(text, budget);
        expect(mean(positions.map((i) => probabilities[i]))).toBeLessThanOrEqual(budget + 1e-12);
      }),
    );
  });

  // A strategy that draws deals its weights to places.
  it.skipIf(strategy.draws)("moves with its token when tokens are reordered", () => {
    const reordered = tokens.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(Array.from(list.keys()), { minLength: list.length }),
      ),
    );
    fc.assert(
      fc.property(reordered, budgets, ([list, order], budget) => {
        const straight = draw(sample(list), budget);
        const shuffled = draw(sample(order.map((i) => list[i])), budget);
        order.forEach((from, to) => {
          expect(Math.abs(shuffled[to] - straight[from])).toBeLessThan(1e-12);
        });
      }),
    );
  });

  it("is RTM where all tokens are alike", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 30 }),
        surprisal,
        budgets,
        (special, surprise, budget) => {
          const text = sample(special.map((isSpecial) => (isSpecial ? undefined : surprise)));
          const probabilities = draw(text, budget);
          for (const i of maskable(text)) {
            expect(Math.abs(probabilities[i] - budget)).toBeLessThan(1e-12);
          }
        },
      ),
    );
  });

  it("masks nothing in an empty text or one of special tokens alone", () => {
    expect([...draw(sample([]), 0.15)]).toEqual([]);
    expect([...draw(sample([undefined, undefined]), 0.15)]).toEqual([0, 0]);
  });

  it("gives equal answers to equal questions and leaves its input alone", () => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const { wordIds } = text;
        const values = valuesOf(strategy, text);
        const before = { wordIds: [...wordIds], values: values && [...values] };
        const { probabilities } = createStrategy(strategy.name, { ...settings, budget });
        expect(probabilities(text, values)).toEqual(probabilities(text, values));
        expect({ wordIds: [...wordIds], values: values && [...values] }).toEqual(before);
      }),
    );
  });
});

it.each(strategies)("$name works without values if it says so", ({ name, needs }) => {
  const { probabilities } = createStrategy(name, {
    budget: 0.15,
    calibration: "exact",
    exponent: 1,
  });
  const ask = () => probabilities({ wordIds: Int32Array.of(-1, 0, -1) });
  if (needs === "nothing") expect([...ask()]).toEqual([0, 0.15, 0]);
  else expect(ask).toThrow(`expected ${needs} of`);
});
