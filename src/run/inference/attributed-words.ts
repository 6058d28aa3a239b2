/** Attributions of tokens as those of words, which people read. */

import { L3MaskingError } from "../../base/errors.js";
import { withoutSeparator } from "../../base/pairs.js";
import type { Runtime } from "../../engine/runtime/runtime.js";
import type { AttributedWords } from "../../results/records/wrong-rows.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { wholeText } from "../../text/long-texts.js";
import { textPieces } from "../../text/pieces.js";
import type { Host } from "../host/host.js";
import { type ClassifierParts, textAttributions } from "./attributions.js";

/** The words of each text with their part in the score of the label asked for, whatever the classifier is. */
export type ExplainTexts = (
  texts: readonly string[],
  labels: readonly string[],
) => Promise<readonly AttributedWords[]>;

/** A trained encoder and how it reads texts. */
export interface ExplainedClassifier extends ClassifierParts {
  /** In id order. */
  readonly labels: readonly string[];
  readonly encode: (text: string) => Encoding;
}

/** A text as an encoder reads it, and the part of each token in the logit of a label. */
export interface AttributedTokens {
  readonly encoding: Encoding;
  readonly attribution: Float32Array; // [n]
}

/** The tokens of each text with their parts in the logit of the label asked for. */
export type AttributeTokens = (
  texts: readonly string[],
  labels: readonly string[],
) => Promise<readonly AttributedTokens[]>;

/** Attributes by gradient x input of what the first layer reads. A stop on request throws `interrupted` between batches. */
export function tokenAttributor(
  { labels, encode, ...parts }: ExplainedClassifier,
  runtime: Runtime,
  host: Host,
): AttributeTokens {
  return async (texts, asked) => {
    if (texts.length === 0) return [];
    const encodings = texts.map(encode);
    const labelIds = Int32Array.from(asked, (label) => labels.indexOf(label));
    const total = texts.length;
    const onTexts = (done: number) => {
      host.emit({ type: "progress", task: "explaining", done, total, unit: "texts" });
      if (!host.cancelled() || done === total) return;
      throw new L3MaskingError("interrupted", `stopped after ${done} of ${total} texts`, {
        hint: "Resume with the same command and --resume.",
      });
    };
    const found = await textAttributions(
      parts,
      encodings,
      labelIds,
      "embeddings",
      runtime,
      onTexts,
    );
    return encodings.map((encoding, index) => ({
      encoding: wholeText(encoding),
      attribution: found[index],
    }));
  };
}

/** Explains texts by the parts of their tokens. */
export function encoderExplainer(tokenizer: Tokenizer, attribute: AttributeTokens): ExplainTexts {
  return async (texts, asked) =>
    (await attribute(texts, asked)).map(({ encoding, attribution }, index) =>
      asWritten(attributedWords(encoding, attribution, tokenizer), texts[index]),
    );
}

/**
 * The words of a text without special tokens, and the attribution of each: the sum over its tokens of `attribution` [n], which is the
 * derivative of the label's logit when all tokens of the word are scaled together.
 */
export function attributedWords(
  encoding: Pick<Encoding, "ids" | "wordIds">,
  attribution: ArrayLike<number>,
  tokenizer: Pick<Tokenizer, "token" | "spelling">,
): AttributedWords {
  const { wordIds } = encoding;
  const words: string[] = [];
  const sums: number[] = [];
  textPieces(encoding, tokenizer).forEach((piece, position) => {
    if (wordIds[position] === NO_WORD) return;
    if (position > 0 && wordIds[position - 1] === wordIds[position]) {
      words[words.length - 1] += piece;
      sums[sums.length - 1] += attribution[position];
    } else {
      words.push(piece);
      sums.push(attribution[position]);
    }
  });
  return { pieces: words, attribution: sums.map((sum) => Number(sum.toPrecision(4))) };
}

/**
 * The words with the spelling, the spaces and the separator of the text, and the end of it that was not read. Words stay as they are where the tokenizer
 * changed more than the case of letters and the spaces between words.
 */
export function asWritten(words: AttributedWords, text: string): AttributedWords {
  const lowered = text.toLowerCase();
  if (lowered.length !== text.length) return words;
  const pieces: string[] = [];
  let end = 0;
  for (const piece of words.pieces) {
    const word = piece.trim().toLowerCase();
    const start = lowered.indexOf(word, end);
    if (start < 0 || withoutSeparator(text.slice(end, start)).trim() !== "") return words;
    pieces.push(text.slice(end, start + word.length));
    end = start + word.length;
  }
  const unread = text.slice(end);
  return { ...words, pieces, ...(unread.trim() !== "" && { unread }) };
}
