/** Token scores of texts by a model in memory, without a cache. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import { parseEstimator, type TokenScores } from "../../method/likelihood/estimators.js";
import { scoreTexts } from "../../method/likelihood/score.js";
import { tokenPredictor } from "../../method/likelihood/token-predictor.js";
import { compileTokenLikelihood } from "../../method/program/inference.js";
import type { Precision } from "../../method/program/quantized-weights.js";
import type { Encoding } from "../../text/encoding.js";
import type { Watched } from "../host/host.js";
import { requireMlmHead, weightsOf } from "../sources/model-facts.js";
import type { ModelInMemory } from "./model.js";

export interface MemoryScoring {
  readonly estimator: string;
  readonly scoringPrecision: Precision;
  readonly scoringTokens: number;
}

/**
 * Token scores of encodings, in their order. Throws `checkpoint-tensor` for a model without a masked-LM head, and `interrupted` after a
 * stop on request.
 */
export async function scoresInMemory(
  model: ModelInMemory,
  encodings: readonly Encoding[],
  { estimator, scoringPrecision, scoringTokens }: MemoryScoring,
  runtime: Runtime,
  watched: Watched,
): Promise<TokenScores[]> {
  requireMlmHead(model);
  const { spec, values, tokenizer } = model;
  const weights = weightsOf(values);
  const program = await compileTokenLikelihood(runtime, spec, weights, scoringPrecision);
  try {
    return await scoreTexts(encodings, {
      estimator: parseEstimator(estimator),
      maskId: tokenizer.special.mask,
      predict: tokenPredictor(program, spec),
      tokenBudget: scoringTokens,
      signal: {
        get aborted() {
          return watched.cancelled();
        },
      },
      onProgress: ({ doneTokens: done, totalTokens: total }) =>
        watched.emit({ type: "progress", task: "scoring", done, total, unit: "tokens" }),
    });
  } finally {
    await program.dispose();
  }
}
