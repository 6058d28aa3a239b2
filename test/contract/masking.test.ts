/** What every masking strategy keeps to, whatever its settings; exceptions carry their reason. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createStrategy,
  type MaskingSettings,
  type MaskingStrategy,
  strategyNames,
} from "../../src/method/masking/strategy.js";

fc.configureGlobal({ seed: 1 });

type Property =
  | "mean is the budget"
  | "mean is at most the budget"
  | "follows the surprisal"
  | "scale of the surprisal is irrelevant";

interface Subject {
  readonly title: string;
  readonly settings: Omit<MaskingSettings, "budget">;
  /** Why a property does not hold. */
  readonly skip: Partial<Record<Property, string>>;
}

const published = { calibration: "published" } as const;

/** The settings each strategy is tried with; the type asks for every strategy of the list. */
const subjects: Record<(typeof strategyNames)[number], readonly Subject[]> = {
  uniform: [{ title: "", settings: { calibration: "exact", exponent: 1 }, skip: {} }],
  l3: [
    { title: "paper, exact", settings: { calibration: "exact", exponent: 1 }, skip: {} },
    { title: "exponent 0", settings: { calibration: "exact", exponent: 0 }, skip: {} },
    { title: "exponent 2.5", settings: { calibration: "exact", exponent: 2.5 }, skip: {} },
    {
      title: "published",
      settings: { ...published, exponent: 1 },
      skip: { "mean is the budget": "clipping loses what lies above 1" },
    },
  ],
};

interface Sample {
  readonly wordIds: Int32Array;
  readonly scores: Float32Array;
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
    scores: Float32Array.from(tokens, (surprise) =>
      surprise === undefined ? Number.NaN : -surprise,
    ),
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

const cases = strategyNames.flatMap((name) =>
  subjects[name].map((subject) => ({ name, ...subject })),
);

describe.each(cases)("$name $title", ({ name, settings, skip }) => {
  const create = (budget: number): MaskingStrategy => createStrategy(name, { ...settings, budget });
  const draw = (text: Sample, budget: number) =>
    create(budget).probabilities({ wordIds: text.wordIds }, text.scores);
  const holds = (property: Property) => {
    const reason = skip[property];
    return reason === undefined
      ? (check: () => void) => it(property, check)
      : (check: () => void) => it.skip(`${property} (${reason})`, check);
  };

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

  holds("mean is the budget")(() => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const positions = maskable(text);
        fc.pre(positions.length > 0);
        const probabilities = draw(text, budget);
        expect(Math.abs(mean(positions.map((i) => probabilities[i])) - budget)).toBeLessThan(1e-12);
      }),
    );
  });

  holds("mean is at most the budget")(() => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const positions = maskable(text);
        fc.pre(positions.length > 0);
        const probabilities = draw(text, budget);
        expect(mean(positions.map((i) => probabilities[i]))).toBeLessThanOrEqual(budget + 1e-12);
      }),
    );
  });

  it("moves with its token when tokens are reordered", () => {
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

  holds("follows the surprisal")(() => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        const probabilities = draw(text, budget);
        const order = maskable(text).sort((a, b) => text.scores[b] - text.scores[a]);
        order.forEach((item, rank) => {
          if (rank === 0) return;
          const before = order[rank - 1];
          expect(probabilities[item]).toBeGreaterThanOrEqual(probabilities[before]);
          if (text.scores[item] === text.scores[before]) {
            expect(probabilities[item]).toBe(probabilities[before]);
          }
        });
      }),
    );
  });

  holds("scale of the surprisal is irrelevant")(() => {
    fc.assert(
      fc.property(samples, budgets, (text, budget) => {
        // A power of two leaves float32 scores exact.
        const doubled = { ...text, scores: text.scores.map((score) => score * 2) };
        expect(draw(doubled, budget)).toEqual(draw(text, budget));
      }),
    );
  });

  it("is RTM where all tokens are equally surprising", () => {
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
        const before = { wordIds: [...text.wordIds], scores: [...text.scores] };
        expect(draw(text, budget)).toEqual(draw(text, budget));
        expect({ wordIds: [...text.wordIds], scores: [...text.scores] }).toEqual(before);
      }),
    );
  });
});

it.each(strategyNames)("%s works without scores if it says so", (name) => {
  const strategy = createStrategy(name, { budget: 0.15, calibration: "exact", exponent: 1 });
  const ask = () => strategy.probabilities({ wordIds: Int32Array.of(-1, 0, -1) });
  if (strategy.needsScores) expect(ask).toThrow(/scores/);
  else expect([...ask()]).toEqual([0, 0.15, 0]);
});
