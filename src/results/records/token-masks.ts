/** What is known of the tokens of one text before and after training; arrays have one entry a token, special ones included. */

/** How L3Masking sees a text. */
export interface TokenMasks {
  /** As the vocabulary spells them. */
  readonly tokens: readonly string[]; // [n]
  /** The text that each token stands for, with the space before it. */
  readonly pieces: readonly string[]; // [n]
  /** Which word a token belongs to; null at special tokens. */
  readonly word_ids: readonly (number | null)[]; // [n]
  /** u_i = -log P(token) under the vanilla model, in nats; null at special tokens. */
  readonly surprisal: readonly (number | null)[]; // [n]
  /** m_i; null at special tokens, which are never masked. */
  readonly mask_probability: readonly (number | null)[]; // [n]
  readonly masks: readonly SampledMask[];
}

/** The tokens that were selected once, drawn with the mask probabilities. */
export interface SampledMask {
  /** Ascending. */
  readonly positions: readonly number[]; // [k]
  /** What the model reads there, as the vocabulary spells it: the mask token, a random one, or the token itself. */
  readonly replacements: readonly string[]; // [k]
}

/** What the trained classifier makes of a text, and which tokens its logit hangs on. */
export interface AttributedText extends TokenMasks {
  /** The most likely label. */
  readonly label: string;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Whose logit the attributions belong to. */
  readonly explained_label: string;
  /** Gradient x input of that logit; above 0 where the token speaks for the label. */
  readonly attribution: readonly number[]; // [n]
}

/** A text that was asked to be explained. */
export interface ExplainedText extends AttributedText {
  readonly text: string;
  /** Tokens that the maximum length cut off; nothing is known of them. */
  readonly truncated: number;
  readonly ids: readonly number[]; // [n]
}

/** A training text that the report of its run shows. */
export interface RunExample extends AttributedText {
  /** The label it has in the training file. */
  readonly expected_label: string;
}

/** Lower bounds of the levels by which tokens are coloured; below the first is level 0. */
export const maskLevels = [0.05, 0.15, 0.3, 0.6] as const;

/** The level of a mask probability: how many of `maskLevels` it reaches. */
export function maskLevel(probability: number): number {
  return maskLevels.filter((bound) => probability >= bound).length;
}
