/** How a fine-tuned encoder reads texts. */
import type { ClassificationProgram } from "../../method/program/inference.js";
import type { ModelSpec } from "../../model/spec.js";
import { encodeOnce } from "../../text/encode-once.js";
import { classifyEncodings } from "../inference/classify.js";
import type { ClassifierReading } from "../sources/model-facts.js";
import { countEncodings } from "../sources/text-counts.js";
import type { ReadTexts } from "./open-classifier.js";

/** `evalTokens` bounds the tokens of a batch; logits are divided by `temperature`. */
export function encoderReader(
  program: ClassificationProgram,
  {
    spec,
    tokenizer,
    maxLength,
  }: Pick<ClassifierReading, "tokenizer" | "maxLength"> & { readonly spec: ModelSpec },
  evalTokens: number,
  temperature = 1,
): (texts: readonly string[]) => ReadTexts {
  return (texts) => {
    const encodings = texts.map(encodeOnce(tokenizer, maxLength));
    return {
      counts: countEncodings(encodings, tokenizer),
      async logits(onBatch) {
        const found = await classifyEncodings(program, spec, encodings, evalTokens, onBatch);
        return found.map((logit) => logit / temperature);
      },
    };
  };
}
