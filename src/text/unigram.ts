/**
 * Unigram: of all ways to cut a word into pieces of the vocabulary, the one whose pieces have the largest sum of scores (logarithms of their
 * probabilities), by the Viterbi algorithm; its time is linear in the text.
 *
 * Reference: Kudo (2018), Subword Regularization, section 3.2; what happens to characters without a piece is as in `models.Unigram` of
 * Hugging Face's Rust tokenizers and in SentencePiece: the score of one is 10 below the least of the vocabulary, and neighbours become one
 * unknown token, or with byte fallback the tokens of their bytes.
 */
import { pieceTrie } from "./piece-trie.js";

export interface UnigramSettings {
  /** Piece i has the id i. */
  readonly pieces: readonly string[];
  readonly scores: Float64Array; // [pieces]
  readonly unknown: number;
  /** Whether what has no piece is spelled in bytes: "<0x0A>". */
  readonly byteFallback: boolean;
  /** Pieces that no text becomes. */
  readonly never: ReadonlySet<string>;
}

/** What an unknown character costs beyond the least likely piece. */
const UNKNOWN_PENALTY = 10;
const NONE = -1;

/** The ids of a word, in order. */
export function unigramPieces(settings: UnigramSettings): (word: string) => number[] {
  const { pieces, scores, unknown, never } = settings;
  const trie = pieceTrie(pieces, never);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;
  const bytes = settings.byteFallback ? byteIds(pieces) : undefined;
  /** Of the best path to each position of a word: its score, where its last piece begins, and that piece. */
  let best = new Float64Array(64);
  let starts = new Int32Array(64);
  let ids = new Int32Array(64);

  return (word) => {
    if (word.length >= best.length) {
      const size = 2 * word.length;
      [best, starts, ids] = [new Float64Array(size), new Int32Array(size), new Int32Array(size)];
    }
    starts.fill(NONE, 0, word.length + 1);
    best[0] = 0;
    const reach = (start: number, end: number, id: number, score: number): void => {
      const total = score + best[start];
      if (starts[end] !== NONE && total <= best[end]) return;
      best[end] = total;
      starts[end] = start;
      ids[end] = id;
    };
    for (let start = 0, width = 1; start < word.length; start += width) {
      width = (word.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
      let isKnown = false;
      for (let end = start, node = 0; end < word.length; ) {
        node = trie.child(node, word.charCodeAt(end++));
        if (node === NONE) break;
        const id = trie.pieceAt(node);
        if (id === NONE) continue;
        reach(start, end, id, scores[id]);
        if (end - start === width) isKnown = true;
      }
      if (!isKnown) reach(start, start + width, unknown, unknownScore);
    }
    return path(word);
  };

  function path(word: string): number[] {
    const found: number[] = [];
    for (let end = word.length; end > 0; ) {
      const id = ids[end];
      let start = starts[end];
      if (id !== unknown) found.push(id);
      else {
        while (start > 0 && ids[start] === unknown) start = starts[start];
        for (const id of spelledUnknown(word.slice(start, end)).reverse()) found.push(id);
      }
      end = start;
    }
    return found.reverse();
  }

  function spelledUnknown(text: string): number[] {
    const spelled = bytes && Array.from(utf8.encode(text), (byte) => bytes[byte]);
    return spelled?.every((id) => id !== NONE) ? spelled : [unknown];
  }
}

const utf8 = new TextEncoder();

/** Id of the token of each byte; NONE where there is none. */
function byteIds(pieces: readonly string[]): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    const digits = byte.toString(16).toUpperCase().padStart(2, "0");
    return pieces.indexOf(`<0x${digits}>`);
  });
}
