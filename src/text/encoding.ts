/** A text as the model reads it. */

/** The word id of a special token, which belongs to no word. */
export const NO_WORD = -1;

/** One text: special tokens included, cut to `max_length`. All arrays have the length n of the row. */
export interface Encoding {
  /** Vocabulary id of each token. */
  readonly ids: Int32Array; // [n]
  /**
   * The pre-token each token belongs to (Hugging Face's `word_ids()`); NO_WORD for special tokens. Where words part at spaces alone, the
   * tokens of scripts without spaces between words are words of their own.
   */
  readonly wordIds: Int32Array; // [n]
  /** How many tokens of the text `max_length` cut off. */
  readonly truncated: number;
  /** Of a text that is read in windows, those after this first one, each with the special tokens. */
  readonly further?: readonly Encoding[];
}

/** Ids of the tokens with a role. */
export interface SpecialIds {
  /** First token of every row: [CLS] or <s>. */
  readonly first: number;
  /** Last token of every row: [SEP] or </s>. */
  readonly last: number;
  readonly pad: number;
  readonly mask: number;
  readonly unknown: number;
}

/** Turns texts into the ids that a checkpoint knows, and says to which word each token belongs. */
export interface Tokenizer {
  /** Ids and word ids of a text, special tokens added, at most `maxLength` tokens in all. */
  encode(text: string, maxLength: number): Encoding;
  /** The token string of an id (as in the vocabulary file). */
  token(id: number): string;
  /**
   * How token strings are spelled: in letters that stand for bytes; as written, `##` before what continues a word; or as written, with a mark
   * (U+2581) for the space before a word.
   */
  readonly spelling: "bytes" | "marked" | "written";
  readonly vocabularySize: number;
  readonly special: SpecialIds;
  /** All ids that stand for a special or added token: never drawn as a random replacement. */
  readonly specialIds: ReadonlySet<number>;
  /** What it keeps of a text beyond the maximum length, where that is not its head. */
  readonly keeps?: "head-tail" | "windows";
  /** How many closing tokens it puts between the texts of a pair, where it reads pairs: one in BERT, two in RoBERTa. */
  readonly pairSeparators?: number;
  /** SHA-256 (hex) of what decides ids and word ids; part of cache keys. */
  readonly digest: string;
  /**
   * File name -> content of a folder that Python's transformers and transformers.js read. `longest` is the length at which
   * they cut a row (`model_max_length`); undefined leaves what the tokenizer's own files say.
   */
  files(longest?: number): ReadonlyMap<string, string>;
}
