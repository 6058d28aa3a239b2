/** masking.json of a run: what its masking strategy selects in the training texts. */
import { z } from "zod";
import { count, fraction, list } from "./measures.js";

const maskedToken = z.object({
  /** As the vocabulary spells it: "##ing", "Ġthe". */
  token: z.string(),
  /** How often it occurs in the training texts where it can be masked. */
  occurrences: count,
  /** Expected selections in one epoch: the sum of its mask probabilities. */
  expected: z.number(),
  /** The same under random token masking. */
  expected_uniform: z.number(),
});

export type MaskedToken = z.infer<typeof maskedToken>;

export const maskingSummary = z.object({
  dataset: z.string(),
  model: z.string(),
  /** Name of the strategy. */
  strategy: z.string(),
  /** Training texts. */
  texts: count,
  /** Tokens that can be masked: neither special ones nor those cut off. */
  tokens: count,
  /** Exponent of the strategy's weights. */
  gamma: z.number(),
  /** Requested mean mask probability. */
  budget: fraction,
  /** Mean mask probability over all tokens. */
  mean: fraction,
  /** Share of the budget that lies on other tokens than under random token masking. */
  moved: fraction,
  /** How many tokens have a mask probability in [edges[i], edges[i + 1]); the last bin includes its upper edge. */
  histogram: z.object({
    edges: list(z.number()), // [bins + 1], 0 .. 1
    counts: list(count), // [bins]
    uniform: list(count), // [bins], under random token masking
  }),
  /** Most expected selections first, at most 40. */
  most: list(maskedToken),
  most_uniform: list(maskedToken),
  /** Largest expected - expected_uniform first, at most 40. */
  raised: list(maskedToken),
  /** Largest expected_uniform - expected first, at most 40. */
  lowered: list(maskedToken),
});

/** What a masking strategy, and random token masking, select in the training texts of a data set, by expectation. */
export type MaskingSummary = z.infer<typeof maskingSummary>;
