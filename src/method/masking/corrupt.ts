/**
 * The masked copy of a text and its MLM labels.
 *
 * Legend: n tokens, K selected.
 */
import { L3MaskingError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { type Selection, selectTokens } from "./select.js";
import type { MaskableText, MaskProbabilities } from "./tokens.js";

/** Shares of the selected tokens; the rest stays as it is. */
const defaultReplacement = {
  maskReplaceProbability: 0.8,
  randomReplaceProbability: 0.1,
} as const;

/** How `maskTokens` selects and replaces tokens. */
export interface CorruptionOptions {
  /** A fresh stream for each text and epoch. */
  readonly random: Random;
  readonly maskId: number;
  readonly vocabularySize: number;
  /** Ids never drawn as a random replacement. */
  readonly specialIds: ReadonlySet<number>;
  /** Share of the selected tokens that become the mask token; 0.8 if absent. */
  readonly maskReplaceProbability?: number;
  /** Share of the selected tokens that become a random token; 0.1 if absent. */
  readonly randomReplaceProbability?: number;
  /** How tokens are selected; `bernoulli` if absent. */
  readonly selection?: Selection;
}

/** A corrupted text of n tokens, K of which are to be predicted. */
export interface MaskedText {
  /** The text with the selected tokens replaced or kept. */
  readonly ids: Int32Array; // [n]
  /** Selected positions, ascending; none if nothing was selected. */
  readonly targets: Int32Array; // [K]
  /** Original token at each target. */
  readonly labels: Int32Array; // [K]
}

/**
 * Selects tokens with the given probabilities and corrupts them: mask token (0.8), a random token (0.1),
 * or unchanged (0.1). Only selected positions carry a label.
 *
 * A random token is uniform over the vocabulary without `specialIds`.
 * Departs from: Hugging Face's collator, which draws over the whole vocabulary including special tokens.
 *
 * Errors: `invalid-setting` for shares outside [0, 1] or summing above 1; `input-mismatch` for
 * probabilities that do not fit the text, or a vocabulary of special tokens alone.
 * Reference: Devlin et al. 2019, section 3.1.
 */
export function maskTokens(
  text: MaskableText,
  probabilities: MaskProbabilities,
  options: CorruptionOptions,
): MaskedText {
  const { random, maskId } = options;
  const maskShare = options.maskReplaceProbability ?? defaultReplacement.maskReplaceProbability;
  const randomShare =
    options.randomReplaceProbability ?? defaultReplacement.randomReplaceProbability;
  checkShares(maskShare, randomShare);
  const targets = selectTokens(text, probabilities, options.selection ?? "bernoulli", random);
  const ids = text.ids.slice();
  for (const target of targets) {
    const draw = random.uniform();
    if (draw < maskShare) ids[target] = maskId;
    else if (draw < maskShare + randomShare) ids[target] = randomToken(options);
  }
  return { ids, targets, labels: targets.map((target) => text.ids[target]) };
}

/** A uniformly random id that is not special, by rejection. */
function randomToken({ random, vocabularySize, specialIds }: CorruptionOptions): number {
  // An upper bound: special ids beyond the vocabulary only make this fail earlier.
  if (specialIds.size >= vocabularySize) {
    throw new L3MaskingError(
      "input-mismatch",
      `expected a vocabulary with more than its ${specialIds.size} special tokens, got ${vocabularySize} tokens`,
      { hint: "Set the random replacement share to 0, or use another tokenizer." },
    );
  }
  let id = random.integer(vocabularySize);
  while (specialIds.has(id)) id = random.integer(vocabularySize);
  return id;
}

function checkShares(maskShare: number, randomShare: number): void {
  // 0.9 + 0.1 may sum to a hair above 1.
  if (maskShare >= 0 && randomShare >= 0 && maskShare + randomShare <= 1 + 1e-12) return;
  throw new L3MaskingError(
    "invalid-setting",
    `expected mask_replace_prob and random_replace_prob >= 0 with a sum of at most 1, got ${maskShare} and ${randomShare}`,
    { hint: "Use 0.8 and 0.1, the values of BERT." },
  );
}
