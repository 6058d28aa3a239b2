/** What transformers' XLMRobertaTokenizer and CamembertTokenizer build: tokenizers with a Unigram vocabulary. */
import type { AddedToken } from "./added-tokens.js";
import { SPACE_MARK } from "./pre-tokenize.js";
import type { SentencePieceModel } from "./sentencepiece-file.js";
import type { SpecialNames } from "./special-tokens.js";
import type { ScoredPiece } from "./subwords.js";
import type { TokenizerJson } from "./tokenizer-json.js";

export interface UnigramParts {
  readonly vocab: readonly ScoredPiece[];
  readonly unknown: number;
  /** Base64; empty where texts are not normalized. */
  readonly characterMap: string;
  readonly added: readonly AddedToken[];
}

/** Words part at white space, and each begins with the mark of a space. */
export function unigramJson(
  { vocab, unknown, characterMap, added }: UnigramParts,
  names: SpecialNames,
): TokenizerJson {
  const metaspace = {
    type: "Metaspace",
    replacement: SPACE_MARK,
    prepend_scheme: "always",
    split: true,
  };
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const [first, last] = [special(names.first), special(names.last)];
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } });
  const idOf = (token: string) => vocab.findIndex(([piece]) => piece === token);
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...added],
    normalizer:
      characterMap === "" ? null : { type: "Precompiled", precompiled_charsmap: characterMap },
    pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
    post_processor: {
      type: "TemplateProcessing",
      single: [first, sequence("A"), last],
      pair: [first, sequence("A"), last, last, sequence("B"), last],
      special_tokens: Object.fromEntries(
        [names.first, names.last].map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }]),
      ),
    },
    decoder: metaspace,
    model: { type: "Unigram", unk_id: unknown, vocab, byte_fallback: false },
  };
}

/**
 * XLM-RoBERTa's ids are those of fairseq: first, padding, last and unknown token, the pieces from the fourth on, the mask. So a piece has
 * its position plus one, and the first three, <unk>, <s> and </s>, have other ids.
 */
export function xlmRobertaJson(
  { pieces, ...model }: SentencePieceModel,
  names: SpecialNames,
): TokenizerJson {
  const opening = [names.first, names.pad, names.last, names.unknown].map(unscored);
  return ofPieces([...opening, ...pieces.slice(3), unscored(names.mask)], model, names);
}

/** CamemBERT's: five opening tokens, of which three are not used, the pieces from the second on, the mask. */
export function camembertJson(
  { pieces, ...model }: SentencePieceModel,
  names: SpecialNames,
): TokenizerJson {
  const opening = ["<s>NOTUSED", names.pad, "</s>NOTUSED", names.unknown].map(unscored);
  const unused: ScoredPiece = ["<unk>NOTUSED", -100];
  return ofPieces([...opening, unused, ...pieces.slice(1), unscored(names.mask)], model, names);
}

const unscored = (piece: string): ScoredPiece => [piece, 0];

function ofPieces(
  vocab: readonly ScoredPiece[],
  { symbols, characterMap }: Omit<SentencePieceModel, "pieces">,
  names: SpecialNames,
): TokenizerJson {
  const special = new Set([...symbols, ...Object.values(names)]);
  const added = vocab.flatMap(([content], id) => {
    if (!special.has(content)) return [];
    const lstrip = content === names.mask;
    return [
      { id, content, single_word: false, lstrip, rstrip: false, normalized: false, special: true },
    ];
  });
  const unknown = vocab.findIndex(([piece]) => piece === names.unknown);
  return unigramJson({ vocab, unknown, characterMap, added }, names);
}
