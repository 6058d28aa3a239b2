/** What a masking strategy selects in texts, beside the uniform one, by expectation: no masks are drawn. */
import { movedShare } from "../../method/masking/moved.js";
import type { MaskedToken, MaskingSummary } from "../records/masking-summary.js";

const BINS = 20;
/** Tokens in each list. */
const LISTED = 40;

/** A text's token ids with the mask probabilities of the strategy and of the uniform one; 0 at positions that cannot be masked. */
export interface MaskedTextCase {
  readonly ids: Int32Array; // [n]
  /** 1 where a token can be masked, else 0. */
  readonly maskable: Uint8Array; // [n]
  readonly probabilities: Float64Array; // [n]
  readonly uniform: Float64Array; // [n]
}

/**
 * Sums over the texts: the histogram of mask probabilities, and for every token of the vocabulary
 *
 *     expected selections in an epoch = sum of m_i over its occurrences
 *
 * `tokenOf` spells an id.
 */
export function maskingSummary(
  names: Pick<MaskingSummary, "dataset" | "model" | "strategy" | "gamma" | "budget">,
  texts: readonly MaskedTextCase[],
  tokenOf: (id: number) => string,
): MaskingSummary {
  const byToken = new Map<number, MaskedToken>();
  const counts = new Array<number>(BINS).fill(0);
  const uniformCounts = new Array<number>(BINS).fill(0);
  let tokens = 0;
  let sum = 0;
  for (const { ids, maskable, probabilities, uniform } of texts) {
    for (const [position, id] of ids.entries()) {
      if (maskable[position] === 0) continue;
      tokens += 1;
      sum += probabilities[position];
      counts[bin(probabilities[position])] += 1;
      uniformCounts[bin(uniform[position])] += 1;
      const found = byToken.get(id);
      const token = found ?? {
        token: tokenOf(id),
        occurrences: 0,
        expected: 0,
        expected_uniform: 0,
      };
      if (found === undefined) byToken.set(id, token);
      token.occurrences += 1;
      token.expected += probabilities[position];
      token.expected_uniform += uniform[position];
    }
  }
  const all = [...byToken.values()];
  const edges = Array.from({ length: BINS + 1 }, (_, edge) => edge / BINS);
  return {
    ...names,
    texts: texts.length,
    tokens,
    mean: tokens === 0 ? 0 : sum / tokens,
    moved: movedShare(
      texts.map(({ probabilities }) => probabilities),
      texts.map(({ uniform }) => uniform),
    ),
    histogram: { edges, counts, uniform: uniformCounts },
    most: largest(all, (token) => token.expected),
    most_uniform: largest(all, (token) => token.expected_uniform),
    raised: largest(all, (token) => token.expected - token.expected_uniform),
    lowered: largest(all, (token) => token.expected_uniform - token.expected),
  };
}

function bin(probability: number): number {
  return Math.min(BINS - 1, Math.floor(probability * BINS));
}

/** Those with the largest positive value first; equal ones by spelling. */
function largest(
  all: readonly MaskedToken[],
  amount: (token: MaskedToken) => number,
): MaskedToken[] {
  return all
    .filter((token) => amount(token) > 0)
    .sort((a, b) => amount(b) - amount(a) || (a.token < b.token ? -1 : 1))
    .slice(0, LISTED);
}
