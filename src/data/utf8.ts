/** Bytes of a text file -> string; bytes that are not UTF-8 are an error, never a replacement character. */

import { L3MaskingError } from "../errors.js";

const newline = 0x0a;

/**
 * Decodes UTF-8 strictly and drops a leading byte order mark.
 * Throws `data-encoding` with the first line that holds a bad byte, `data-format` for a text too long to be read.
 */
export function decodeUtf8(bytes: Uint8Array, file: string): string {
  refuseUtf16(bytes, file);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    const line = firstBadLine(bytes);
    if (line === undefined) {
      throw new L3MaskingError(
        "data-format",
        `${file}: expected at most 536870888 characters (the longest text that can be read), got ${bytes.length} bytes`,
        { hint: "Take a sample of the rows.", cause },
      );
    }
    throw new L3MaskingError(
      "data-encoding",
      `${file} line ${line}: expected UTF-8 text, got bytes that are not UTF-8`,
      {
        hint: "Save the file as UTF-8 (iconv -f WINDOWS-1252 -t UTF-8 mends most old files).",
        cause,
      },
    );
  }
}

function refuseUtf16(bytes: Uint8Array, file: string): void {
  const littleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  const bigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  if (littleEndian || bigEndian) {
    throw new L3MaskingError("data-encoding", `${file} line 1: expected UTF-8 text, got UTF-16`, {
      hint: "Save the file as UTF-8 (in a spreadsheet: CSV UTF-8).",
    });
  }
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
