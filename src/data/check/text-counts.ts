/** How many texts, and how much of them, a model does not see as they were written; in numbers and in words. */
import { z } from "zod";
import { countOf } from "./check-numbers.js";

const count = z.int().min(0);

const textCounts = z.object({
  texts: count,
  /** Longer than the maximum length: a part was cut off. */
  truncated_texts: count,
  /** Tokens that were cut off. */
  truncated_tokens: count,
  /** Words read as the unknown token: longer than the tokenizer takes, or with characters that it lacks. */
  unknown_words: count,
  /** Of special tokens alone, so that there is nothing to score or to mask. */
  texts_without_tokens: count,
  /** The same as an earlier text of the split. */
  repeated_texts: count,
});

/** Of the texts of one split that were used. */
export type TextCounts = z.infer<typeof textCounts>;

export const splitTextCounts = z.record(z.string(), textCounts);

export type SplitTextCounts = z.infer<typeof splitTextCounts>;

/** What the model does not see as it was written, in words; empty where it sees everything. */
export function alteredText(counts: Omit<TextCounts, "repeated_texts">): string {
  const { truncated_texts: cut, truncated_tokens: lost, unknown_words: unknown } = counts;
  const without = counts.texts_without_tokens;
  return [
    cut > 0
      ? `${countOf(cut, "text")} truncated to the maximum length (${countOf(lost, "token")} lost)`
      : "",
    unknown > 0 ? `${countOf(unknown, "word")} unknown to the tokenizer` : "",
    without > 0 ? `${countOf(without, "text")} without tokens to score or mask` : "",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** The same of several splits, one part each, with the texts that repeat earlier ones: "train: 3 texts cut ...". */
export function alteredSplits(counts: SplitTextCounts): string[] {
  return Object.entries(counts).flatMap(([split, ofSplit]) => {
    const repeated = ofSplit.repeated_texts;
    const parts = [
      alteredText(ofSplit),
      repeated > 0 ? `${countOf(repeated, "text")} repeating an earlier one` : "",
    ].filter((part) => part !== "");
    return parts.length === 0 ? [] : [`${split}: ${parts.join(", ")}`];
  });
}
