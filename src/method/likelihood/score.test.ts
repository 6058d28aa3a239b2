import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Encoding, NO_WORD } from "../../text/encoding.js";
import type { ScoringRow, TokenScores } from "./estimators.js";
import {
  type Predict,
  type ScoreCache,
  type ScoringOptions,
  type ScoringProgress,
  scoreTexts,
} from "./score.js";

fc.configureGlobal({ seed: 1 });

const MASK = 0;

/** One token per word between two special tokens with id 1. */
function text(...ids: number[]): Encoding {
  return {
    ids: Int32Array.from([1, ...ids, 1]),
    wordIds: Int32Array.from([NO_WORD, ...ids.keys(), NO_WORD]),
    truncated: 0,
  };
}

/** A stand-in for a model: log P = -(label / 8 + visible ids / 1024), exact in float32 for small ids. */
const predict: Predict = async (rows) =>
  Float32Array.from(
    rows.flatMap(({ ids, labels }) => {
      const visible = ids.reduce((sum, id) => sum + id, 0);
      return [...labels].map((label) => -(label / 8 + visible / 1024));
    }),
  );

/** What `pll` with that model gives: the visible ids are all but the token itself. */
function expectedScores({ ids }: Encoding): number[] {
  const sum = ids.reduce((total, id) => total + id, 0);
  return Array.from(ids, (id, i) =>
    i === 0 || i === ids.length - 1 ? Number.NaN : -(id / 8 + (sum - id) / 1024),
  );
}

function run(encodings: readonly Encoding[], options: Partial<ScoringOptions> = {}) {
  return scoreTexts(encodings, {
    estimator: "pll",
    maskId: MASK,
    predict,
    tokenBudget: 20,
    ...options,
  });
}

function memoryCache(): ScoreCache & { readonly kept: Map<string, TokenScores> } {
  const kept = new Map<string, TokenScores>();
  return {
    kept,
    get: async ({ ids }) => kept.get(ids.join()),
    put: async ({ ids }, scores) => {
      kept.set(ids.join(), scores);
    },
  };
}

const texts = fc.array(
  fc.array(fc.integer({ min: 2, max: 9 }), { maxLength: 7 }).map((ids) => text(...ids)),
  { maxLength: 8 },
);

describe("scoreTexts", () => {
  it("gives each text its own scores in the order of the input, whatever the budget", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 60 }), async (encodings, tokenBudget) => {
        const scores = await run(encodings, { tokenBudget });
        expect(scores.map((list) => [...list])).toEqual(encodings.map(expectedScores));
      }),
    );
  });

  it("fills calls up to the token budget and gives a longer row a call of its own", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 60 }), async (encodings, tokenBudget) => {
        const calls: number[][] = [];
        const spy: Predict = (rows) => {
          calls.push(rows.map((row) => row.ids.length));
          return predict(rows);
        };
        await run(encodings, { tokenBudget, predict: spy });
        const sum = (lengths: number[]) => lengths.reduce((total, length) => total + length, 0);
        calls.forEach((lengths, i) => {
          expect(lengths.length === 1 || sum(lengths) <= tokenBudget).toBe(true);
          const next = calls[i + 1];
          if (next !== undefined) expect(sum(lengths) + next[0]).toBeGreaterThan(tokenBudget);
        });
        const order = calls.flat();
        expect(order).toEqual(order.toSorted((a, b) => b - a));
      }),
    );
  });

  it("scores equal texts once", async () => {
    const rows: ScoringRow[] = [];
    const spy: Predict = (call) => {
      rows.push(...call);
      return predict(call);
    };
    const scores = await run([text(2, 3), text(4), text(2, 3)], { predict: spy });
    expect(rows).toHaveLength(3);
    expect([...scores[2]]).toEqual(expectedScores(text(2, 3)));
  });

  it("keeps texts apart whose tokens are equal but whose words are not", async () => {
    const apart = text(2, 3);
    const joined: Encoding = { ...apart, wordIds: Int32Array.from([NO_WORD, 0, 0, NO_WORD]) };
    const [first, second] = await run([apart, joined], { estimator: "pll-word-l2r" });
    // Two words: token 3 is visible (2/8 + (1+3+1)/1024). One word: token 3 is masked too.
    expect(first[1]).toBe(-(0.25 + 5 / 1024));
    expect(second[1]).toBe(-(0.25 + 2 / 1024));
  });

  it("makes the masked copies of a text only when its turn comes", async () => {
    const read: number[] = [];
    const watched = [5, 4, 3].map((id) => {
      const encoding = text(id, id, id);
      return {
        wordIds: encoding.wordIds,
        truncated: 0,
        get ids() {
          read.push(id);
          return encoding.ids;
        },
      };
    });
    const touched: number[][] = [];
    const spy: Predict = (rows) => {
      touched.push([...new Set(read)].sort());
      read.length = 0;
      return predict(rows);
    };
    // Each call holds the three copies of one text (5 tokens each); making a row reads the ids.
    // Texts of one length go in the order of their ids; the sort itself reads ids before the first report.
    await run(watched, { tokenBudget: 15, predict: spy, onProgress: () => read.splice(0) });
    expect(touched).toEqual([[3, 4], [5], []]);
  });

  it("has no scores for texts of special tokens alone and asks nothing", async () => {
    const scores = await run([text()], {
      predict: () => Promise.reject(new Error("must not be called")),
    });
    expect(scores.map((list) => [...list])).toEqual([[Number.NaN, Number.NaN]]);
    expect(await run([])).toEqual([]);
  });

  it("reports progress in tokens and texts", async () => {
    const cache = memoryCache();
    await run([text(9)], { cache });
    const events: ScoringProgress[] = [];
    const encodings = [text(2, 3), text(9), text(2, 3), text(4, 5, 6)];
    await run(encodings, { tokenBudget: 10, cache, onProgress: (event) => events.push(event) });
    const totals = { totalTokens: 8, totalTexts: 4, cachedTexts: 1 };
    expect(events).toEqual([
      { doneTokens: 1, doneTexts: 1, ...totals },
      { doneTokens: 3, doneTexts: 1, ...totals }, // two of the three copies of 4 5 6
      { doneTokens: 6, doneTexts: 2, ...totals }, // the third, and one of 2 3, which counts twice
      { doneTokens: 8, doneTexts: 4, ...totals },
    ]);
  });

  it("asks the model nothing that the cache knows", async () => {
    const cache = memoryCache();
    const encodings = [text(2, 3), text(4)];
    const fresh = await run(encodings, { cache });
    const again = await run(encodings, {
      cache,
      predict: () => Promise.reject(new Error("must not be called")),
    });
    expect(again).toEqual(fresh);
  });

  it("gives the very same scores whichever texts a killed run had cached", async () => {
    // A model that rounds with all that is in a call.
    const rounding: Predict = async (rows) => {
      const neighbours = rows.reduce((sum, { ids }) => sum + ids.length + ids[1], 0);
      const values = await predict(rows);
      return values.map((value) => value - neighbours / 2 ** 18);
    };
    const encodings = [text(2, 3), text(9), text(4, 5, 6), text(7), text(2, 8), text(5, 5, 5, 5)];
    const options = { predict: rounding, tokenBudget: 11 };
    const whole = memoryCache();
    const expected = await run(encodings, { ...options, cache: whole });
    for (let subset = 0; subset < 2 ** encodings.length; subset++) {
      const cache = memoryCache();
      [...whole.kept].forEach(([key, scores], index) => {
        if (subset & (1 << index)) cache.kept.set(key, scores);
      });
      expect(await run(encodings, { ...options, cache })).toEqual(expected);
    }
  });

  it("stops between calls when the flag is raised, keeping the complete texts", async () => {
    const cache = memoryCache();
    const controller = new AbortController();
    const options = {
      cache,
      tokenBudget: 4,
      signal: controller.signal,
      onProgress: ({ doneTokens }: ScoringProgress) => {
        if (doneTokens === 3) controller.abort();
      },
    };
    // Calls: 4 | 5 | 6 of the longer text, then 2 | 3 of the other.
    const stopped = run([text(2, 3), text(4, 5, 6)], options);
    await expect(stopped).rejects.toMatchObject({
      code: "interrupted",
      message: "scoring was stopped after 1 of 2 texts",
    });
    expect([...cache.kept.keys()]).toEqual(["1,4,5,6,1"]);
  });

  it.each([
    ["NaN", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["0.5", 0.5],
  ])("refuses a score of %s, naming token and text", async (shown, value) => {
    const broken: Predict = async (rows) =>
      Float32Array.from(
        rows.flatMap(({ labels }) => [...labels].map((id) => (id === 7 ? value : -1))),
      );
    await expect(run([text(2), text(3, 7)], { predict: broken })).rejects.toMatchObject({
      code: "score-invalid",
      message: expect.stringContaining(`got ${shown} at token 2 of text 1`),
    });
  });

  it("takes a certain token's log-likelihood that rounding lifted above zero", async () => {
    const [scores] = await run([text(2)], { predict: async () => Float32Array.of(1e-6) });
    expect(scores[1]).toBeCloseTo(0, 5);
  });

  it("refuses a model that gives too few values", async () => {
    await expect(
      run([text(2, 3)], { predict: async () => Float32Array.of(-1) }),
    ).rejects.toMatchObject({
      code: "runtime-failed",
      message: "expected 2 log-likelihoods for 2 masked copies, got 1",
    });
  });

  it("refuses cached scores of another length", async () => {
    const cache: ScoreCache = { get: async () => Float32Array.of(-1), put: async () => undefined };
    await expect(run([text(2, 3)], { cache })).rejects.toMatchObject({ code: "input-mismatch" });
  });

  it.each([0, -1, 2.5, Number.NaN])("refuses the token budget %d", async (tokenBudget) => {
    await expect(run([], { tokenBudget })).rejects.toMatchObject({ code: "invalid-setting" });
  });
});
