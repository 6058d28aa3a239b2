/** `perplexity`: how well a masked language model fills in masked tokens of plain text. */

import { compileTokenLikelihood } from "../method/program/inference.js";
import type { Host } from "../run/host/host.js";
import { measureMaskedTokens } from "../run/pretrain/masked-windows.js";
import { evenWindows, readingWatch, readTokenStream } from "../run/pretrain/token-stream.js";
import type { PerplexitySettings } from "../run/settings/schemas.js";
import { loadModel } from "../run/sources/model.js";
import { checkedMaxLength, requireMlmHead, weightsOf } from "../run/sources/model-facts.js";

/** Measures of a masked language model on plain text. */
export interface PerplexityResult {
  /** Tokens of the text. */
  readonly tokens: number;
  readonly masked_tokens: number;
  /** Mean -log P of a masked token, in nats. */
  readonly loss: number;
  /** e^loss. */
  readonly perplexity: number;
  /** Share of masked tokens that the model finds most likely. */
  readonly accuracy: number;
}

/**
 * Loss, perplexity and accuracy at the masked tokens of all of the text, cut into windows of `max_length` tokens side by
 * side. The masks depend on the seed alone.
 *
 * Throws `checkpoint-tensor` for a model without a masked-LM head, and what `readTokenStream` throws.
 */
export async function runPerplexity(
  settings: PerplexitySettings,
  host: Host,
): Promise<PerplexityResult> {
  const model = await loadModel(settings.model, host);
  requireMlmHead(model);
  const { spec, tokenizer } = model;
  const maxLength = checkedMaxLength(settings.maxLength, spec);
  const stream = await readTokenStream(settings.text, tokenizer, readingWatch(host));
  const windows = evenWindows(stream, Number.MAX_SAFE_INTEGER, maxLength, tokenizer);
  const runtime = await host.runtime(settings);
  const fixed = weightsOf(await model.weights());
  const program = await compileTokenLikelihood(runtime, spec, { fixed });
  try {
    const masking = { ...settings, maxLength, selection: "bernoulli" as const, spec, tokenizer };
    const measured = await measureMaskedTokens(program, windows, masking, {
      progress: (done, total) =>
        host.emit({ type: "progress", task: "evaluating", done, total, unit: "texts" }),
      cancelled: host.cancelled,
    });
    return {
      tokens: stream.ids.length,
      masked_tokens: measured.masked_tokens,
      loss: measured.loss,
      perplexity: Math.exp(measured.loss),
      accuracy: measured.accuracy,
    };
  } finally {
    await program.dispose();
  }
}
