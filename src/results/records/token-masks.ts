/**
 * What is known about the tokens of one text before and after training, and examples.json of a run. Arrays have one entry per
 * token, including special ones.
 */
import { z } from "zod";
import { count, fraction, list } from "./measures.js";

const sampledMask = z.object({
  /** Ascending. */
  positions: list(count), // [k]
  /** What the model reads there, as the vocabulary spells it: the mask token, a random one, or the token itself. */
  replacements: list(z.string()), // [k]
});

/** One draw of selected tokens by the mask probabilities. */
export type SampledMask = z.infer<typeof sampledMask>;

const tokenMasks = z.object({
  /** As the vocabulary spells them. */
  tokens: list(z.string()), // [n]
  /** The text that each token stands for, with the space before it. */
  pieces: list(z.string()), // [n]
  /** Which word a token belongs to; null at special tokens. */
  word_ids: list(count.nullable()), // [n]
  /** u_i = -log P(token) under the vanilla model, in nats; null at special tokens. */
  surprisal: list(z.number().nullable()), // [n]
  /** m_i; null at special tokens, which are never masked. */
  mask_probability: list(fraction.nullable()), // [n]
  masks: list(sampledMask),
});

/** How L3Masking sees a text. */
export type TokenMasks = z.infer<typeof tokenMasks>;

const attributedText = tokenMasks.extend({
  /** The most likely label; of several those that are given, as one string. */
  label: z.string(),
  /** Where a text can have several labels: those that are given. */
  labels: list(z.string()).exactOptional(),
  probabilities: z.record(z.string(), fraction),
  /** The label whose logit is attributed. */
  explained_label: z.string(),
  /** Gradient x input of that logit; above 0 where the token supports the label. */
  attribution: list(z.number()), // [n]
});

/** The trained classifier's prediction for a text, and how much each token contributes to the logit. */
export type AttributedText = z.infer<typeof attributedText>;

export const explainedText = attributedText.extend({
  text: z.string(),
  /** Number of tokens cut off at the maximum length; nothing is known about them. */
  truncated: count,
  /** Absent where the classifier reads n-grams instead of tokens. */
  ids: list(count).exactOptional(), // [n]
  /** What the embedding of the whole text adds to the label's score, where the classifier reads one beside the words. */
  embedding_attribution: z.number().exactOptional(),
  /** Of a stack: what its encoder and TF-IDF add to each attribution, which is their sum. */
  attribution_parts: z
    .object({
      encoder: list(z.number()), // [n]
      tfidf: list(z.number()), // [n]
    })
    .exactOptional(),
});

/** An explained text. */
export type ExplainedText = z.infer<typeof explainedText>;

const runExample = attributedText.extend({
  /** The label it has in the training file. */
  expected_label: z.string(),
});

/** A training text that the report of its run shows. */
export type RunExample = z.infer<typeof runExample>;

/** examples.json of a run. */
export const runExamples = list(
  runExample
    .refine(
      ({ tokens, pieces, word_ids, surprisal, mask_probability, attribution }) =>
        [pieces, word_ids, surprisal, mask_probability, attribution].every(
          (ofTokens) => ofTokens.length === tokens.length,
        ),
      "expected one entry per token",
    )
    .refine(
      ({ label, labels, probabilities }) =>
        (labels ?? [label]).every((one) => Object.hasOwn(probabilities, one)),
      "expected the probability of the label",
    ),
);

/** Lower bounds of the levels by which tokens are coloured; level 0 lies below the first. */
export const maskLevels = [0.05, 0.15, 0.3, 0.6] as const;

/** The level of a mask probability: how many of `maskLevels` it reaches. */
export function maskLevel(probability: number): number {
  return maskLevels.filter((bound) => probability >= bound).length;
}
