/** How well a model under pretraining fills in masked tokens of the validation text. */
import type { TokenLikelihoodProgram } from "../../method/program/inference.js";
import type { MaskedTokenMeasures } from "../../results/records/pretrain-metrics.js";
import type { Scalar } from "../../results/trackers/scalars.js";
import { measureMaskedTokens, type WindowMasking } from "./masked-windows.js";
import { evenWindows, type TokenStream } from "./token-stream.js";

/** Windows of the validation text that an evaluation in mid-run reads; the last one reads all. */
const EVALUATED_WINDOWS = 256;
/** Masking of validation text, the same for every model so that figures can be compared. */
const VALIDATION_MLM_PROBABILITY = 0.15;

/** Measures over a sample of the windows, or over all of them. */
export function measureValidation(
  windows: "sample" | "all",
  scorer: TokenLikelihoodProgram,
  validation: TokenStream,
  masking: WindowMasking,
): Promise<MaskedTokenMeasures> {
  const most = windows === "all" ? Number.MAX_SAFE_INTEGER : EVALUATED_WINDOWS;
  const read = evenWindows(validation, most, masking.maxLength, masking.tokenizer);
  return measureMaskedTokens(scorer, read, {
    ...masking,
    mlmProbability: VALIDATION_MLM_PROBABILITY,
  });
}

/** What trackers show of all of the validation text. */
export function validationScalars({ loss, accuracy }: MaskedTokenMeasures): Scalar[] {
  return [
    { tag: "validation/loss", value: loss },
    { tag: "validation/accuracy", value: accuracy },
    { tag: "validation/perplexity", value: Math.exp(loss) },
  ];
}
