/** errors.jsonl of a run: held-out rows that got a wrong label. */
import { z } from "zod";
import { count, fraction, list } from "./measures.js";

const attributedWords = z
  .object({
    /** One after the other they are what the classifier reads of the text. */
    pieces: list(z.string()), // [n]
    /** Above 0 where the piece supports the label, below 0 where it argues against it. */
    attribution: list(z.number()), // [n]
    /** The end of the text, where the classifier did not read it. */
    unread: z.string().exactOptional(),
  })
  .refine(
    ({ pieces, attribution }) => pieces.length === attribution.length,
    "expected one attribution for each piece",
  );

/** A text in words, each with its part in the score of a label. */
export type AttributedWords = z.infer<typeof attributedWords>;

export const wrongRow = z.object({
  file: z.string(),
  /** Of the file, from 1. */
  line: count,
  text: z.string(),
  /** What the file says. */
  expected: z.string(),
  predicted: z.string(),
  /** Of what is predicted. */
  probability: fraction,
  /** Where a text can have several labels: the wrong one that is surest, given or missing, which the words are about. */
  explained_label: z.string().exactOptional(),
  /** The same text also occurs in train. */
  seen_in_training: z.boolean(),
  /** What spoke for the predicted label, or the explained one; absent in rows that were not explained. */
  words: attributedWords.exactOptional(),
});

/** A held-out row whose predicted label is not the one in its file. */
export type WrongRow = z.infer<typeof wrongRow>;
