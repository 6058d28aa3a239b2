/** Parquet files byte by byte, with every field open to be wrong. */
import { joined, little } from "./forge.js";

/** A value of Thrift's compact protocol; a field with `undefined` is left out. */
export type Thrift =
  | { readonly i32: number }
  | { readonly i64: number | bigint }
  | { readonly text: string | Uint8Array }
  | { readonly list: readonly Thrift[]; readonly length?: number }
  | { readonly raw: readonly [kind: number, bytes: Uint8Array] }
  | boolean
  | ThriftStruct;

export type ThriftStruct = {
  readonly fields: readonly (readonly [id: number, value: Thrift | undefined])[];
};

export const i32 = (value: number): Thrift => ({ i32: value });
export const i64 = (value: number | bigint): Thrift => ({ i64: value });
export const struct = (...fields: ThriftStruct["fields"]): ThriftStruct => ({ fields });

export function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

const zigzag = (value: number | bigint) => {
  const wide = BigInt(value);
  return varint(wide < 0n ? -2n * wide - 1n : 2n * wide);
};

function kindOf(value: Thrift): number {
  if (typeof value === "boolean") return value ? 1 : 2;
  if ("i32" in value) return 5;
  if ("i64" in value) return 6;
  if ("text" in value) return 8;
  if ("list" in value) return 9;
  return "raw" in value ? value.raw[0] : 12;
}

function encoded(value: Thrift): Uint8Array {
  if (typeof value === "boolean") return new Uint8Array(0);
  if ("i32" in value) return Uint8Array.from(zigzag(value.i32));
  if ("i64" in value) return Uint8Array.from(zigzag(value.i64));
  if ("text" in value) {
    const bytes = joined(value.text);
    return joined(varint(BigInt(bytes.length)), bytes);
  }
  if ("list" in value) {
    const kind = value.list.length === 0 ? 12 : kindOf(value.list[0]);
    const length = varint(BigInt(value.length ?? value.list.length));
    return joined([0xf0 | kind], length, ...value.list.map(encoded));
  }
  if ("raw" in value) return value.raw[1];
  return thrift(value);
}

/** The bytes of a struct. */
export function thrift({ fields }: ThriftStruct): Uint8Array {
  let last = 0;
  const parts = fields.flatMap(([id, value]) => {
    if (value === undefined) return [];
    const step = id - last;
    last = id;
    const head =
      step > 0 && step < 16 ? [(step << 4) | kindOf(value)] : [kindOf(value), ...zigzag(id)];
    return [Uint8Array.from(head), encoded(value)];
  });
  return joined(...parts, [0]);
}

/** Texts as PLAIN values. */
export function plainTexts(...texts: readonly string[]): Uint8Array {
  return joined(
    ...texts.flatMap((text) => [little(Buffer.byteLength(text), 4), Buffer.from(text)]),
  );
}

export interface ForgedPage {
  /** 0 data, 1 index, 2 dictionary, 3 data of version 2. */
  readonly kind?: number;
  readonly values?: number;
  readonly encoding?: number;
  readonly content?: Uint8Array;
  readonly size?: number;
  readonly packedSize?: number;
  /** In place of the whole header. */
  readonly header?: ThriftStruct;
  readonly definitionBytes?: number;
  readonly repetitionBytes?: number;
  readonly nulls?: number;
}

/** The header and content of a page; by default two texts. */
export function page(forged: ForgedPage = {}): Uint8Array {
  const { kind = 0, values = 2, encoding = 0, content = plainTexts("a", "b") } = forged;
  const { size = content.length, packedSize = content.length } = forged;
  const counts: ThriftStruct["fields"] = [
    [1, i32(values)],
    [2, i32(encoding)],
  ];
  const details: readonly [number, ThriftStruct] =
    kind === 3
      ? [
          8,
          struct(
            [1, i32(values)],
            [2, i32(forged.nulls ?? 0)],
            [3, i32(values)],
            [4, i32(encoding)],
            [5, i32(forged.definitionBytes ?? 0)],
            [6, i32(forged.repetitionBytes ?? 0)],
          ),
        ]
      : kind === 2
        ? [7, struct(...counts)]
        : [5, struct(...counts, [3, i32(3)], [4, i32(3)])];
  const header =
    forged.header ?? struct([1, i32(kind)], [2, i32(size)], [3, i32(packedSize)], details);
  return joined(thrift(header), content);
}

export interface ForgedColumn {
  readonly name?: string;
  readonly path?: readonly string[];
  /** 6 is BYTE_ARRAY; undefined leaves the type out. */
  readonly type?: number | undefined;
  /** 0 required, 1 optional, 2 repeated. */
  readonly repetition?: number;
  readonly logical?: Thrift;
  readonly typeLength?: number;
  readonly codec?: number;
  readonly pages?: Uint8Array;
  readonly offset?: number | bigint;
  readonly size?: number | bigint;
  readonly file?: string;
}

export interface ForgedFile {
  readonly columns?: readonly ForgedColumn[];
  readonly rows?: number | bigint;
  /** In place of the schema that belongs to the columns. */
  readonly schema?: readonly Thrift[];
  /** The row group this often in the footer. */
  readonly groups?: number;
  readonly footer?: Uint8Array;
  readonly footerSize?: number;
}

export const textColumn: ForgedColumn = { name: "text" };
export const labelColumn: ForgedColumn = { name: "label" };

const schemaElement = (column: ForgedColumn) =>
  struct(
    [1, "type" in column ? (column.type === undefined ? undefined : i32(column.type)) : i32(6)],
    [2, column.typeLength === undefined ? undefined : i32(column.typeLength)],
    [3, i32(column.repetition ?? 0)],
    [4, { text: column.name ?? "text" }],
    [6, i32(0)],
    [10, column.logical],
  );

/** A Parquet file; by default two rows of a text and a label. */
export function parquet(forged: ForgedFile = {}): Uint8Array {
  const { columns = [textColumn, labelColumn], rows = 2 } = forged;
  const parts: Uint8Array[] = [Buffer.from("PAR1")];
  let at = 4;
  const chunks = columns.map((column) => {
    const pages = column.pages ?? page();
    parts.push(pages);
    const start = at;
    at += pages.length;
    const path = column.path ?? [column.name ?? "text"];
    const metadata = struct(
      [1, i32(column.type ?? 6)],
      [2, { list: [i32(0)] }],
      [3, { list: path.map((text) => ({ text })) }],
      [4, i32(column.codec ?? 0)],
      [5, i64(rows)],
      [6, i64(pages.length)],
      [7, i64(column.size ?? pages.length)],
      [9, i64(column.offset ?? start)],
    );
    return struct(
      [1, column.file === undefined ? undefined : { text: column.file }],
      [2, i64(0)],
      [3, metadata],
    );
  });
  const root = struct([4, { text: "schema" }], [5, i32(columns.length)]);
  const schema = forged.schema ?? [root, ...columns.map(schemaElement)];
  const group = struct([1, { list: chunks }], [2, i64(0)], [3, i64(rows)]);
  const footer =
    forged.footer ??
    thrift(
      struct(
        [1, i32(1)],
        [2, { list: schema }],
        [3, i64(rows)],
        [4, { list: Array.from({ length: forged.groups ?? 1 }, () => group) }],
      ),
    );
  return joined(...parts, footer, little(forged.footerSize ?? footer.length, 4), "PAR1");
}

/** A file whose text column has these pages. */
export function textPages(
  rows: number,
  pages: readonly Uint8Array[],
  column: ForgedColumn = {},
): Uint8Array {
  const other = page({
    values: rows,
    content: plainTexts(...Array.from({ length: rows }, (_, i) => `l${i}`)),
  });
  return parquet({
    rows,
    columns: [
      { ...textColumn, ...column, pages: joined(...pages) },
      { ...labelColumn, pages: other },
    ],
  });
}

/** A zstd frame: its header with the content size in four bytes, then blocks. */
export const zstdFrame = (size: number, ...blocks: readonly Uint8Array[]) =>
  joined(little(0xfd2fb528, 4), [0xa0], little(size, 4), ...blocks);
/** A block of a zstd frame: 0 raw, 1 repeated, 2 compressed. */
export const zstdBlock = (
  kind: number,
  size: number,
  last: boolean,
  content: Uint8Array | readonly number[],
) => joined(little((last ? 1 : 0) | (kind << 1) | (size << 3), 3), content);
