/** Bytes of a text file -> string; bytes that are not UTF-8 are an error, never a replacement character. */

import { L3MaskingError } from "../../base/errors.js";
import { refuseOtherContent, TELLING_BYTES } from "./content.js";

const newline = 0x0a;

/**
 * Decodes UTF-8 strictly and drops a leading byte order mark.
 * Throws `data-encoding` with the first line that holds a bad byte, `data-format` for a text too long to be read or for content of
 * another kind (`refuseOtherContent`).
 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  return utf8Decoder(file)(bytes, true);
}

/**
 * Decodes a file piece by piece to what `decodeUtf8` makes of the whole: a character that two pieces share comes with the
 * second. Throws as that does.
 */
export function utf8Decoder(file: string): (piece: Uint8Array, last: boolean) => string {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let held: Uint8Array = new Uint8Array(0);
  let begun = false;
  let linesBefore = 0;
  return (piece, last) => {
    const bytes = held.length === 0 ? piece : joined(held, piece);
    held = new Uint8Array(0);
    if (!begun && !last && bytes.length < TELLING_BYTES) {
      held = bytes.slice();
      return "";
    }
    if (!begun) refuseOtherContent(bytes, file);
    const start = !begun && BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? 3 : 0;
    const end = last ? bytes.length : bytes.length - unfinishedBytes(bytes);
    begun = true;
    held = bytes.slice(end);
    const whole = bytes.subarray(start, end);
    try {
      const text = strict.decode(whole);
      linesBefore += lineEnds(whole);
      return text;
    } catch (cause) {
      const line = firstBadLine(whole);
      throw line === undefined
        ? tooLong(file, whole.length, cause)
        : encodingError(file, linesBefore + line, cause);
    }
  };
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** Bytes at the end that begin a character and do not end it. */
function unfinishedBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return size > back ? back : 0;
  }
  return 0;
}

function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

function encodingError(file: string, line: number, cause: unknown): L3MaskingError {
  return new L3MaskingError(
    "data-encoding",
    `${file} line ${line}: expected UTF-8 text, found bytes that are not UTF-8`,
    {
      hint: "Save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8 converts most old files).",
      cause,
    },
  );
}

function tooLong(file: string, bytes: number, cause: unknown): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${file}: expected at most 536870888 characters (the longest text that can be read), got ${bytes} bytes`,
    { hint: "Use a sample of the rows.", cause },
  );
}

/** A newline byte never occurs inside a UTF-8 sequence, so lines can be tested one by one. */
function firstBadLine(bytes: Uint8Array): number | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(newline, start);
    const end = found === -1 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch (error) {
      // Any other error is about a line that is too long for a string.
      return error instanceof TypeError ? line : undefined;
    }
    start = end;
  }
  return undefined;
}
