/** masking.json of a run: what its masking selects in the training texts. */
import { z } from "zod";
import { count, fraction, list } from "./measures.js";

const maskedToken = z.object({
  /** As the vocabulary spells it: "##ing", "Ġthe". */
  token: z.string(),
  /** Times it stands in the training texts where it can be masked. */
  occurrences: count,
  /** Expected selections in one epoch: the sum of its mask probabilities. */
  expected_l3: z.number(),
  expected_rtm: z.number(),
});

export type MaskedToken = z.infer<typeof maskedToken>;

export const maskingSummary = z.object({
  dataset: z.string(),
  model: z.string(),
  /** Training texts. */
  texts: count,
  /** Tokens that can be masked: special ones and those cut off do not count. */
  tokens: count,
  /** Mean mask probability asked for. */
  budget: fraction,
  /** Mean mask probability of L3Masking over all tokens. */
  l3_mean: fraction,
  /** How many tokens have a mask probability in [edges[i], edges[i + 1]); the last bin includes its upper edge. */
  histogram: z.object({
    edges: list(z.number()), // [bins + 1], 0 .. 1
    l3: list(count), // [bins]
    rtm: list(count), // [bins]
  }),
  /** Most expected selections first, at most 40. */
  most_by_l3: list(maskedToken),
  most_by_rtm: list(maskedToken),
  /** Largest expected_l3 - expected_rtm first, at most 40. */
  raised_by_l3: list(maskedToken),
  /** Largest expected_rtm - expected_l3 first, at most 40. */
  lowered_by_l3: list(maskedToken),
});

/** What L3Masking and random token masking select in the training texts of a data set, by expectation. */
export type MaskingSummary = z.infer<typeof maskingSummary>;
