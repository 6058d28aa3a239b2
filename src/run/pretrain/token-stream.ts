/** Plain text files as one stream of tokens, and the windows that pretraining cuts from it. */
import { L3MaskingError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { MAX_TEXT, unpackedLimit } from "../../data/formats/limits.js";
import { systemCode } from "../../platform/files/failures.js";
import { entryAt, piecesOf } from "../../platform/files/files.js";
import { gunzipPieces } from "../../platform/unpack.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";

/** Tokens of all documents, each document ended by the tokenizer's last token. */
export interface TokenStream {
  readonly ids: Int32Array;
  readonly documents: number;
}

/** Told while text is read. */
export interface ReadingWatch {
  /** Bytes of the files. */
  progress(done: number, total: number): void;
  /** True asks to stop. */
  cancelled(): boolean;
}

const unwatched: ReadingWatch = { progress: () => undefined, cancelled: () => false };

/** Texts up to this many tokens are encoded whole. */
const WHOLE_TEXT = Number.MAX_SAFE_INTEGER;

/**
 * Reads UTF-8 text files (also .gz): one paragraph per line, an empty line between documents; the
 * paragraphs of a document are joined by a space. Throws `file-missing`, `data-encoding` for bytes that are not
 * UTF-8, `data-format` for a damaged .gz file, one that unpacks to more than `unpackedLimit`, and a line of more than
 * `MAX_TEXT` characters, `data-empty` where there is no text, and `interrupted` after a stop on request.
 */
export async function readTokenStream(
  paths: readonly string[],
  tokenizer: Tokenizer,
  watch: ReadingWatch = unwatched,
): Promise<TokenStream> {
  const totalBytes = paths.reduce((sum, path) => sum + fileSize(path), 0);
  let doneBytes = 0;
  const onBytes = (bytes: number) => {
    doneBytes += bytes;
    watch.progress(doneBytes, totalBytes);
    if (!watch.cancelled()) return;
    throw new L3MaskingError(
      "interrupted",
      `stopped after ${doneBytes} of ${totalBytes} bytes of text`,
      {
        hint: "Nothing was written; run the command again.",
      },
    );
  };
  const chunks: Int32Array[] = [];
  let documents = 0;
  const finish = (paragraphs: string[]) => {
    if (paragraphs.length === 0) return;
    // Special tokens: the first is dropped, the last stays and ends the document.
    chunks.push(tokenizer.encode(paragraphs.join(" "), WHOLE_TEXT).ids.subarray(1));
    documents += 1;
    paragraphs.length = 0;
  };
  for (const path of paths) {
    const document: string[] = [];
    for await (const line of lines(path, onBytes)) {
      const paragraph = line.trim();
      if (paragraph === "") finish(document);
      else document.push(paragraph);
    }
    finish(document);
  }
  const ids = new Int32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    ids.set(chunk, at);
    at += chunk.length;
  }
  if (ids.length === 0) {
    throw new L3MaskingError("data-empty", `expected text in ${paths.join(", ")}, got none`, {
      hint: "Give plain text files, one paragraph per line.",
    });
  }
  return { ids, documents };
}

/** A watch that tells the host. */
export function readingWatch(host: Host): ReadingWatch {
  return {
    progress: (done, total) =>
      host.emit({ type: "progress", task: "reading", done, total, unit: "bytes" }),
    cancelled: host.cancelled,
  };
}

/** Bytes that are read at once. */
const PIECE_BYTES = 1 << 16;

const lineEnd = /\r\n|[\n\r\u2028\u2029]/;

async function* lines(path: string, onBytes: (bytes: number) => void): AsyncGenerator<string> {
  let rest = "";
  for await (const text of decoded(path, onBytes)) {
    rest += text;
    // What follows a carriage return tells whether it is half of a line's end.
    const held = rest.endsWith("\r") ? "\r" : "";
    const whole = rest.slice(0, rest.length - held.length).split(lineEnd);
    rest = (whole.pop() ?? "") + held;
    yield* whole;
  }
  yield* rest.split(lineEnd);
}

async function* decoded(path: string, onBytes: (bytes: number) => void): AsyncGenerator<string> {
  const packed = function* () {
    for (const piece of piecesOf(path, PIECE_BYTES)) {
      yield piece;
      onBytes(piece.length);
    }
  };
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const check = fileLimits(path);
  try {
    const pieces = path.endsWith(".gz") ? gunzipPieces(packed(), PIECE_BYTES) : packed();
    for await (const piece of pieces) {
      const text = decoder.decode(piece, { stream: true });
      check(text, piece.length);
      yield text;
    }
    yield decoder.decode();
  } catch (cause) {
    throw cause instanceof L3MaskingError ? cause : readError(path, cause);
  }
}

/**
 * Looks at the pieces of a file before lines are made of them, which would hold a line of any length: throws
 * `data-format` when they are more than the file may unpack to, or go on for too long without a line's end.
 */
function fileLimits(path: string): (text: string, bytes: number) => void {
  const mostBytes = unpackedLimit(fileSize(path));
  let unpacked = 0;
  let line = 1;
  let characters = 0;
  return (text, bytes) => {
    unpacked += bytes;
    if (path.endsWith(".gz") && unpacked > mostBytes) {
      throw new L3MaskingError(
        "data-format",
        `expected ${path} to unpack to at most ${mostBytes} bytes, got more`,
        { hint: "If you trust the file, unpack it and name the unpacked file." },
      );
    }
    for (const [index, piece] of text.split("\n").entries()) {
      if (index > 0) {
        line += 1;
        characters = 0;
      }
      characters += piece.length;
      if (characters > MAX_TEXT) {
        throw new L3MaskingError(
          "data-format",
          `expected lines of at most ${MAX_TEXT} characters in ${path}, got a longer one at line ${line}`,
          { hint: "Write one paragraph per line." },
        );
      }
    }
  };
}

function fileSize(path: string): number {
  try {
    const found = entryAt(path);
    if (found !== undefined) return found.size;
  } catch (cause) {
    throw readError(path, cause);
  }
  throw readError(path, undefined);
}

function readError(path: string, cause: unknown): L3MaskingError {
  const code = systemCode(cause) ?? "";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
    return new L3MaskingError("data-encoding", `expected UTF-8 text in ${path}`, {
      hint: "Convert the file to UTF-8.",
      cause,
    });
  }
  if (code.startsWith("Z_")) {
    return new L3MaskingError("data-format", `expected a whole gzip file at ${path}`, {
      hint: "Fetch or compress the file again.",
      cause,
    });
  }
  return new L3MaskingError("file-missing", `expected a readable text file at ${path}`, {
    hint: "Check the path; it is taken from the current folder.",
    cause,
  });
}

/**
 * The window of `length` tokens that begins at `start`, with the special tokens around it; ends of
 * documents inside it count as special. Every token is a word of its own.
 */
export function windowAt(
  stream: TokenStream,
  start: number,
  length: number,
  tokenizer: Tokenizer,
): Encoding {
  const { first, last } = tokenizer.special;
  const inner = stream.ids.subarray(start, start + length - 2);
  const ids = Int32Array.of(first, ...inner, last);
  const wordIds = ids.map((id, position) => (id === first || id === last ? NO_WORD : position));
  return { ids, wordIds, truncated: 0 };
}

/** Where `count` windows begin, at random. */
export function windowStarts(
  stream: TokenStream,
  count: number,
  length: number,
  random: Random,
): number[] {
  const places = Math.max(1, stream.ids.length - (length - 2) + 1);
  return Array.from({ length: count }, () => random.integer(places));
}

/** At most `count` windows side by side, evenly spread over the stream. */
export function evenWindows(
  stream: TokenStream,
  count: number,
  length: number,
  tokenizer: Tokenizer,
): Encoding[] {
  const available = Math.max(1, Math.floor(stream.ids.length / (length - 2)));
  const taken = Math.min(count, available);
  return Array.from({ length: taken }, (_, index) =>
    windowAt(stream, Math.floor((index * available) / taken) * (length - 2), length, tokenizer),
  );
}
