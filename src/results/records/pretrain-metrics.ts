/** metrics.json of a pretraining run. */
import { z } from "zod";
import { count, fraction } from "./measures.js";

const maskedTokenMeasures = z.object({
  /** Mean -log P(token) in nats; its exponential is the perplexity per masked token. */
  loss: z.number(),
  /** Share of masked tokens that the model ranks first. */
  accuracy: fraction,
  masked_tokens: count,
});

/** How well masked tokens are predicted. */
export type MaskedTokenMeasures = z.infer<typeof maskedTokenMeasures>;

const pretrainMetrics = z.object({
  steps: count,
  /** Real tokens through the encoder in all steps. */
  tokens: count,
  /** On all of the validation text, 15 % of its tokens masked. */
  validation: maskedTokenMeasures.nullable(),
});

/** metrics.json of a pretraining run. */
export type PretrainMetrics = z.infer<typeof pretrainMetrics>;
