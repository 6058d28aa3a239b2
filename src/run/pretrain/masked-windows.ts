/** Windows of plain text, masked at random: what pretraining learns from, and how well a model fills them in. */
import { L3MaskingError } from "../../base/errors.js";
import { type Random, randomStream } from "../../base/random.js";
import { uniformProbabilities } from "../../method/masking/probabilities.js";
import type { TokenLikelihoodProgram } from "../../method/program/inference.js";
import type { AuxiliaryBatch } from "../../method/train/step.js";
import type { ModelSpec } from "../../model/spec.js";
import type { MaskedTokenMeasures } from "../../results/records/pretrain-metrics.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import { type MaskingOptions, maskedBatch } from "../fine-tune/task-batches.js";

/** How windows are masked and laid out. */
export interface WindowMasking extends MaskingOptions {
  readonly mlmProbability: number;
  readonly maxLength: number;
  readonly seed: number;
  readonly spec: ModelSpec;
  readonly tokenizer: Tokenizer;
}

export interface MeasureWatch {
  progress(done: number, total: number): void;
  /** True asks to stop. */
  cancelled(): boolean;
}

/** Slots in one call of the model. */
const MEASURED_SLOTS = 8192;

/** Every token of the windows is masked with the same probability, independently; `randomOf` gives each window (from 0) its stream. */
export function maskedWindows(
  windows: readonly Encoding[],
  masking: WindowMasking,
  randomOf: (window: number) => Random,
): AuxiliaryBatch {
  const texts = windows.map((encoding, index) => ({
    encoding,
    probabilities: uniformProbabilities(encoding, masking.mlmProbability),
    random: randomOf(index),
  }));
  return maskedBatch(texts, masking, masking.spec, masking.tokenizer);
}

/**
 * Loss and accuracy over the masked tokens of windows, the same masks for the same seed. Throws `data-empty` where
 * nothing is masked, and `interrupted` after a stop on request.
 */
export async function measureMaskedTokens(
  scorer: TokenLikelihoodProgram,
  windows: readonly Encoding[],
  masking: WindowMasking,
  watch: MeasureWatch = { progress: () => undefined, cancelled: () => false },
): Promise<MaskedTokenMeasures> {
  const perBatch = Math.max(1, Math.floor(MEASURED_SLOTS / masking.maxLength));
  let loss = 0;
  let correct = 0;
  let count = 0;
  for (let start = 0; start < windows.length; start += perBatch) {
    const portion = windows.slice(start, start + perBatch);
    const random = randomStream(masking.seed, "validation", start);
    const { batch, targetSlots, targetIds } = maskedWindows(portion, masking, (index) =>
      random.split(index),
    );
    if (targetIds.length === 0) continue;
    const scored = await scorer.score(batch, targetSlots, targetIds);
    for (const value of scored.logProbability) loss -= value;
    for (const value of scored.correct) correct += value;
    count += targetIds.length;
    watch.progress(start + portion.length, windows.length);
    if (watch.cancelled()) {
      throw new L3MaskingError(
        "interrupted",
        `stopped after ${start + portion.length} of ${windows.length} windows`,
        {
          hint: "Run the command again; nothing was written.",
        },
      );
    }
  }
  if (count === 0) {
    throw new L3MaskingError(
      "data-empty",
      "expected validation text with masked tokens, found none",
      { hint: "Use a longer text, or raise --mlm-probability." },
    );
  }
  return { loss: loss / count, accuracy: correct / count, masked_tokens: count };
}
