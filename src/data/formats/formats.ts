/** Which reader a file needs, told from its name alone. */

import { L3MaskingError } from "../../base/errors.js";

const fileFormats = ["jsonl", "json", "csv", "tsv", "parquet", "txt"] as const;

/** The format of a data file, by the ending of its name. */
export type FileFormat = (typeof fileFormats)[number];

/** Form of a data file, and whether it is packed with gzip. */
export interface FileKind {
  readonly format: FileFormat;
  readonly gzipped: boolean;
}

const formatByEnding: ReadonlyMap<string, FileFormat> = new Map([
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
  ["json", "json"],
  ["csv", "csv"],
  ["tsv", "tsv"],
  ["parquet", "parquet"],
  ["txt", "txt"],
]);

const isSpreadsheet = /\.(xlsx|xlsm|xlsb|xls|ods|numbers)$/;

/** What to do with the file of a spreadsheet program. */
export const SAVE_AS_CSV = "In the spreadsheet program, save the file as CSV UTF-8.";

/** Stands for standard input in place of a file's name, and for standard output. */
export const STANDARD = "-";

/** What a file is called in messages. */
export function shownName(file: string): string {
  return file === STANDARD ? "standard input" : file;
}

/** The format of what has no name, by how it begins: JSON Lines, a JSON array, Parquet, else CSV. */
export function formatOfContent(bytes: Uint8Array): FileFormat {
  const start = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart();
  if (start.startsWith("PAR1")) return "parquet";
  if (start.startsWith("{")) return "jsonl";
  return start.startsWith("[") ? "json" : "csv";
}

/**
 * The format of a file by its ending (case ignored), `.gz` peeled off first.
 * Throws `data-format` for any other ending.
 */
export function fileKind(file: string): FileKind {
  const name = file.toLowerCase();
  const gzipped = name.endsWith(".gz");
  const bare = gzipped ? name.slice(0, -".gz".length) : name;
  const format = formatByEnding.get(bare.slice(bare.lastIndexOf(".") + 1));
  if (format === undefined || !bare.includes(".")) {
    throw new L3MaskingError(
      "data-format",
      `expected a file name ending in .jsonl, .ndjson, .json, .csv, .tsv, .parquet or .txt (each also with .gz), got ${file}`,
      { hint: isSpreadsheet.test(name) ? SAVE_AS_CSV : "Give the file the ending of its format." },
    );
  }
  return { format, gzipped };
}

/** The format as shown to the user: "jsonl", "csv.gz", ... */
export function formatName(kind: FileKind): string {
  return kind.gzipped ? `${kind.format}.gz` : kind.format;
}
