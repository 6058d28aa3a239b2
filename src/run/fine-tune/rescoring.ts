/** Scores of the texts by the model under training, for masks that follow what it has yet to learn. */
import type { Runtime } from "../../engine/runtime/runtime.js";
import { parseEstimator } from "../../method/likelihood/estimators.js";
import { type ScoreCache, scoreTexts } from "../../method/likelihood/score.js";
import { tokenPredictor } from "../../method/likelihood/token-predictor.js";
import { compileTokenLikelihood } from "../../method/program/inference.js";
import type { TrainedParameters } from "../../method/train/trained-parameters.js";
import type { ModelSpec } from "../../model/spec.js";
import type { Encoding, Tokenizer } from "../../text/encoding.js";
import type { Watched } from "../host/host.js";
import type { Rescore } from "./epoch-masks.js";
import type { TextMasks } from "./text-masks.js";

/** The model under training, and the texts whose tokens it masks. */
export interface RescoredTexts {
  readonly spec: ModelSpec;
  readonly tokenizer: Tokenizer;
  readonly parameters: TrainedParameters;
  readonly encodings: readonly Encoding[];
  readonly settings: { readonly estimator: string; readonly scoringTokens: number };
  /** Where the scores of an epoch are kept for a run that goes on; nowhere where absent. */
  openCache?(epoch: number): ScoreCache & { close(): void };
}

/**
 * Scores all texts in evaluation mode with the weights of the moment, in float32, by the estimator of the run. Where an epoch's scores are
 * kept they are those of its beginning, so that a run that goes on in the middle of it masks alike. Throws what `scoreTexts` throws.
 */
export function rescoring(
  { toValues, of }: NonNullable<TextMasks["rescored"]>,
  { spec, tokenizer, parameters, encodings, settings, openCache }: RescoredTexts,
  runtime: Runtime,
  { emit, cancelled }: Watched,
): Rescore {
  return async (epoch) => {
    const program = await compileTokenLikelihood(runtime, spec, parameters.weights, "float32", of);
    const cache = openCache?.(epoch);
    try {
      const scores = await scoreTexts(encodings, {
        estimator: parseEstimator(settings.estimator),
        maskId: tokenizer.special.mask,
        predict: tokenPredictor(program, spec),
        tokenBudget: settings.scoringTokens,
        ...(cache && { cache }),
        signal: {
          get aborted() {
            return cancelled();
          },
        },
        onProgress: ({ doneTokens: done, totalTokens: total }) =>
          emit({
            type: "progress",
            task: "scoring",
            ...{ done, total, unit: "tokens", detail: `by the model after epoch ${epoch}` },
          }),
      });
      return toValues(scores);
    } finally {
      cache?.close();
      await program.dispose();
    }
  };
}
