/**
 * The rows of a data file of any size, a portion at a time. An open file is read several times: once or twice
 * to learn its columns, what its quotes mean, how many rows it has and whether all of them are sound, and then for use.
 * So a fault in the last row is told before any work on the first.
 */
import { L3MaskingError } from "../base/errors.js";
import { entryAt, type InputFile, openToRead } from "../platform/files/files.js";
import { type ColumnChoice, type ColumnOptions, textOf } from "./formats/columns.js";
import { csvReader, type TsvQuoting, tsvObserver, tsvReader } from "./formats/delimited.js";
import { type FileKind, fileKind, STANDARD, shownName } from "./formats/formats.js";
import { jsonLineReader } from "./formats/json.js";
import { columnsOf, noRows } from "./formats/parse.js";
import { plainTextReader } from "./formats/plain-text.js";
import type { RowReader } from "./formats/row-reader.js";
import type { Row, Table } from "./formats/table.js";
import { missingFile, readTable } from "./read.js";
import { type TextPiece, textPieces } from "./text-pieces.js";

/** A row with all its columns, the text among them. */
export interface SourceRow extends Row {
  readonly text: string;
}

export interface RecordSource {
  readonly rows: number;
  /** Every column of the file, in order of first appearance. */
  readonly columns: readonly string[];
  /** Has every row all of them? Objects of JSON may differ. */
  readonly regular: boolean;
  /** Two where texts are read in pairs. */
  readonly textColumns: readonly string[];
  /** All rows from the first on, in portions of no fixed size. Throws as opening does. */
  records(): AsyncIterable<readonly SourceRow[]>;
  close(): void;
}

export interface StreamOptions extends Pick<ColumnOptions, "textColumn"> {
  /** Bytes that are read at once. */
  readonly chunkBytes?: number;
  /** Told how many of the file's bytes are read, in each reading before `openRecords` returns anew. */
  readonly onBytes?: (done: number, total: number) => void;
}

const CHUNK_BYTES = 2 ** 18;

/**
 * Opens a file of texts. JSON Lines, CSV, TSV and plain text, also with .gz, are read in pieces; JSON and Parquet
 * files, and what is no regular file and so cannot be read again (a pipe, or standard input for "-"), are read whole, within the limits of
 * `readRecords`.
 *
 * Throws as `readRecords`; `data-format` also for a line beyond `MAX_LINE`.
 */
export async function openRecords(path: string, options: StreamOptions): Promise<RecordSource> {
  const named = path === STANDARD ? undefined : fileKind(path);
  const isWhole = named === undefined || ["json", "parquet"].includes(named.format);
  const file = isWhole ? undefined : opened(path);
  if (named === undefined || file === undefined) {
    const { kind, table } = await readTable(path);
    return wholeSource(table, kind, shownName(path), options);
  }
  try {
    return await streamedSource(file, named, path, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Undefined for what is no regular file. */
function opened(path: string): InputFile | undefined {
  try {
    return entryAt(path)?.kind === "file" ? openToRead(path) : undefined;
  } catch (cause) {
    throw missingFile(path, cause);
  }
}

function sourceRows(
  rows: readonly Row[],
  { texts }: ColumnChoice,
  unit: Table["unit"],
  path: string,
): SourceRow[] {
  return rows.map((row) => ({ ...row, text: textOf(row, texts, `${path} ${unit} ${row.line}`) }));
}

function wholeSource(
  { columns, rows, unit }: Table,
  { format }: FileKind,
  path: string,
  options: StreamOptions,
): RecordSource {
  if (rows.length === 0) throw noRows(path, columns);
  const choice = columnsOf(columns, format, path, { ...options, labels: "unread" });
  const records = sourceRows(rows, choice, unit, path);
  return {
    rows: rows.length,
    columns,
    regular: format !== "json" && format !== "jsonl",
    textColumns: choice.texts,
    async *records() {
      yield records;
    },
    close: () => undefined,
  };
}

async function streamedSource(
  file: InputFile,
  kind: FileKind,
  path: string,
  options: StreamOptions,
): Promise<RecordSource> {
  const { chunkBytes = CHUNK_BYTES } = options;
  let opening = true;
  const onBytes: OnBytes = (done, total) => {
    if (opening) options.onBytes?.(done, total);
  };
  const { size } = file;
  const { gzipped } = kind;
  const pieces: Pieces = () =>
    textPieces({ path, size, gzipped, bytes: plainChunks(file, chunkBytes, onBytes) }, chunkBytes);
  const rowsOf = async function* (reader: RowReader): AsyncGenerator<readonly Row[]> {
    for await (const [piece, last] of pieces()) yield reader.take(piece, last);
  };

  const quoting = kind.format === "tsv" ? await tsvQuotingOf(pieces, path) : "none";
  const newReader = (): RowReader => {
    switch (kind.format) {
      case "csv":
        return csvReader(path);
      case "tsv":
        return tsvReader(path, quoting);
      case "txt":
        return plainTextReader(path);
      default:
        return jsonLineReader(path);
    }
  };
  const regular = kind.format !== "jsonl";
  const first = newReader();
  let seen = 0;
  for await (const taken of rowsOf(first)) {
    seen += taken.length;
    // A header tells all columns, objects only theirs.
    if (regular && (first.columns.length > 0 || seen > 0)) break;
  }
  const { columns } = first;
  if (columns.length === 0 && seen === 0) throw noRows(path, columns);
  const choice = columnsOf(columns, kind.format, path, { ...options, labels: "unread" });
  const records = async function* (): AsyncGenerator<readonly SourceRow[]> {
    for await (const rows of rowsOf(newReader())) yield sourceRows(rows, choice, "line", path);
  };
  let rows = 0;
  for await (const portion of records()) rows += portion.length;
  if (rows === 0) throw noRows(path, columns);
  opening = false;
  return {
    rows,
    columns,
    regular,
    textColumns: choice.texts,
    async *records() {
      let left = rows;
      for await (const portion of records()) {
        left -= portion.length;
        if (left < 0) break;
        yield portion;
      }
      if (left !== 0) throw changed(path, rows);
    },
    close: () => file.close(),
  };
}

type Pieces = () => AsyncIterable<TextPiece>;

/** What quotes mean in a TSV file. Throws what is wrong with it if it can be read neither way. */
async function tsvQuotingOf(pieces: Pieces, path: string): Promise<TsvQuoting> {
  const observer = tsvObserver(path);
  for await (const [piece, last] of pieces()) if (!observer.take(piece, last)) break;
  const { quoting, uneven } = observer.found();
  if (uneven === undefined) return quoting;
  const reader = tsvReader(path, quoting);
  try {
    for await (const [piece, last] of pieces()) reader.take(piece, last);
    return quoting;
  } catch (error) {
    throw error instanceof L3MaskingError ? uneven : error;
  }
}

type OnBytes = (done: number, total: number) => void;

/** Pieces of an open file from its beginning; each is overwritten by the next. */
function* plainChunks(
  file: InputFile,
  chunkBytes: number,
  onBytes: OnBytes,
): Generator<Uint8Array> {
  const buffer = new Uint8Array(chunkBytes);
  for (let position = 0; ; ) {
    const count = file.read(buffer, position);
    if (count === 0) return;
    position += count;
    onBytes(position, file.size);
    yield buffer.subarray(0, count);
  }
}

function changed(path: string, rows: number): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${path}: expected the ${rows} rows of the first reading, found a different number`,
    { hint: "Run the command again once no other program is writing to the file." },
  );
}
