/**
 * The footer of a Parquet file: its columns and where their parts lie, checked against the file before anything is
 * read from there.
 *
 * Reference: https://github.com/apache/parquet-format (README.md and parquet.thrift).
 */
import { parquetMetadata, type SchemaElement } from "hyparquet";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { MAX_COLUMNS, MAX_ROWS } from "../formats/limits.js";
import { readThriftStruct, type ThriftStruct, type ThriftValue } from "./thrift.js";

const codecs = [
  "UNCOMPRESSED",
  "SNAPPY",
  "GZIP",
  "LZO",
  "BROTLI",
  "LZ4",
  "ZSTD",
  "LZ4_RAW",
] as const;

/** How pages of a Parquet file are compressed. */
export type Codec = (typeof codecs)[number];

/** A column that holds values, not other columns. */
export interface LeafColumn {
  readonly path: readonly string[];
  readonly element: SchemaElement & { readonly type: NonNullable<SchemaElement["type"]> };
  /** How many of the elements on its path may be absent. */
  readonly definitionLevels: number;
  /** How many of the elements on its path repeat. */
  readonly repetitionLevels: number;
}

/** The values of one column in one row group. */
export interface ColumnPart {
  readonly column: LeafColumn;
  readonly codec: Codec;
  /** Its pages, one after the other. */
  readonly bytes: Uint8Array;
}

export interface RowGroup {
  readonly rows: number;
  readonly parts: readonly ColumnPart[];
}

export interface ParquetFooter {
  readonly schema: readonly SchemaElement[];
  /** What writers note of a file, by name. */
  readonly notes: ReadonlyMap<string, string>;
  readonly columns: readonly LeafColumn[];
  readonly groups: readonly RowGroup[];
}

/** Elements within each other; a list of strings has three. */
const MAX_NESTING = 16;

/** Values of all columns that a file may have: 16 for each of its bytes, and at least a quarter of a million. */
export function cellLimit(fileBytes: number): number {
  return Math.max(2 ** 18, 16 * fileBytes);
}

const MAGIC = "PAR1";
const TAIL_BYTES = 8;

/** Throws `data-format` for a footer that is damaged, or that promises what the file cannot hold. */
export function readFooter(bytes: Uint8Array, file: string): ParquetFooter {
  const magic = new TextDecoder("latin1").decode(bytes.subarray(-MAGIC.length));
  if (bytes.length < MAGIC.length + TAIL_BYTES || magic !== MAGIC) {
    throw parquetError(file, `"${MAGIC}" as its last bytes`, "other bytes");
  }
  const tail = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - TAIL_BYTES);
  const length = tail.getUint32(0, true);
  const end = bytes.length - TAIL_BYTES;
  if (length > end - MAGIC.length) {
    throw parquetError(file, `a footer of at most ${end - MAGIC.length} bytes`, `${length}`);
  }
  const start = end - length;
  const reader = { bytes: bytes.subarray(0, end), position: start, where: file };
  const metadata = readThriftStruct(reader);
  const { schema, notes } = readSchema(bytes.subarray(start), file);
  const columns = leafColumns(schema, file);
  const groups = readGroups(metadata, columns, bytes.subarray(0, start), file);
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const cells = rows * Math.max(1, columns.length);
  if (rows > MAX_ROWS || cells > cellLimit(bytes.length)) {
    throw parquetError(
      file,
      `at most ${MAX_ROWS} rows and, for a file of its size, ${cellLimit(bytes.length)} values`,
      `${rows} rows of ${columns.length} columns`,
    );
  }
  return { schema, notes, columns, groups };
}

/** The library's reading of schema and notes; that its bytes are well-formed was checked before. */
function readSchema(footer: Uint8Array, file: string): Pick<ParquetFooter, "schema" | "notes"> {
  try {
    const { schema, key_value_metadata: notes = [] } = parquetMetadata(footer, {
      geoparquet: false,
    });
    return { schema, notes: new Map(notes.map(({ key, value = "" }) => [key, value])) };
  } catch (cause) {
    throw parquetError(file, "a footer with schema and row groups", messageOf(cause));
  }
}

/** Columns in the order of the schema, which lists every element before the elements in it. */
function leafColumns(schema: readonly SchemaElement[], file: string): LeafColumn[] {
  const columns: LeafColumn[] = [];
  let next = 0;
  const walk = (path: readonly string[], definitions: number, repetitions: number): string => {
    const element = schema.at(next++);
    if (element === undefined || path.length > MAX_NESTING) {
      throw parquetError(file, "a schema that is a tree", "one with too few elements, or too deep");
    }
    const root = next === 1;
    const { name, repetition_type: repetition, type } = element;
    const here = root ? [] : [...path, name];
    const kind = element.logical_type?.type;
    if (name === "__proto__" || kind === "VARIANT" || kind === "GEOMETRY" || kind === "GEOGRAPHY") {
      throw parquetError(file, "columns of text, numbers or lists", `${name} (${kind ?? "name"})`);
    }
    const definition = definitions + (root || repetition === "REQUIRED" ? 0 : 1);
    const repeated = repetitions + (!root && repetition === "REPEATED" ? 1 : 0);
    const children = element.num_children ?? 0;
    if (children === 0 && !root) {
      if (type === undefined) throw parquetError(file, `a type of column ${name}`, "none");
      if (columns.length >= MAX_COLUMNS) {
        throw parquetError(file, `at most ${MAX_COLUMNS} columns`, "more");
      }
      columns.push({
        path: here,
        element: { ...element, type },
        definitionLevels: definition,
        repetitionLevels: repeated,
      });
      return name;
    }
    if (type !== undefined) throw parquetError(file, `no type of the group ${name}`, type);
    const names = new Set<string>();
    for (let child = 0; child < children; child++) {
      const added = walk(here, definition, repeated);
      if (names.has(added)) {
        throw parquetError(file, "different column names", `${JSON.stringify(added)} twice`);
      }
      names.add(added);
    }
    return name;
  };
  walk([], 0, 0);
  if (next !== schema.length)
    throw parquetError(file, "a schema that is one tree", "more elements");
  return columns;
}

/** `data` is the file up to its footer. */
function readGroups(
  metadata: ThriftStruct,
  columns: readonly LeafColumn[],
  data: Uint8Array,
  file: string,
): RowGroup[] {
  const columnOfPath = new Map(columns.map((column) => [JSON.stringify(column.path), column]));
  let partBytes = 0;
  return list(metadata.get(4), file).map((value) => {
    const group = struct(value, file);
    const seen = new Set<LeafColumn>();
    const parts = list(group.get(1), file).map((entry): ColumnPart => {
      const chunk = struct(entry, file);
      if (chunk.get(1) !== undefined)
        throw parquetError(file, "its data in the same file", "other files");
      const part = struct(chunk.get(3), file);
      const path = list(part.get(3), file).map((name) => text(name, file));
      const column = columnOfPath.get(JSON.stringify(path));
      if (column === undefined || seen.has(column)) {
        throw parquetError(file, "each column once in a row group", path.join("."));
      }
      seen.add(column);
      const start = integer(part.get(11), file) || integer(part.get(9), file);
      const size = integer(part.get(7), file);
      partBytes += size;
      // Parts over each other would unpack to more than the file has.
      if (start < MAGIC.length || start + size > data.length || partBytes > data.length) {
        throw parquetError(
          file,
          `column ${path.join(".")} within the ${data.length} bytes before the footer, and columns apart`,
          `${size} bytes at ${start}`,
        );
      }
      const codec = codecs.at(integer(part.get(4), file));
      if (codec === undefined || codec === "LZO") {
        throw parquetError(file, "a usual compression", `codec ${codec ?? String(part.get(4))}`);
      }
      return { column, codec, bytes: data.subarray(start, start + size) };
    });
    if (parts.length !== columns.length) {
      throw parquetError(file, `${columns.length} columns in a row group`, `${parts.length}`);
    }
    return { rows: integer(group.get(3), file), parts };
  });
}

function list(value: ThriftValue | undefined, file: string): readonly ThriftValue[] {
  if (Array.isArray(value)) return value;
  throw parquetError(file, "a list in the footer", "something else");
}

function struct(value: ThriftValue | undefined, file: string): ThriftStruct {
  if (value instanceof Map) return value;
  throw parquetError(file, "a struct in the footer", "something else");
}

function text(value: ThriftValue, file: string): string {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  throw parquetError(file, "a name in the footer", "something else");
}

/** A count or a place; 0 where the footer has none. */
function integer(value: ThriftValue | undefined, file: string): number {
  const number = Number(value ?? 0);
  const isNumber = value === undefined || typeof value === "number" || typeof value === "bigint";
  if (isNumber && Number.isSafeInteger(number) && number >= 0) return number;
  throw parquetError(file, "counts and places in the footer", "something else");
}

export function parquetError(file: string, expected: string, got: string): L3MaskingError {
  return new L3MaskingError(
    "data-format",
    `${file}: expected a Parquet file with ${expected}, got ${got}`,
    { hint: "Write the file again, or convert it to JSON Lines." },
  );
}
