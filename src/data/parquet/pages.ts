/**
 * The pages of a Parquet file: unpacked, checked and laid out anew without compression, so that the library that
 * decodes them sees only headers that we wrote and values that we counted.
 */
import type { FileMetaData } from "hyparquet";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { unpackedLimit } from "../formats/limits.js";
import {
  type Codec,
  type ColumnPart,
  cellLimit,
  type LeafColumn,
  type ParquetFooter,
  parquetError,
} from "./footer.js";
import {
  readThriftStruct,
  type ThriftFields,
  type ThriftStruct,
  type ThriftValue,
  writeThriftStruct,
} from "./thrift.js";
import { checkPlain, checkValues, pageFault, prefixedHybrid, readHybrid } from "./values.js";

/** Bytes to be unpacked, and how many come out. */
export interface PackedBytes {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
  readonly size: number;
}

/** Unpacks; must give exactly `size` bytes for each and throw otherwise. */
export type Unpack = (packed: readonly PackedBytes[]) => Promise<readonly Uint8Array[]>;

interface Page {
  readonly kind: "data" | "data2" | "dictionary";
  readonly values: number;
  readonly encoding: string;
  /** Levels of a `data2` page, which are never packed. */
  readonly repetitionBytes: number;
  readonly definitionBytes: number;
  readonly levels: Uint8Array;
  readonly packed: PackedBytes;
}

const encodings = [
  "PLAIN",
  "GROUP_VAR_INT",
  "PLAIN_DICTIONARY",
  "RLE",
  "BIT_PACKED",
  "DELTA_BINARY_PACKED",
  "DELTA_LENGTH_BYTE_ARRAY",
  "DELTA_BYTE_ARRAY",
  "RLE_DICTIONARY",
  "BYTE_STREAM_SPLIT",
];

/** A file that the library can decode without harm: its bytes and its footer. */
export interface PlainParquet {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly metadata: FileMetaData;
}

/** What the pages of a file add up to, held against what a file of its size may hold. */
interface Tally {
  readonly fileBytes: number;
  unpackedBytes: number;
  values: number;
}

/** Throws `data-format` with column and page for pages that are damaged or hold too much. */
export async function plainParquet(
  footer: ParquetFooter,
  fileBytes: number,
  file: string,
  unpack: Unpack,
): Promise<PlainParquet> {
  const pieces: Uint8Array[] = [];
  const tally: Tally = { fileBytes, unpackedBytes: 0, values: 0 };
  let offset = 0;
  const groups: FileMetaData["row_groups"] = [];
  for (const { rows, parts } of footer.groups) {
    const columns: FileMetaData["row_groups"][number]["columns"] = [];
    for (const part of parts) {
      const added = await plainPart(part, rows, file, unpack, tally);
      const size = added.reduce((sum, piece) => sum + piece.length, 0);
      columns.push(plainColumn(part, rows, offset, size));
      for (const piece of added) pieces.push(piece);
      offset += size;
    }
    groups.push({ columns, total_byte_size: 0n, num_rows: BigInt(rows) });
  }
  const bytes = new Uint8Array(offset);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const metadata: FileMetaData = {
    version: 1,
    schema: [...footer.schema],
    num_rows: groups.reduce((sum, group) => sum + group.num_rows, 0n),
    row_groups: groups,
    metadata_length: 0,
  };
  return { bytes, metadata };
}

function plainColumn({ column }: ColumnPart, rows: number, start: number, size: number) {
  return {
    file_offset: 0n,
    meta_data: {
      type: column.element.type,
      encodings: [],
      path_in_schema: [...column.path],
      codec: "UNCOMPRESSED",
      num_values: BigInt(rows),
      total_uncompressed_size: BigInt(size),
      total_compressed_size: BigInt(size),
      data_page_offset: BigInt(start),
    },
  } as const satisfies FileMetaData["row_groups"][number]["columns"][number];
}

/** Headers, levels and contents of a part, one after the other. */
async function plainPart(
  part: ColumnPart,
  rows: number,
  file: string,
  unpack: Unpack,
  tally: Tally,
): Promise<Uint8Array[]> {
  const { column } = part;
  const pages = readPages(part, file);
  for (const page of pages) {
    tally.unpackedBytes += page.packed.size + page.levels.length;
    tally.values += page.values;
  }
  const mostBytes = unpackedLimit(tally.fileBytes);
  const mostValues = 2 * cellLimit(tally.fileBytes);
  if (tally.unpackedBytes > mostBytes || tally.values > mostValues) {
    throw parquetError(
      file,
      `at most ${mostBytes} bytes when unpacked and ${mostValues} values, for its size`,
      `${tally.unpackedBytes} bytes and ${tally.values} values up to column ${column.path.join(".")}`,
    );
  }
  const contents = await unpack(pages.map(({ packed }) => packed)).catch((cause: unknown) => {
    throw pageError(file, column, "", cause);
  });
  const pieces: Uint8Array[] = [];
  let begun = 0;
  let dictionarySize: number | undefined;
  for (const [index, page] of pages.entries()) {
    const content = contents[index];
    try {
      let counts = { rows: 0, nulls: 0 };
      if (page.kind !== "dictionary") {
        counts = checkDataPage(page, content, column, dictionarySize);
      } else if (index === 0) {
        checkPlain(content, page.values, column);
        dictionarySize = page.values;
      } else throw pageFault("expected the dictionary as the first page, found it later");
      begun += counts.rows;
      pieces.push(Uint8Array.from(pageHeader(page, content.length, counts)), page.levels, content);
    } catch (cause) {
      throw pageError(file, column, ` page ${index + 1}`, cause);
    }
  }
  if (begun === rows) return pieces;
  throw parquetError(file, `${rows} rows in column ${column.path.join(".")}`, `${begun}`);
}

/** The pages of a part, which they fill. */
function readPages({ bytes, codec, column }: ColumnPart, file: string): Page[] {
  const pages: Page[] = [];
  const reader = { bytes, position: 0, where: `${file}, column ${column.path.join(".")}` };
  while (reader.position < bytes.length) {
    const header = readThriftStruct(reader);
    const size = count(header.get(2), file);
    const packedSize = count(header.get(3), file);
    const start = reader.position;
    reader.position += packedSize;
    if (reader.position > bytes.length) {
      throw parquetError(file, `pages within column ${column.path.join(".")}`, "one beyond it");
    }
    const kind = header.get(1);
    // An index page says nothing that is needed.
    if (kind === 1) continue;
    const body = bytes.subarray(start, reader.position);
    if (kind === 3) pages.push(secondPage(inner(header, 8, file), body, size, codec, file));
    else if (kind === 0 || kind === 2) {
      const fields = inner(header, kind === 0 ? 5 : 7, file);
      pages.push({
        kind: kind === 0 ? "data" : "dictionary",
        values: count(fields.get(1), file),
        encoding: encodings.at(count(fields.get(2), file)) ?? "an unknown one",
        repetitionBytes: 0,
        definitionBytes: 0,
        levels: new Uint8Array(0),
        packed: { codec, bytes: body, size },
      });
    } else throw parquetError(file, "data pages", `a page of kind ${String(kind)}`);
  }
  return pages;
}

function secondPage(
  fields: ThriftStruct,
  body: Uint8Array,
  size: number,
  codec: Codec,
  file: string,
): Page {
  const definitionBytes = count(fields.get(5), file);
  const repetitionBytes = count(fields.get(6), file);
  const levelBytes = definitionBytes + repetitionBytes;
  if (levelBytes > body.length || levelBytes > size) {
    throw parquetError(file, `levels within their page of ${body.length} bytes`, `${levelBytes}`);
  }
  return {
    kind: "data2",
    values: count(fields.get(1), file),
    encoding: encodings.at(count(fields.get(4), file)) ?? "an unknown one",
    repetitionBytes,
    definitionBytes,
    levels: body.subarray(0, levelBytes),
    packed: {
      codec: fields.get(7) === false ? "UNCOMPRESSED" : codec,
      bytes: body.subarray(levelBytes),
      size: size - levelBytes,
    },
  };
}

/** What is in a page: the rows that begin there, and values that are absent. */
interface PageCounts {
  readonly rows: number;
  readonly nulls: number;
}

function checkDataPage(
  page: Page,
  content: Uint8Array,
  column: LeafColumn,
  dictionarySize: number | undefined,
): PageCounts {
  const { values: total, repetitionBytes } = page;
  const { repetitionLevels, definitionLevels } = column;
  let rest = content;
  const levels = (most: number, own: Uint8Array): Uint32Array | undefined => {
    if (most === 0) return undefined;
    const width = 32 - Math.clz32(most);
    if (page.kind === "data2") return checkLevels(readHybrid(own, width, total), most);
    const { values, end } = prefixedHybrid(rest, width, total);
    rest = rest.subarray(end);
    return checkLevels(values, most);
  };
  const repetitions = levels(repetitionLevels, page.levels.subarray(0, repetitionBytes));
  const definitions = levels(definitionLevels, page.levels.subarray(repetitionBytes));
  const present = definitions ? occurrences(definitions, definitionLevels) : total;
  checkValues(rest, present, page.encoding, column, dictionarySize);
  return { rows: repetitions ? occurrences(repetitions, 0) : total, nulls: total - present };
}

function checkLevels(levels: Uint32Array, most: number): Uint32Array {
  if (levels.some((level) => level > most)) {
    throw pageFault(`expected levels of at most ${most}, got higher ones`);
  }
  return levels;
}

function occurrences(levels: Uint32Array, wanted: number): number {
  let found = 0;
  for (const level of levels) if (level === wanted) found++;
  return found;
}

/** A header for an unpacked page. */
function pageHeader(page: Page, contentBytes: number, { rows, nulls }: PageCounts): number[] {
  const size = contentBytes + page.levels.length;
  const encoding = encodings.indexOf(page.encoding);
  const RLE = 3;
  const details: Record<Page["kind"], [number, number, ThriftFields]> = {
    data: [
      0,
      5,
      [
        [1, page.values],
        [2, encoding],
        [3, RLE],
        [4, RLE],
      ],
    ],
    dictionary: [
      2,
      7,
      [
        [1, page.values],
        [2, encoding],
      ],
    ],
    data2: [
      3,
      8,
      [
        [1, page.values],
        [2, nulls],
        [3, rows],
        [4, encoding],
        [5, page.definitionBytes],
        [6, page.repetitionBytes],
        [7, false],
      ],
    ],
  };
  const [kind, field, fields] = details[page.kind];
  return writeThriftStruct([
    [1, kind],
    [2, size],
    [3, size],
    [field, fields],
  ]);
}

function inner(header: ThriftStruct, field: number, file: string): ThriftStruct {
  const value = header.get(field);
  if (value instanceof Map) return value;
  throw parquetError(file, "a header of every page", "a page without one");
}

function count(value: ThriftValue | undefined, file: string): number {
  if (typeof value === "number" && value >= 0) return value;
  throw parquetError(file, "sizes of its pages", "something else");
}

function pageError(
  file: string,
  { path }: LeafColumn,
  page: string,
  cause: unknown,
): L3MaskingError {
  const reason = messageOf(cause);
  const what =
    cause instanceof L3MaskingError
      ? reason
      : `expected a page that can be unpacked, got: ${reason}`;
  return new L3MaskingError("data-format", `${file}, column ${path.join(".")}${page}: ${what}`, {
    hint: "Write the file again, or convert it to JSON Lines.",
    cause,
  });
}
