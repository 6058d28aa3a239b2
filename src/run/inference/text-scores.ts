/** Token scores of a text, for people and files. */
import type { TokenScores } from "../../method/likelihood/estimators.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";

/** Scores of one text, special tokens included as null. */
export interface TextScores {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly word_ids: readonly (number | null)[];
  /** Natural logarithms. */
  readonly logprob: readonly (number | null)[];
}

/** One text's scores in the layout of scores.jsonl. */
export function textScores(
  { ids, wordIds }: Encoding,
  scores: TokenScores,
  tokenizer: Tokenizer,
): TextScores {
  return {
    ids: Array.from(ids),
    tokens: Array.from(ids, (id) => tokenizer.token(id)),
    word_ids: Array.from(wordIds, (word) => (word === NO_WORD ? null : word)),
    logprob: Array.from(scores, (score) => (Number.isNaN(score) ? null : score)),
  };
}
