/** What of a text beyond the maximum length a model reads. */
import { sha256 } from "../base/sha256.js";
import type { Encoding, Tokenizer } from "./encoding.js";

/**
 * Its beginning; its beginning and its end in equal parts (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?"); or all of it
 * in windows, whose answers are averaged.
 */
export const longTextParts = ["head", "head-tail", "windows"] as const;

export type LongTextPart = (typeof longTextParts)[number];

/** A tokenizer, which keeps the head of a long text, made to keep `part` of it; its digest differs. */
export function keepingOfLongTexts(tokenizer: Tokenizer, part: LongTextPart): Tokenizer {
  if (part === "head") return tokenizer;
  const shortened = part === "windows" ? inWindows : withoutMiddle;
  return {
    ...tokenizer,
    keeps: part,
    digest: sha256([tokenizer.digest, part]),
    encode(text, maxLength) {
      const head = tokenizer.encode(text, maxLength);
      return head.truncated === 0
        ? head
        : shortened(tokenizer.encode(text, Number.MAX_SAFE_INTEGER), maxLength);
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

/** Adjacent windows, as equal in length as can be; each begins and ends with the special tokens of the text. */
function inWindows({ ids, wordIds }: Encoding, maxLength: number): Encoding {
  const inner = ids.length - 2;
  const count = Math.ceil(inner / (maxLength - 2));
  const cut = (values: Int32Array, start: number, end: number) =>
    Int32Array.of(values[0], ...values.subarray(1 + start, 1 + end), values[values.length - 1]);
  const [first, ...further] = Array.from({ length: count }, (_, window): Encoding => {
    const start = Math.round((window * inner) / count);
    const end = Math.round(((window + 1) * inner) / count);
    return { ids: cut(ids, start, end), wordIds: cut(wordIds, start, end), truncated: 0 };
  });
  return { ...first, further };
}

/** A text as it is read at once: itself, or its windows. */
export function windowsOf(encoding: Encoding): readonly Encoding[] {
  return [encoding, ...(encoding.further ?? [])];
}

/** What the windows of a text have of each token, special ones included, as that of the whole text. */
export function joinedWindows<Values extends Int32Array | Float32Array>(
  windows: readonly Values[],
): number[] {
  return windows.flatMap((values, window) =>
    Array.from(values).slice(window === 0 ? 0 : 1, window === windows.length - 1 ? undefined : -1),
  );
}

/** A text read in windows in one piece. */
export function wholeText(encoding: Encoding): Encoding {
  if (encoding.further === undefined) return encoding;
  const windows = windowsOf(encoding);
  return {
    ids: Int32Array.from(joinedWindows(windows.map(({ ids }) => ids))),
    wordIds: Int32Array.from(joinedWindows(windows.map(({ wordIds }) => wordIds))),
    truncated: encoding.truncated,
  };
}
