/**
 * The masked copies of a text that an estimator has the vanilla model score.
 *
 * Legend: n tokens of the row, K scored positions of a masked copy.
 *
 * Reference: Salazar et al. 2020, "Masked Language Model Scoring" (`pll`); Kauf & Ivanova 2023, "A Better
 * Way to Do Masked Language Model Scoring" (`pll-word-l2r`).
 */
import { L3MaskingError } from "../../base/errors.js";
import { type Encoding, NO_WORD } from "../../text/encoding.js";

/** Which positions are masked when a token is scored (docs/method.md, section 1). */
export type Estimator = "pll-word-l2r" | "pll" | "unmasked" | `block-${number}`;

/** log P(t_i | masked text) of each token in nats; NaN at special tokens, which have no score. */
export type TokenScores = Float32Array;

/** One masked copy of a text and the positions whose original token it scores. */
export interface ScoringRow {
  /** The text with the estimator's positions replaced by the mask token. */
  readonly ids: Int32Array; // [n]
  /** Positions in `ids` to score, ascending. */
  readonly targets: Int32Array; // [K]
  /** Original token at each target. */
  readonly labels: Int32Array; // [K]
}

/**
 * The estimator named by a setting: `pll-word-l2r`, `pll`, `unmasked` or `block-k` with an integer k >= 2.
 *
 * Errors: `invalid-setting` for anything else.
 */
export function parseEstimator(text: string): Estimator {
  if (text === "pll-word-l2r" || text === "pll" || text === "unmasked") return text;
  return `block-${blockPasses(text)}`;
}

/** True for the estimators that mask every scored token; false for the cheaper approximations. */
export function isExact(estimator: Estimator): boolean {
  return estimator === "pll" || estimator === "pll-word-l2r";
}

/**
 * The masked copies that together score every non-special token of a text exactly once. With M_i the
 * positions masked when token i is scored:
 *
 *     pll            M_i = {i}
 *     pll-word-l2r   M_i = {i and every later position of its word}
 *     block-k        M_i = all positions of every word whose index leaves the same remainder modulo k
 *     unmasked       M_i = {}
 *
 * `pll` and `pll-word-l2r` give one row per token; `block-k` gives k rows (fewer if the text has fewer
 * words); `unmasked` gives one. A text of special tokens alone gives none.
 *
 * Errors: `invalid-setting` for a `block-k` whose k is not an integer >= 2.
 */
export function scoringRows(
  encoding: Encoding,
  estimator: Estimator,
  maskId: number,
): ScoringRow[] {
  switch (estimator) {
    case "pll":
      return textPositions(encoding).map((i) => maskedRow(encoding, maskId, [i], [i]));
    case "pll-word-l2r":
      return textPositions(encoding).map((i) =>
        maskedRow(encoding, maskId, restOfWord(encoding, i), [i]),
      );
    case "unmasked": {
      const positions = textPositions(encoding);
      return positions.length === 0 ? [] : [maskedRow(encoding, maskId, [], positions)];
    }
    default:
      return blocks(encoding, blockPasses(estimator)).map((positions) =>
        maskedRow(encoding, maskId, positions, positions),
      );
  }
}

/**
 * What scoring costs: the tokens of all masked copies of all texts, special ones included, that go through
 * the model. Errors as `scoringRows`.
 */
export function scoringCost(encodings: readonly Encoding[], estimator: Estimator): number {
  return encodings.reduce(
    (sum, encoding) => sum + encoding.ids.length * maskedCopies(encoding, estimator),
    0,
  );
}

/** How many rows `scoringRows` gives, without making them. */
function maskedCopies(encoding: Encoding, estimator: Estimator): number {
  switch (estimator) {
    case "pll":
    case "pll-word-l2r":
      return textPositions(encoding).length;
    case "unmasked":
      return Math.min(1, textPositions(encoding).length);
    default:
      return blocks(encoding, blockPasses(estimator)).length;
  }
}

/** Positions of the tokens that belong to the text: all but the special ones. */
export function textPositions(encoding: Pick<Encoding, "wordIds">): number[] {
  const positions: number[] = [];
  encoding.wordIds.forEach((word, i) => {
    if (word !== NO_WORD) positions.push(i);
  });
  return positions;
}

function maskedRow(
  encoding: Encoding,
  maskId: number,
  masked: readonly number[],
  targets: readonly number[],
): ScoringRow {
  const ids = encoding.ids.slice();
  for (const position of masked) ids[position] = maskId;
  return {
    ids,
    targets: Int32Array.from(targets),
    labels: Int32Array.from(targets, (position) => encoding.ids[position]),
  };
}

/** Position `start` and the later positions of its word. */
function restOfWord({ wordIds }: Encoding, start: number): number[] {
  const positions: number[] = [];
  for (let i = start; i < wordIds.length && wordIds[i] === wordIds[start]; i++) positions.push(i);
  return positions;
}

/** The positions of words j, j+k, j+2k, ... for each remainder j that has a word. */
function blocks({ wordIds }: Encoding, passes: number): number[][] {
  const positions: number[][] = [];
  let word = -1;
  let previous = NO_WORD;
  wordIds.forEach((id, i) => {
    if (id !== NO_WORD) {
      if (id !== previous) word++;
      const pass = word % passes;
      positions[pass] ??= [];
      positions[pass].push(i);
    }
    previous = id;
  });
  return positions;
}

/** The k of `block-k`. */
function blockPasses(estimator: string): number {
  const digits = /^block-([1-9]\d{0,5})$/.exec(estimator)?.[1];
  const passes = Number(digits);
  if (digits === undefined || passes < 2) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected the likelihood estimator to be pll-word-l2r, pll, unmasked or block-k with an integer k >= 2, got "${estimator}"`,
      { hint: 'Use "pll-word-l2r" for the exact score, or "block-7" for a cheaper one.' },
    );
  }
  return passes;
}
