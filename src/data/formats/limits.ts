/**
 * Limits on data files, which are untrusted: without them a small file could take all memory, or
 * keep the program busy for hours.
 */

/** Rows of one file: an empty one takes about 200 bytes of memory, so this many take 1 GB. */
export const MAX_ROWS = 5_000_000;

/** Columns of one file. */
export const MAX_COLUMNS = 2 ** 14;

/** Characters of one text. The longest novels have three million; a longer "text" is a file without its line ends. */
export const MAX_TEXT = 2 ** 22;

/** Characters of a field of CSV or TSV as it is written: a text of doubled quotes between two. */
export const MAX_FIELD = 2 * MAX_TEXT + 2;

/**
 * Characters of one line of JSON Lines or one row of CSV and TSV: a text of escapes (six characters each), and room for
 * other columns. A file that is read piece by piece takes memory for its longest line.
 */
export const MAX_LINE = 8 * MAX_TEXT;

/** Characters of one label; a longer "label" is a text. */
export const MAX_LABEL = 1000;

const UNPACKED_FLOOR = 64 * 2 ** 20;
const UNPACKED_RATIO = 100;

/**
 * Bytes that a compressed file may unpack to: 100 times its size, and at least 64 MiB. Compressed text takes a third to
 * a tenth of its size.
 */
export function unpackedLimit(packedBytes: number): number {
  return Math.max(UNPACKED_FLOOR, UNPACKED_RATIO * packedBytes);
}
