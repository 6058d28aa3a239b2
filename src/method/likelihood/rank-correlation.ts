/**
 * How well a cheap estimator keeps the order of the exact one. Masking depends on the order and spread
 * of the scores inside each text, so both a pooled and a within-text figure are given.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { TokenScores } from "./estimators.js";

/** Agreement of two estimators on the same texts. */
export interface RankAgreement {
  /** Spearman's rho over all tokens together; undefined for fewer than two or only equal scores. */
  readonly pooled: number | undefined;
  /** Mean over texts of the rho inside the text; undefined if no text has one. */
  readonly withinText: number | undefined;
  /** Tokens compared. */
  readonly tokens: number;
  /** Texts with a rho of their own. */
  readonly texts: number;
}

/**
 * Spearman's rank correlation: Pearson's correlation of the ranks, equal values sharing the mean of
 * their ranks. Undefined for fewer than two values or if all values of one side are equal.
 *
 * Errors: `input-mismatch` for unequal lengths or NaN.
 * Reference: Spearman 1904, "The Proof and Measurement of Association between Two Things".
 */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | undefined {
  if (a.length !== b.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected two lists of equal length for a rank correlation, got ${a.length} and ${b.length}`,
      { hint: "Compare two estimators on the same texts." },
    );
  }
  return pearson(averageRanks(a), averageRanks(b));
}

/**
 * Compares the scores of two estimators over the same texts; special tokens (NaN on both sides) are left out.
 *
 * Errors: `input-mismatch` if the texts differ in number, length or special tokens.
 */
export function rankAgreement(
  exact: readonly TokenScores[],
  other: readonly TokenScores[],
): RankAgreement {
  if (exact.length !== other.length) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected scores of the same texts, got ${exact.length} and ${other.length} texts`,
      { hint: "Score one sample of texts with both estimators." },
    );
  }
  const all: [number[], number[]] = [[], []];
  const correlations: number[] = [];
  exact.forEach((scores, text) => {
    checkSameTokens(scores, other[text], text);
    const kept = Array.from(scores.keys()).filter((i) => !Number.isNaN(scores[i]));
    const left = kept.map((i) => scores[i]);
    const right = kept.map((i) => other[text][i]);
    const correlation = spearman(left, right);
    if (correlation !== undefined) correlations.push(correlation);
    for (const value of left) all[0].push(value);
    for (const value of right) all[1].push(value);
  });
  const sum = correlations.reduce((total, value) => total + value, 0);
  return {
    pooled: spearman(all[0], all[1]),
    withinText: correlations.length === 0 ? undefined : sum / correlations.length,
    tokens: all[0].length,
    texts: correlations.length,
  };
}

/** 1-based ranks; equal values share the mean of the ranks they cover. */
function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i);
  order.sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    const value = values[order[start]];
    if (Number.isNaN(value)) {
      throw new L3MaskingError(
        "input-mismatch",
        `expected numbers for a rank correlation, got NaN at index ${order[start]}`,
        { hint: "Leave special tokens out of the comparison." },
      );
    }
    let end = start + 1;
    while (end < order.length && values[order[end]] === value) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function pearson(a: Float64Array, b: Float64Array): number | undefined {
  // Ranks 1..n sum to n(n+1)/2 whatever the ties.
  const mean = (a.length + 1) / 2;
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    product += (a[i] - mean) * (b[i] - mean);
    squaresA += (a[i] - mean) ** 2;
    squaresB += (b[i] - mean) ** 2;
  }
  return squaresA === 0 || squaresB === 0 ? undefined : product / Math.sqrt(squaresA * squaresB);
}

function checkSameTokens(a: TokenScores, b: TokenScores, text: number): void {
  const sameTokens =
    a.length === b.length && a.every((score, i) => Number.isNaN(score) === Number.isNaN(b[i]));
  if (sameTokens) return;
  throw new L3MaskingError(
    "input-mismatch",
    `expected scores of the same tokens, got ${a.length} and ${b.length} tokens or other special tokens in text ${text}`,
    { hint: "Score one sample of texts with both estimators and the same tokenizer." },
  );
}
