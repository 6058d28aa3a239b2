import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { L3MaskingError } from "../../base/errors.js";
import { type Encoding, NO_WORD } from "../../text/encoding.js";
import type { Estimator } from "./estimators.js";
import { isExact, parseEstimator, scoringRows, textPositions } from "./estimators.js";

fc.configureGlobal({ seed: 1 });

const MASK = 99;

function encode(ids: readonly number[], wordIds: readonly number[]): Encoding {
  return { ids: Int32Array.from(ids), wordIds: Int32Array.from(wordIds), truncated: 0 };
}

/** "the sou ##ven ##ir shop" between [CLS] and [SEP]. */
const souvenir = encode([1, 10, 11, 12, 13, 14, 2], [NO_WORD, 0, 1, 1, 1, 2, NO_WORD]);

function plain(encoding: Encoding, estimator: Estimator) {
  return scoringRows(encoding, estimator, MASK).map(({ ids, targets, labels }) => ({
    ids: [...ids],
    targets: [...targets],
    labels: [...labels],
  }));
}

/** Texts of words with one to five tokens, with and without special tokens. */
const encodings = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 12 }), fc.boolean())
  .map(([lengths, special]) => {
    const words = lengths.flatMap((length, word) => new Array<number>(length).fill(word));
    const wordIds = special ? [NO_WORD, ...words, NO_WORD] : words;
    return encode(
      wordIds.map((_, i) => 100 + i),
      wordIds,
    );
  });

describe("scoringRows", () => {
  it("pll masks each token alone", () => {
    expect(plain(souvenir, "pll")).toEqual([
      { ids: [1, 99, 11, 12, 13, 14, 2], targets: [1], labels: [10] },
      { ids: [1, 10, 99, 12, 13, 14, 2], targets: [2], labels: [11] },
      { ids: [1, 10, 11, 99, 13, 14, 2], targets: [3], labels: [12] },
      { ids: [1, 10, 11, 12, 99, 14, 2], targets: [4], labels: [13] },
      { ids: [1, 10, 11, 12, 13, 99, 2], targets: [5], labels: [14] },
    ]);
  });

  it("pll-word-l2r masks the token and the later tokens of its word", () => {
    expect(plain(souvenir, "pll-word-l2r")).toEqual([
      { ids: [1, 99, 11, 12, 13, 14, 2], targets: [1], labels: [10] },
      { ids: [1, 10, 99, 99, 99, 14, 2], targets: [2], labels: [11] },
      { ids: [1, 10, 11, 99, 99, 14, 2], targets: [3], labels: [12] },
      { ids: [1, 10, 11, 12, 99, 14, 2], targets: [4], labels: [13] },
      { ids: [1, 10, 11, 12, 13, 99, 2], targets: [5], labels: [14] },
    ]);
  });

  it("block-2 masks every second word whole", () => {
    expect(plain(souvenir, "block-2")).toEqual([
      { ids: [1, 99, 11, 12, 13, 99, 2], targets: [1, 5], labels: [10, 14] },
      { ids: [1, 10, 99, 99, 99, 14, 2], targets: [2, 3, 4], labels: [11, 12, 13] },
    ]);
  });

  it("block-k leaves out the passes a short text has no word for", () => {
    expect(plain(souvenir, "block-7")).toHaveLength(3);
  });

  it("unmasked is one pass over the text as it is", () => {
    expect(plain(souvenir, "unmasked")).toEqual([
      { ids: [1, 10, 11, 12, 13, 14, 2], targets: [1, 2, 3, 4, 5], labels: [10, 11, 12, 13, 14] },
    ]);
  });

  it.each<Estimator>(["pll", "pll-word-l2r", "block-3", "unmasked"])(
    "%s scores every non-special token once, with its own id as the label, and never masks a special one",
    (estimator) => {
      fc.assert(
        fc.property(encodings, (encoding) => {
          const rows = scoringRows(encoding, estimator, MASK);
          const scored = rows.flatMap((row) => [...row.targets]).sort((a, b) => a - b);
          expect(scored).toEqual(textPositions(encoding));
          for (const row of rows) {
            expect([...row.labels]).toEqual([...row.targets].map((i) => encoding.ids[i]));
            row.ids.forEach((id, i) => {
              const mayBeMasked = encoding.wordIds[i] !== NO_WORD && estimator !== "unmasked";
              expect(id === encoding.ids[i] || (mayBeMasked && id === MASK)).toBe(true);
            });
            if (estimator !== "unmasked") {
              for (const target of row.targets) expect(row.ids[target]).toBe(MASK);
            }
          }
        }),
      );
    },
  );

  it("block-k masks at most one word in any k neighbouring words", () => {
    fc.assert(
      fc.property(encodings, fc.integer({ min: 2, max: 6 }), (encoding, k) => {
        for (const { targets } of scoringRows(encoding, `block-${k}`, MASK)) {
          const words = [...new Set([...targets].map((i) => encoding.wordIds[i]))];
          words.forEach((word, i) => {
            if (i > 0) expect(word - words[i - 1]).toBe(k);
          });
        }
      }),
    );
  });

  it.each<Estimator>(["pll", "pll-word-l2r", "block-7", "unmasked"])(
    "%s has nothing to ask about a text of special tokens alone",
    (estimator) => {
      expect(scoringRows(encode([1, 2], [NO_WORD, NO_WORD]), estimator, MASK)).toEqual([]);
    },
  );

  it("refuses a block count the type lets through", () => {
    expect(() => scoringRows(souvenir, "block-1.5", MASK)).toThrow(/block-1\.5/);
  });
});

describe("parseEstimator", () => {
  it.each(["pll", "pll-word-l2r", "unmasked", "block-2", "block-7", "block-40"])(
    "reads %s",
    (name) => {
      expect(parseEstimator(name)).toBe(name);
    },
  );

  it.each(["", "PLL", "block", "block-", "block-0", "block-1", "block-07", "block-2.5", "block-x"])(
    "refuses %j and names what it knows",
    (name) => {
      const refusal = expect(() => parseEstimator(name));
      refusal.toThrow(L3MaskingError);
      refusal.toThrow(expect.objectContaining({ code: "invalid-setting" }));
      refusal.toThrow(
        `pll-word-l2r, pll, unmasked or block-k with an integer k >= 2, got "${name}"`,
      );
    },
  );
});

it("only the two pseudo-log-likelihoods are exact", () => {
  const all: Estimator[] = ["pll", "pll-word-l2r", "block-7", "unmasked"];
  expect(all.filter(isExact)).toEqual(["pll", "pll-word-l2r"]);
});
