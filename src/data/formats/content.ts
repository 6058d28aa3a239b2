/** Files whose content is not what their name says, told by their first bytes. */
import { L3MaskingError } from "../../base/errors.js";
import { SAVE_AS_CSV } from "./formats.js";

/** So many bytes tell; a shorter file has fewer. */
export const TELLING_BYTES = 256;

interface OtherContent {
  readonly found: string;
  readonly hint: string;
  /** Endings that are right for such a file, and those for which nothing can be told. */
  readonly unless?: RegExp;
  fits(bytes: Uint8Array, start: string): boolean;
}

const beginsWith =
  (...expected: number[]) =>
  (bytes: Uint8Array) =>
    expected.every((byte, at) => bytes[at] === byte);

const others: readonly OtherContent[] = [
  {
    found: "gzip data",
    hint: "Add .gz to the file's name.",
    fits: beginsWith(0x1f, 0x8b),
  },
  {
    found: "a zip archive, as spreadsheet programs (.xlsx, .ods) write it",
    hint: `${SAVE_AS_CSV} Unpack any other archive.`,
    fits: beginsWith(0x50, 0x4b, 0x03, 0x04),
  },
  {
    found: "a Parquet file",
    hint: "Give the file's name the ending .parquet.",
    // Standard input has no ending; there the beginning tells the format.
    unless: /\.parquet(\.gz)?$|^[^.]*$/i,
    fits: beginsWith(0x50, 0x41, 0x52, 0x31),
  },
  {
    found: "UTF-16",
    hint: "Save the file as UTF-8 (in a spreadsheet program: CSV UTF-8).",
    fits: (bytes) =>
      beginsWith(0xff, 0xfe)(bytes) ||
      beginsWith(0xfe, 0xff)(bytes) ||
      halfZero(bytes) ||
      // Latin names of columns before texts in another script.
      halfZero(bytes.subarray(0, 12)),
  },
  {
    found: "an archive packed by bzip2, xz, zstd or 7-Zip",
    hint: "Unpack it, or pack the file with gzip instead.",
    fits: (bytes) =>
      [
        [0x42, 0x5a, 0x68],
        [0xfd, 0x37, 0x7a, 0x58, 0x5a],
        [0x28, 0xb5, 0x2f, 0xfd],
        [0x37, 0x7a, 0xbc, 0xaf],
      ].some((magic) => beginsWith(...magic)(bytes)),
  },
  {
    found: "a file of an old spreadsheet program (.xls) or another program of its time",
    hint: SAVE_AS_CSV,
    fits: beginsWith(0xd0, 0xcf, 0x11, 0xe0),
  },
  {
    found: "an Arrow file",
    hint: "Write the table as Parquet instead.",
    fits: (bytes, start) => start.startsWith("ARROW1") || beginsWith(0xff, 0xff, 0xff, 0xff)(bytes),
  },
  {
    found: "objects pickled by Python",
    hint: "Write the table as CSV or Parquet instead.",
    fits: (bytes) => bytes[0] === 0x80 && bytes[1] <= 5,
  },
  {
    found: "a PDF",
    hint: "Copy its texts to a CSV file.",
    fits: (_, start) => start.startsWith("%PDF-"),
  },
  {
    found: "a database (SQLite)",
    hint: "Export the table as CSV.",
    fits: (_, start) => start.startsWith("SQLite format 3"),
  },
  {
    found: "JSON",
    hint: "Give the file's name the ending .jsonl (one object a line) or .json (an array).",
    unless: /^(?!.*\.[ct]sv(\.gz)?$)/i,
    fits: (_, start) => /^\s*(\[\s*)?\{\s*"/.test(start),
  },
  {
    found: "XML",
    hint: "Download the file itself, if this is a server's message; else convert it to CSV.",
    unless: /\.txt(\.gz)?$/i,
    fits: (_, start) => /^\s*<\?xml\b/i.test(start),
  },
  {
    found: "the pointer that Git LFS leaves in place of a file",
    hint: "Fetch the file itself: git lfs pull.",
    fits: (_, start) => start.startsWith("version https://git-lfs"),
  },
  {
    found: "a web page",
    hint: "Download the file itself (on GitHub: Raw), not the page that shows it.",
    unless: /\.txt(\.gz)?$/i,
    fits: (_, start) => /^\s*<(!doctype html|html)\b/i.test(start),
  },
];

/** Throws `data-format`, or `data-encoding` for UTF-16, where the file's first bytes are those of another kind of file. */
export function refuseOtherContent(bytes: Uint8Array, file: string): void {
  const head = bytes.subarray(0, TELLING_BYTES);
  const start = String.fromCharCode(...head).replace(/^\u00ef\u00bb\u00bf/, "");
  const other = others.find(({ unless, fits }) => unless?.test(file) !== true && fits(head, start));
  if (other === undefined) return;
  const { found, hint } = other;
  if (found === "UTF-16") {
    throw new L3MaskingError("data-encoding", `${file} line 1: expected UTF-8 text, found UTF-16`, {
      hint,
    });
  }
  const [ending] = /\.[a-z]+(?:\.gz)?$/i.exec(file) ?? [];
  const expected = ending === undefined ? "a table" : `${ending} content`;
  throw new L3MaskingError("data-format", `${file}: expected ${expected}, found ${found}`, {
    hint,
  });
}

/** Every other byte of Latin letters in UTF-16 is 0; UTF-8 texts have none. */
function halfZero(bytes: Uint8Array): boolean {
  const zeros = (from: number) => bytes.filter((byte, at) => at % 2 === from && byte === 0).length;
  const [even, odd] = [zeros(0), zeros(1)];
  const some = bytes.length >= 4;
  return some && Math.max(even, odd) > 0.4 * bytes.length && Math.min(even, odd) === 0;
}
