/** Plain text files as one stream of tokens, and the windows that pretraining cuts from it. */
import { L3MaskingError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { STANDARD, shownName } from "../../data/formats/formats.js";
import { MAX_TEXT } from "../../data/formats/limits.js";
import { missingFile } from "../../data/read.js";
import { textPieces } from "../../data/text-pieces.js";
import { entryAt, piecesOf, standardInput } from "../../platform/files/files.js";
import { type Encoding, NO_WORD, type Tokenizer } from "../../text/encoding.js";
import type { Host } from "../host/host.js";
import { countEncodings, requireKnownWords, summedCounts } from "../sources/text-counts.js";

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
 * Reads UTF-8 text files (also .gz, and standard input for "-"): one paragraph per line, an empty line between documents; the
 * paragraphs of a document are joined by a space. Throws `file-missing`, `data-encoding` for bytes that are not
 * UTF-8, `data-format` for a damaged .gz file, one that unpacks to more than `unpackedLimit`, and a line of more than
 * `MAX_TEXT` characters, `data-empty` where there is no text, `texts-unknown` where most of its words are, and `interrupted` after a stop on request.
 */
export async function readTokenStream(
  paths: readonly string[],
  tokenizer: Tokenizer,
  watch: ReadingWatch = unwatched,
): Promise<TokenStream> {
  const shown = paths.map(shownName).join(", ");
  const totalBytes = paths.reduce((sum, path) => sum + fileSize(path), 0);
  let doneBytes = 0;
  const onBytes = (bytes: number) => {
    doneBytes += bytes;
    // How much standard input has is not known.
    if (totalBytes > 0) watch.progress(doneBytes, totalBytes);
    if (!watch.cancelled()) return;
    throw new L3MaskingError(
      "interrupted",
      `stopped after ${doneBytes} of ${totalBytes} bytes of text`,
      {
        hint: "Run the command again; nothing was written.",
      },
    );
  };
  const chunks: Int32Array[] = [];
  let documents = 0;
  let counts = summedCounts([]);
  const finish = (paragraphs: string[]) => {
    if (paragraphs.length === 0) return;
    // Special tokens: the first is dropped, the last stays and ends the document.
    const encoding = tokenizer.encode(paragraphs.join(" "), WHOLE_TEXT);
    counts = summedCounts([counts, countEncodings([encoding], tokenizer)]);
    chunks.push(encoding.ids.subarray(1));
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
    throw new L3MaskingError("data-empty", `expected text in ${shown}, found none`, {
      hint: "Pass plain text files, one paragraph per line.",
    });
  }
  requireKnownWords(counts, shown);
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
  const packed = function* () {
    const pieces = path === STANDARD ? standardInput(PIECE_BYTES) : piecesOf(path, PIECE_BYTES);
    for (const piece of pieces) {
      yield piece;
      onBytes(path === STANDARD ? 0 : piece.length);
    }
  };
  const gzipped = path.endsWith(".gz");
  const file = { path: shownName(path), size: fileSize(path), gzipped, bytes: packed() };
  let rest = "";
  let line = 1;
  for await (const [text, last] of textPieces(file, PIECE_BYTES)) {
    rest += text;
    // What follows a carriage return tells whether it is half of a line's end.
    const held = !last && rest.endsWith("\r") ? "\r" : "";
    const found = rest.slice(0, rest.length - held.length).split(lineEnd);
    const long = found.findIndex((content) => content.length > MAX_TEXT);
    if (long >= 0) throw tooLong(file.path, line + long);
    rest = last ? "" : (found.pop() ?? "") + held;
    line += found.length;
    yield* found;
  }
}

function tooLong(path: string, line: number): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `expected lines of at most ${MAX_TEXT} characters in ${path}, found a longer one at line ${line}`,
    { hint: "Write one paragraph per line." },
  );
}

/** 0 for standard input, which ends where it ends. */
function fileSize(path: string): number {
  if (path === STANDARD) return 0;
  try {
    const found = entryAt(path);
    if (found !== undefined && found.kind !== "folder") return found.size;
  } catch (cause) {
    throw missingFile(path, cause);
  }
  throw new L3MaskingError(
    "file-missing",
    `expected a text file, found no readable file at ${path}`,
    {
      hint: "Check the path; it is relative to the current folder.",
    },
  );
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
