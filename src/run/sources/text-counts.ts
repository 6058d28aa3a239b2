/** Counts what a model does not see of texts as they were written. */

import { L3MaskingError } from "../../base/errors.js";
import {
  alteredText,
  type SplitTextCounts,
  type TextCounts,
} from "../../data/check/text-counts.js";
import { textKey } from "../../data/formats/record.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import { wholeText } from "../../text/long-texts.js";
import type { NoticeEvent } from "../host/host.js";
import type { EncodedDataset } from "./labelled-texts.js";
import type { EncodedUnlabelled } from "./unlabelled-texts.js";

export interface EncodingCounts extends Omit<TextCounts, "repeated_texts"> {
  /** Words that the tokenizer sees, known and unknown. */
  readonly words: number;
}

export function countEncodings(
  encodings: readonly Encoding[],
  tokenizer: Pick<Tokenizer, "special">,
): EncodingCounts {
  const { unknown } = tokenizer.special;
  const isWordless = ({ wordIds }: Encoding) => wordIds.every((word) => word === NO_WORD);
  const whole = encodings.map(wholeText);
  return {
    texts: encodings.length,
    truncated_texts: encodings.filter(({ truncated }) => truncated > 0).length,
    truncated_tokens: encodings.reduce((sum, { truncated }) => sum + truncated, 0),
    words: whole.reduce((sum, encoding) => sum + wordsWith(encoding, () => true), 0),
    unknown_words: whole.reduce(
      (sum, encoding) => sum + wordsWith(encoding, (id) => id === unknown),
      0,
    ),
    texts_without_tokens: encodings.filter(isWordless).length,
  };
}

/** Words with a token that `isMeant`; the tokens of a word stand side by side. */
function wordsWith({ ids, wordIds }: Encoding, isMeant: (id: number) => boolean): number {
  let words = 0;
  let last = NO_WORD;
  for (let token = 0; token < ids.length; token++) {
    const word = wordIds[token];
    if (word === NO_WORD || word === last || !isMeant(ids[token])) continue;
    words += 1;
    last = word;
  }
  return words;
}

/** Fewer words may all be foreign to a model that reads others well. */
const LEAST_WORDS = 10;

/**
 * Throws `texts-unknown` if more than half of the words of all texts together are unknown to the tokenizer: a model would learn
 * and say nothing of such texts, and labels and numbers would look as if it did.
 */
export function requireKnownWords(
  { words, unknown_words: unknown }: Pick<EncodingCounts, "words" | "unknown_words">,
  what: string,
): void {
  if (words < LEAST_WORDS || 2 * unknown <= words) return;
  throw new L3MaskingError(
    "texts-unknown",
    `expected a model that knows most words of ${what}, got one to which ${unknown} of ${words} are unknown`,
    {
      hint: "Choose a model of the language of the texts; its tokenizer files must be its own, with the class that reads them.",
    },
  );
}

/** Of every split of a run that exists, and of the unlabelled texts. */
export function countSplits(
  data: EncodedDataset,
  unlabelled: EncodedUnlabelled | undefined,
  tokenizer: Pick<Tokenizer, "special">,
): SplitTextCounts {
  const { train, dev, test, encodings } = data;
  const splits = [
    ["train", train.texts, encodings.train],
    ["dev", dev.texts, encodings.dev],
    ["test", test?.texts, encodings.test],
    ["unlabelled", unlabelled?.texts, unlabelled?.encodings],
  ] as const;
  return Object.fromEntries(
    splits.flatMap(([name, texts, ofSplit]) => {
      if (texts === undefined || ofSplit === undefined) return [];
      const repeated_texts = texts.length - new Set(texts.map(textKey)).size;
      const { words: _, ...counts } = countEncodings(ofSplit, tokenizer);
      return [[name, { ...counts, repeated_texts }]];
    }),
  );
}

/** Counts of all parts of a whole. */
export function summedCounts(parts: readonly EncodingCounts[]): EncodingCounts {
  const sum = (name: keyof EncodingCounts) => parts.reduce((all, part) => all + part[name], 0);
  return {
    texts: sum("texts"),
    truncated_texts: sum("truncated_texts"),
    truncated_tokens: sum("truncated_tokens"),
    words: sum("words"),
    unknown_words: sum("unknown_words"),
    texts_without_tokens: sum("texts_without_tokens"),
  };
}

/** What to tell of texts that go through a model; undefined where it sees all of them. */
export function alteredNotice(counts: EncodingCounts): NoticeEvent | undefined {
  const text = alteredText(counts);
  return text === ""
    ? undefined
    : { type: "notice", level: "info", text: `of ${counts.texts} texts: ${text}` };
}
