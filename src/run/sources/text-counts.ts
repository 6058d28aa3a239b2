/** Counts what a model does not see of texts as they were written. */

import { L3MaskingError } from "../../base/errors.js";
import {
  alteredText,
  type SplitTextCounts,
  type TextCounts,
} from "../../data/check/text-counts.js";
import { textKey } from "../../data/formats/record.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import type { NoticeEvent } from "../host/host.js";
import type { EncodedDataset } from "./labelled-texts.js";
import type { EncodedUnlabelled } from "./unlabelled-texts.js";

export type EncodingCounts = Omit<TextCounts, "repeated_texts">;

export function countEncodings(
  encodings: readonly Encoding[],
  tokenizer: Pick<Tokenizer, "special">,
): EncodingCounts {
  const { unknown } = tokenizer.special;
  const isWordless = ({ wordIds }: Encoding) => wordIds.every((word) => word === NO_WORD);
  return {
    texts: encodings.length,
    truncated_texts: encodings.filter(({ truncated }) => truncated > 0).length,
    truncated_tokens: encodings.reduce((sum, { truncated }) => sum + truncated, 0),
    unknown_words: encodings.reduce(
      (sum, { ids, wordIds }) =>
        sum + ids.filter((id, token) => id === unknown && wordIds[token] !== NO_WORD).length,
      0,
    ),
    texts_without_tokens: encodings.filter(isWordless).length,
  };
}

/** Fewer words may all be foreign to a model that reads others well. */
const LEAST_WORDS = 10;

/**
 * Throws `texts-unknown` if more than half of the words are unknown to the tokenizer: a model would learn and say nothing of
 * such texts, and numbers would look as if it did.
 */
export function requireKnownWords(
  encodings: readonly Encoding[],
  tokenizer: Pick<Tokenizer, "special">,
  what: string,
): void {
  let words = 0;
  let unknown = 0;
  for (const { ids, wordIds } of encodings) {
    const all = new Set(wordIds.filter((word) => word !== NO_WORD));
    words += all.size;
    const lost = wordIds.filter((_, token) => ids[token] === tokenizer.special.unknown);
    unknown += new Set(lost.filter((word) => word !== NO_WORD)).size;
  }
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
      return [[name, { ...countEncodings(ofSplit, tokenizer), repeated_texts }]];
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
