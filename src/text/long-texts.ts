/** What of a text beyond the maximum length a model reads. */
import { sha256 } from "../base/sha256.js";
import type { Encoding, Tokenizer } from "./encoding.js";

/** Its beginning, or its beginning and its end in equal parts (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?"). */
export const longTextParts = ["head", "head-tail"] as const;

export type LongTextPart = (typeof longTextParts)[number];

/** A tokenizer, which keeps the head of a long text, made to keep `part` of it; its digest differs. */
export function keepingOfLongTexts(tokenizer: Tokenizer, part: LongTextPart): Tokenizer {
  if (part === "head") return tokenizer;
  return {
    ...tokenizer,
    keeps: part,
    digest: sha256([tokenizer.digest, part]),
    encode(text, maxLength) {
      const head = tokenizer.encode(text, maxLength);
      return head.truncated === 0
        ? head
        : withoutMiddle(tokenizer.encode(text, Number.MAX_SAFE_INTEGER), maxLength);
    },
  };
}

/** The first and the last of a text's tokens; the middle one of an odd number is of the head. */
function withoutMiddle({ ids, wordIds }: Encoding, maxLength: number): Encoding {
  const tail = 1 + Math.floor((maxLength - 2) / 2);
  const head = maxLength - tail;
  const cut = (values: Int32Array) =>
    Int32Array.of(...values.subarray(0, head), ...values.subarray(values.length - tail));
  return { ids: cut(ids), wordIds: cut(wordIds), truncated: ids.length - maxLength };
}
