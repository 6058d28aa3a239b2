/** Bytes of a data file (already unzipped) -> records. Touches no file, so it runs in a browser. */

import { L3MaskingError } from "../../base/errors.js";
import type { Decoders } from "../parquet/unpack-pages.js";
import {
  type ColumnChoice,
  type ColumnOptions,
  chooseColumns,
  tableLayout,
  toRecords,
} from "./columns.js";
import { refuseOtherContent } from "./content.js";
import { parseCsv, parseTsv } from "./delimited.js";
import type { FileFormat } from "./formats.js";
import { parseJsonFile, parseJsonLines } from "./json.js";
import type { LabelLayout } from "./label-layout.js";
import { parsePlainText } from "./plain-text.js";
import type { TextRecord } from "./record.js";
import type { Table } from "./table.js";
import { decodeUtf8 } from "./utf8.js";

/** The rows of a data file, and the columns that text and label were taken from. */
export interface ParsedFile {
  readonly records: readonly TextRecord[]; // one per row of the file, in its order
  /** Two where texts are read in pairs. */
  readonly textColumns: readonly string[];
  readonly labelColumn: string | undefined;
  /** How several labels a text are said; absent where each text has one. */
  readonly labelLayout: LabelLayout | undefined;
  /** Did labels stand there as numbers, with their names elsewhere? */
  readonly namedClasses: boolean;
}

/**
 * Rows of `bytes`, which hold `format`; `file` only names the place in messages. `decoders`
 * unpack pages of Parquet files; without them files must be trusted.
 * Throws `data-format`, `data-encoding`, `data-column`, `data-label`, or `data-empty` for no rows.
 */
export async function parseRecords(
  bytes: Uint8Array,
  format: FileFormat,
  file: string,
  options: ColumnOptions,
  decoders?: Decoders,
): Promise<ParsedFile> {
  const parsed = await parseTable(bytes, format, file, decoders);
  if (parsed.rows.length === 0) throw noRows(file, parsed.columns);
  const table = { ...parsed, classNames: parsed.classNames ?? options.classNames };
  const choice = columnsOf(table.columns, format, file, options);
  const labelLayout = tableLayout(table, file, choice, options);
  const { labels, withoutLabels } = options;
  return {
    records: toRecords(table, file, choice, labels, withoutLabels, labelLayout),
    labelLayout,
    textColumns: choice.texts,
    labelColumn: choice.label,
    namedClasses: choice.label !== undefined && table.classNames?.has(choice.label) === true,
  };
}

/** Of a file without rows; `columns` are those that its first line names, if it has one. */
export function noRows(file: string, columns: readonly string[]): L3MaskingError {
  if (columns.length === 0) {
    return new L3MaskingError("data-empty", `${file}: expected at least one row, got none`, {
      hint: "Check that this is the right file.",
    });
  }
  const names = columns.map((name) => JSON.stringify(name)).join(", ");
  return new L3MaskingError(
    "data-empty",
    `${file}: expected at least one row, got one line, which was taken for the names of the columns: ${names}`,
    {
      hint: 'The first line of a table names its columns, such as text; a text without a name goes into a file ending in .txt, or into JSON: {"text": "..."}.',
    },
  );
}

/** As `chooseColumns`; plain text has one column, whatever those of other files are called. */
export function columnsOf(
  columns: readonly string[],
  format: FileFormat,
  file: string,
  options: ColumnOptions,
): ColumnChoice {
  return chooseColumns(columns, file, format === "txt" ? { labels: options.labels } : options);
}

/** The rows of a file by the reader of its format. Throws as `parseRecords`, but for no rows. */
export async function parseTable(
  bytes: Uint8Array,
  format: FileFormat,
  file: string,
  decoders: Decoders | undefined,
): Promise<Table> {
  switch (format) {
    case "jsonl":
      return parseJsonLines(decodeUtf8(bytes, file), file);
    case "json":
      return parseJsonFile(decodeUtf8(bytes, file), file);
    case "csv":
      return parseCsv(decodeUtf8(bytes, file), file);
    case "tsv":
      return parseTsv(decodeUtf8(bytes, file), file);
    case "parquet": {
      refuseOtherContent(bytes, file);
      // Loaded for those who need it: it takes longer to load than all other formats together.
      const { parseParquet } = await import("../parquet/parquet.js");
      return parseParquet(bytes, file, decoders);
    }
    case "txt":
      return parsePlainText(decodeUtf8(bytes, file), file);
  }
}
