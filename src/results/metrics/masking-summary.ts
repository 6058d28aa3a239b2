/** What two masking strategies select in the same texts, by expectation: no masks are drawn. */
import type { MaskedToken, MaskingSummary } from "../records/masking-summary.js";

const BINS = 20;
/** Tokens in each list. */
const LISTED = 40;

/** A text's token ids with the mask probabilities of both strategies; 0 at positions that cannot be masked. */
export interface MaskedTextCase {
  readonly ids: Int32Array; // [n]
  /** 1 where a token can be masked, else 0. */
  readonly maskable: Uint8Array; // [n]
  readonly l3: Float64Array; // [n]
  readonly rtm: Float64Array; // [n]
}

interface Counts {
  occurrences: number;
  l3: number;
  rtm: number;
}

/**
 * Sums over the texts: the histogram of mask probabilities, and for every token of the vocabulary
 *
 *     expected selections in an epoch = sum of m_i over its occurrences
 *
 * `tokenOf` spells an id.
 */
export function maskingSummary(
  names: Pick<MaskingSummary, "dataset" | "model" | "budget">,
  texts: Iterable<MaskedTextCase>,
  tokenOf: (id: number) => string,
): MaskingSummary {
  const byToken = new Map<number, Counts>();
  const histogram = { l3: new Array<number>(BINS).fill(0), rtm: new Array<number>(BINS).fill(0) };
  let textCount = 0;
  let tokens = 0;
  let l3Sum = 0;
  for (const { ids, maskable, l3, rtm } of texts) {
    textCount += 1;
    for (const [position, id] of ids.entries()) {
      if (maskable[position] === 0) continue;
      tokens += 1;
      l3Sum += l3[position];
      histogram.l3[bin(l3[position])] += 1;
      histogram.rtm[bin(rtm[position])] += 1;
      const counts = byToken.get(id) ?? { occurrences: 0, l3: 0, rtm: 0 };
      counts.occurrences += 1;
      counts.l3 += l3[position];
      counts.rtm += rtm[position];
      byToken.set(id, counts);
    }
  }
  const all = Array.from(
    byToken,
    ([id, counts]): MaskedToken => ({
      token: tokenOf(id),
      occurrences: counts.occurrences,
      expected_l3: counts.l3,
      expected_rtm: counts.rtm,
    }),
  );
  return {
    ...names,
    texts: textCount,
    tokens,
    l3_mean: tokens === 0 ? 0 : l3Sum / tokens,
    histogram: { edges: Array.from({ length: BINS + 1 }, (_, edge) => edge / BINS), ...histogram },
    most_by_l3: largest(all, (token) => token.expected_l3),
    most_by_rtm: largest(all, (token) => token.expected_rtm),
    raised_by_l3: largest(all, (token) => token.expected_l3 - token.expected_rtm),
    lowered_by_l3: largest(all, (token) => token.expected_rtm - token.expected_l3),
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
