/**
 * A bare SentencePiece model (sentencepiece.bpe.model, a protocol buffer): its pieces and its normalizer.
 *
 * Reference: sentencepiece_model.proto of SentencePiece.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { L3MaskingError } from "../base/errors.js";
import type { ScoredPiece } from "./subwords.js";
import { MAX_ID } from "./vocabulary.js";

export interface SentencePieceModel {
  readonly pieces: readonly ScoredPiece[];
  /** Symbols, control ones and those of users, which transformers takes for special tokens. */
  readonly symbols: readonly string[];
  /** Base64 of the compiled character map; empty where there is none. */
  readonly characterMap: string;
}

/** Values of the enums. */
const UNIGRAM = 1;
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

/** Throws `tokenizer-format` for bytes that are no SentencePiece model, and for a model of another kind than Unigram. */
export function readSentencePiece(bytes: Uint8Array, where: string): SentencePieceModel {
  try {
    return readModel(new BinaryReader(bytes), where);
  } catch (cause) {
    if (cause instanceof L3MaskingError) throw cause;
    throw fault(where, "a SentencePiece model", "other bytes", "Download the file again.", cause);
  }
}

function readModel(reader: BinaryReader, where: string): SentencePieceModel {
  const pieces: ScoredPiece[] = [];
  const symbols: string[] = [];
  let characterMap = "";
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) {
      const { piece, score, type } = readPiece(part(reader));
      pieces.push([piece, score]);
      if (type === CONTROL || type === USER_DEFINED) symbols.push(piece);
      if (pieces.length > MAX_ID) {
        throw fault(where, `at most ${MAX_ID} pieces`, "more", "Download the file again.");
      }
    } else if (field === 2) requireUnigram(part(reader), where);
    else if (field === 3) characterMap = readCharacterMap(part(reader));
    else reader.skip(wire, field);
  }
  if (pieces.length === 0) {
    throw fault(where, "a SentencePiece model", "one without pieces", "Download the file again.");
  }
  return { pieces, symbols, characterMap };
}

/** A reader of the message that comes next. */
function part(reader: BinaryReader): BinaryReader {
  return new BinaryReader(reader.bytes());
}

function readPiece(reader: BinaryReader) {
  let piece = "";
  let score = 0;
  let type: number = NORMAL;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 1) piece = reader.string(true);
    else if (field === 2) score = reader.float();
    else if (field === 3) type = reader.int32();
    else reader.skip(wire, field);
  }
  return { piece, score, type };
}

const modelTypes = ["", "Unigram", "BPE", "word", "character"] as const;

function requireUnigram(reader: BinaryReader, where: string): void {
  let type: number = UNIGRAM;
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 3) type = reader.int32();
    else reader.skip(wire, field);
  }
  if (type === UNIGRAM) return;
  const found = `a model of ${modelTypes[type] || "an unknown kind of"} pieces`;
  const hint =
    "Use a checkpoint with a Unigram model; XLM-RoBERTa's and CamemBERT's are, whatever the file's name says.";
  throw fault(where, "a Unigram model", found, hint);
}

function readCharacterMap(reader: BinaryReader): string {
  let map = "";
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === 2) map = toBase64(reader.bytes());
    else reader.skip(wire, field);
  }
  return map;
}

function toBase64(bytes: Uint8Array): string {
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters);
}

function fault(
  where: string,
  expected: string,
  got: string,
  hint: string,
  cause?: unknown,
): L3MaskingError {
  const options = cause === undefined ? { hint } : { hint, cause };
  return new L3MaskingError(
    "tokenizer-format",
    `${where}: expected ${expected}, got ${got}`,
    options,
  );
}
