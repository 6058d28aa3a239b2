/** Hostile Parquet files. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { casesOf, type HostileCase } from "./case.js";
import { joined, little } from "./forge.js";
import {
  i32,
  i64,
  labelColumn,
  page,
  parquet,
  plainTexts,
  struct,
  type Thrift,
  textColumn,
  textPages,
  thrift,
  varint,
} from "./forge-parquet.js";

const SNAPPY = 1;
const GZIP = 2;
const BROTLI = 4;
const ZSTD = 6;
const LZ4 = 7;
const DICTIONARY = 8;
const two = plainTexts("a", "b");
const dictionary = page({ kind: 2, values: 1, content: plainTexts("a") });
/** Indices into a dictionary: their width, then runs. */
const indices = (width: number, ...runs: readonly (readonly number[])[]) =>
  Uint8Array.from([width, ...runs.flat()]);
const run = (length: number, value: number) => [...varint(BigInt(length) * 2n), value];
const packed = (groups: number, ...bytes: readonly number[]) => [...varint(BigInt(groups) * 2n + 1n), ...bytes];
const indexed = (values: number, content: Uint8Array) => page({ values, encoding: DICTIONARY, content });
/** Pages of one codec: packed bytes and the size they announce. */
const coded = (codec: number, content: Uint8Array, size = two.length) => () =>
  textPages(2, [page({ content, size })], { codec });
const header = (fields: Readonly<Record<number, Thrift>>) =>
  textPages(2, [
    page({ header: struct(...Object.entries(fields).map(([id, value]) => [Number(id), value] as const)) }),
  ]);
const details = struct([1, i32(2)], [2, i32(0)], [3, i32(3)], [4, i32(3)]);
const root = (children: number) => struct([4, { text: "schema" }], [5, i32(children)]);
const group = (name: string, children: number) =>
  struct([3, i32(0)], [4, { text: name }], [5, i32(children)]);
const levels = (...runs: readonly (readonly number[])[]) => {
  const bytes = Uint8Array.from(runs.flat());
  return joined(little(bytes.length, 4), bytes);
};
const optional = (values: number, content: Uint8Array) => () =>
  textPages(values, [page({ values, content })], { repetition: 1 });
const deep = (levelsDeep: number) => [
  ...Array.from({ length: levelsDeep }, (_, i) => (i === 0 ? root(1) : group(`g${i}`, 1))),
  struct([1, i32(6)], [3, i32(0)], [4, { text: "text" }]),
];
const nested = (depth: number): Thrift => (depth === 0 ? i32(1) : struct([1, nested(depth - 1)]));
const delta = (...numbers: readonly number[]) => Uint8Array.from(numbers.flatMap((value) => varint(BigInt(value))));
/** A zstd frame: its header with the content size in four bytes, then blocks. */
const zstd = (size: number, ...blocks: readonly Uint8Array[]) =>
  joined(little(0xfd2fb528, 4), [0xa0], little(size, 4), ...blocks);
const block = (kind: number, size: number, last: boolean, content: Uint8Array | readonly number[]) =>
  joined(little((last ? 1 : 0) | (kind << 1) | (size << 3), 3), content);
/** Literals by Huffman codes whose weights come from a table in which one symbol has all the probability. */
const endless = Uint8Array.from([0x02, 0x10, 0x00, 0x04, 0x10, 0x3f, 0x00, 0x01, 0x00, 0x00, 0x00]);

const cases = casesOf("parquet", [
  ["a plain file", "accepted", () => parquet()],
  ["no bytes", "data-format", "", "PAR1"],
  ["CSV", "data-format", "text,label\na,x\n", "PAR1"],
  ["the magic number and nothing else", "data-format", "PAR1PAR1", "PAR1"],
  ["an encrypted footer", "data-format", () => joined(parquet().subarray(0, -4), "PARE"), "PAR1"],
  ["a footer of 4 GB", "data-format", () => parquet({ footerSize: 0xffffffff }), "footer"],
  ["an empty footer", "data-format", () => parquet({ footerSize: 0 })],
  ["a footer of which the beginning is missing", "data-format", () => parquet({ footerSize: 40 })],
  ["a footer of zero bytes", "data-format", () => parquet({ footer: new Uint8Array(50) })],
  ["a footer of 0xff", "data-format", () => parquet({ footer: new Uint8Array(50).fill(0xff) }), "byte"],
  ["an integer without an end", "data-format", () => parquet({ footer: joined([0x15], new Uint8Array(100).fill(0x80)) }), "without an end"],
  ["structs 100 000 levels deep", "data-format", () => parquet({ footer: new Uint8Array(100_000).fill(0x1c) }), "within each other"],
  ["lists 100 000 levels deep", "data-format", () => parquet({ footer: joined([0x29], new Uint8Array(100_000).fill(0x19)) }), "within each other"],
  ["a list of four billion structs", "data-format", () => parquet({ footer: thrift(struct([2, { list: [root(1)], length: 2 ** 32 - 1 }])) }), "4294967295"],
  ["a list of two billion truth values", "data-format", () => parquet({ footer: thrift(struct([2, { raw: [9, joined([0xf1], varint(2n ** 31n))] }])) }), "list"],
  ["a text of four billion bytes", "data-format", () => parquet({ footer: thrift(struct([2, { raw: [8, joined(varint(2n ** 32n - 1n))] }])) }), "end of the file"],
  ["fields out of order", "data-format", () => parquet({ footer: thrift(struct([4, { list: [] }], [2, { list: [] }])) }), "order"],
  ["a field twice", "data-format", () => parquet({ footer: thrift(struct([2, { list: [root(1)] }], [2, { list: [] }])) }), "order"],
  ["a map in the footer", "data-format", () => parquet({ footer: thrift(struct([1, { raw: [11, new Uint8Array(4)] }])) }), "type 11"],
  ["no schema", "data-format", () => parquet({ footer: thrift(struct([1, i32(1)], [4, { list: [] }])) })],
  ["no row groups", "data-format", () => parquet({ footer: thrift(struct([1, i32(1)], [2, { list: [root(0)] }])) })],
  ["an empty list of row groups", "data-empty", () => parquet({ groups: 0 })],
  ["a number as schema", "data-format", () => parquet({ footer: thrift(struct([2, i32(1)], [4, { list: [] }])) })],
  ["an empty schema", "data-format", () => parquet({ schema: [] }), "tree"],
  ["two billion columns in the schema", "data-format", () => parquet({ schema: [root(2 ** 31 - 1)] }), "tree"],
  ["elements after the tree", "data-format", () => parquet({ schema: [...deep(1), ...deep(1)] }), "one tree"],
  ["columns 10 000 levels deep", "data-format", () => parquet({ schema: deep(10_000) }), "tree"],
  ["a statistic 100 levels deep", "data-format", () => parquet({ footer: thrift(struct([1, i32(1)], [9, nested(100)])) }), "within each other"],
  ["a column twice", "data-format", () => parquet({ columns: [textColumn, textColumn] }), '"text" twice'],
  ["a column __proto__", "data-format", () => parquet({ columns: [textColumn, labelColumn, { name: "__proto__" }] }), "__proto__"],
  ["a column constructor", "accepted", () => parquet({ columns: [textColumn, labelColumn, { name: "constructor" }] })],
  ["20 000 columns", "data-format", () => parquet({ rows: 0, schema: [root(20_000), ...Array.from({ length: 20_000 }, (_, i) => struct([1, i32(6)], [3, i32(0)], [4, { text: `c${i}` }]))] }), "columns"],
  ["a column of an unknown type", "data-format", () => parquet({ columns: [{ ...textColumn, type: 99 }, labelColumn] }), "type"],
  ["a column VARIANT", "data-format", () => parquet({ columns: [{ ...textColumn, logical: struct([16, struct()]) }, labelColumn] }), "VARIANT"],
  ["a column GEOMETRY", "data-format", () => parquet({ columns: [{ ...textColumn, logical: struct([17, struct()]) }, labelColumn] }), "GEOMETRY"],
  ["a column of another file", "data-format", () => parquet({ columns: [{ ...textColumn, file: "../../etc/passwd" }, labelColumn] }), "other files"],
  ["a path that the schema lacks", "data-format", () => parquet({ columns: [{ ...textColumn, path: ["other"] }, labelColumn] }), "other"],
  ["an empty path", "data-format", () => parquet({ columns: [{ ...textColumn, path: [] }, labelColumn] }), "each column once"],
  ["the same column twice in a row group", "data-format", () => parquet({ columns: [textColumn, { ...labelColumn, path: ["text"] }] }), "each column once"],
  ["an unknown compression", "data-format", () => parquet({ columns: [{ ...textColumn, codec: 99 }, labelColumn] }), "codec"],
  ["LZO", "data-format", () => parquet({ columns: [{ ...textColumn, codec: 3 }, labelColumn] }), "LZO"],
  ["a column beyond the file", "data-format", () => parquet({ columns: [{ ...textColumn, offset: 2 ** 40 }, labelColumn] }), String(2 ** 40)],
  ["a column before the file", "data-format", () => parquet({ columns: [{ ...textColumn, offset: -10 }, labelColumn] }), "counts and places"],
  ["a column over the magic number", "data-format", () => parquet({ columns: [{ ...textColumn, offset: 1 }, labelColumn] }), "at 1"],
  ["a column of 2^62 bytes", "data-format", () => parquet({ columns: [{ ...textColumn, size: 2n ** 62n }, labelColumn] }), "counts and places"],
  ["a column larger than the file", "data-format", () => parquet({ columns: [{ ...textColumn, size: 100_000 }, labelColumn] }), "100000"],
  ["columns over each other", "data-format", () => parquet({ columns: Array.from({ length: 20 }, (_, i) => ({ name: `c${i}`, offset: 4, pages: i === 0 ? joined(page(), new Uint8Array(100)) : new Uint8Array(0), size: 100 })) }), "apart"],
  ["1000 row groups over the same bytes", "data-format", () => parquet({ groups: 1000 }), "apart"],
  ["2^40 rows", "data-format", () => parquet({ rows: 2 ** 40 }), String(2 ** 40)],
  ["a negative number of rows", "data-format", () => parquet({ rows: -2 }), "counts"],
  ["2^62 rows", "data-format", () => parquet({ rows: 2n ** 62n }), "counts"],
  ["a million rows that are not there", "data-format", () => parquet({ rows: 1_000_000 }), "rows"],
  ["three rows where two are", "data-format", () => parquet({ rows: 3 }), "3 rows"],
  ["one row where two are", "data-format", () => parquet({ rows: 1 }), "1 rows"],
  ["no pages", "data-format", () => textPages(2, []), "rows"],
  ["a page header of zero bytes", "data-format", () => textPages(2, [new Uint8Array(20)])],
  ["a page header without an end", "data-format", () => textPages(2, [new Uint8Array(20).fill(0x15)]), "byte"],
  ["a page without sizes", "data-format", () => header({ 1: i32(0), 5: details }), "sizes"],
  ["a page of a negative size", "data-format", () => header({ 1: i32(0), 2: i32(10), 3: i32(-10), 5: details }), "sizes"],
  ["a page that leads back to itself", "data-format", () => header({ 1: i32(0), 2: i32(0), 3: i32(-19), 5: details }), "sizes"],
  ["a page size of 64 bits", "data-format", () => header({ 1: i32(0), 2: i64(10), 3: i64(10), 5: details }), "sizes"],
  ["a page of 2 GB", "data-format", () => header({ 1: i32(0), 2: i32(10), 3: i32(2 ** 31 - 1), 5: details }), "beyond it"],
  ["a page without details", "data-format", () => header({ 1: i32(0), 2: i32(10), 3: i32(10) }), "details"],
  ["a page of an unknown kind", "data-format", () => textPages(2, [page({ kind: 7 })]), "kind 7"],
  ["only an index page", "data-format", () => textPages(2, [page({ kind: 1 })]), "rows"],
  ["a page of two billion texts", "data-format", () => textPages(2, [page({ values: 2 ** 31 - 1 })]), "values"],
  ["a page of a negative number of texts", "data-format", () => textPages(2, [page({ values: -2 })]), "sizes"],
  ["a page of three texts where two are", "data-format", () => textPages(3, [page({ values: 3 })]), "page 1"],
  ["a text longer than its page", "data-format", () => textPages(1, [page({ values: 1, content: joined(little(0xffffffff, 4), "a") })]), "page 1"],
  ["a text that is no UTF-8", "data-encoding", () => textPages(1, [page({ values: 1, content: joined(little(1, 4), [0xff]) })]), "UTF-8"],
  ["a text of five million characters", "data-format", () => textPages(1, [page({ values: 1, content: plainTexts("a".repeat(5e6)) })]), "row 1"],
  ["an unknown encoding", "data-format", () => textPages(2, [page({ encoding: 77 })]), "page 1"],
  ["DELTA_BYTE_ARRAY", "data-format", () => textPages(2, [page({ encoding: 7 })]), "DELTA_BYTE_ARRAY"],
  ["RLE for texts", "data-format", () => textPages(2, [page({ encoding: 3 })]), "RLE"],
  ["truth values that are not there", "data-format", () => textPages(50, [page({ values: 50, content: new Uint8Array(2) })], { type: 0 }), "page 1"],
  ["integers that are not there", "data-format", () => textPages(50, [page({ values: 50, content: new Uint8Array(8) })], { type: 1 }), "page 1"],
  ["texts of a fixed length of 0", "data-format", () => textPages(2, [page()], { type: 7, typeLength: 0 }), "page 1"],
  ["texts of a fixed length of two billion", "data-format", () => textPages(2, [page()], { type: 7, typeLength: 2 ** 31 - 1 }), "page 1"],
  ["a dictionary and its indices", "accepted", () => textPages(2, [dictionary, indexed(2, indices(1, run(2, 0)))])],
  ["indices without a dictionary", "data-format", () => textPages(2, [indexed(2, indices(1, run(2, 0)))]), "dictionary"],
  ["indices beyond the dictionary", "data-format", () => textPages(2, [dictionary, indexed(2, indices(1, run(2, 1)))]), "page 2"],
  ["an index into an empty dictionary", "data-format", () => textPages(2, [page({ kind: 2, values: 0, content: new Uint8Array(0) }), indexed(2, indices(0))]), "page 2"],
  ["a dictionary after the data", "data-format", () => textPages(2, [page(), dictionary]), "page 2"],
  ["two dictionaries", "data-format", () => textPages(2, [dictionary, dictionary, indexed(2, indices(1, run(2, 0)))]), "page 2"],
  ["a dictionary of two billion texts", "data-format", () => textPages(2, [page({ kind: 2, values: 2 ** 31 - 1, content: plainTexts("a") })]), "values"],
  ["indices of 255 bits", "data-format", () => textPages(2, [dictionary, indexed(2, indices(255, run(2, 0)))]), "page 2"],
  ["a run of a billion indices", "data-format", () => textPages(2, [dictionary, indexed(2, indices(1, run(1e9, 0)))]), "page 2"],
  ["a bit-packed run of a billion indices", "data-format", () => textPages(2, [dictionary, indexed(2, indices(1, packed(1e8, 0)))]), "page 2"],
  ["a run cut off", "data-format", () => textPages(2, [dictionary, indexed(2, indices(1, [4]))]), "page 2"],
  ["a million empty runs", "data-format", () => textPages(2, [dictionary, indexed(2, joined([1], new Uint8Array(1e6)))]), "page 2"],
  ["no indices", "data-format", () => textPages(2, [dictionary, indexed(2, new Uint8Array(0))]), "page 2"],
  ["one text of 400 kB for 2000 rows", "data-format", () => textPages(2000, [page({ kind: 2, values: 1, content: plainTexts("x".repeat(400_000)) }), indexed(2000, indices(1, run(2000, 0)))]), "repetition"],
  ["levels of a billion values", "data-format", optional(2, joined(levels(run(1e9, 1)), two)), "page 1"],
  ["levels beyond the page", "data-format", optional(2, joined(little(1e9, 4), run(2, 1), two)), "page 1"],
  ["levels higher than the schema has", "data-format", () => textPages(2, [page({ content: joined(levels(run(2, 3)), two) })], { repetition: 1 }), "page 1"],
  ["no levels", "data-format", optional(2, new Uint8Array(2)), "page 1"],
  ["levels of version 2 beyond the page", "data-format", () => textPages(2, [page({ kind: 3, definitionBytes: 1000, content: two })], { repetition: 1 }), "levels"],
  ["more levels of version 2 than the page unpacks to", "data-format", () => textPages(2, [page({ kind: 3, definitionBytes: 9, content: two, size: 1 })], { repetition: 1 }), "levels"],
  ["a wrong number of nulls in version 2", "accepted", () => textPages(2, [page({ kind: 3, nulls: -1000, content: two })])],
  ["differences in blocks of nothing", "data-format", () => textPages(2, [page({ encoding: 6, content: delta(0, 0, 2, 0) })]), "blocks"],
  ["differences in four billion miniblocks", "data-format", () => textPages(2, [page({ encoding: 6, content: delta(128, 2 ** 32 - 1, 2, 0) })]), "blocks"],
  ["differences of two billion texts", "data-format", () => textPages(2, [page({ encoding: 6, content: delta(128, 4, 2 ** 31, 0) })]), "differences"],
  ["lengths that are negative", "data-format", () => textPages(2, [page({ encoding: 6, content: joined(delta(128, 4, 2, 5), new Uint8Array(20)) })])],
  ["Snappy data that is none", "data-format", coded(SNAPPY, new Uint8Array(9).fill(0xff)), "Snappy"],
  ["Snappy data that leads back to itself", "data-format", coded(SNAPPY, Uint8Array.of(10, 0xfc, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0)), "Snappy"],
  ["a Snappy copy from before the beginning", "data-format", coded(SNAPPY, Uint8Array.of(10, 0x0a, 5, 0)), "Snappy"],
  ["Snappy data of more than it announces", "data-format", coded(SNAPPY, joined([100, 0, 65], ...Array(1000).fill([0xfe, 1, 0]))), "Snappy"],
  ["Snappy data cut off", "data-format", coded(SNAPPY, Uint8Array.of(10, 36, 2, 0)), "Snappy"],
  ["gzip data that is none", "data-format", coded(GZIP, two), "column text"],
  ["a gzip bomb in a page", "data-format", coded(GZIP, gzipSync(new Uint8Array(50 << 20))), "column text"],
  ["a gzip page smaller than announced", "data-format", coded(GZIP, gzipSync(two), 100), "100"],
  ["a Brotli bomb in a page", "data-format", coded(BROTLI, brotliCompressSync(new Uint8Array(50 << 20))), "column text"],
  ["Brotli data that is none", "data-format", coded(BROTLI, new Uint8Array(40).fill(0xff)), "column text"],
  ["LZ4 data that is none", "data-format", coded(LZ4, new Uint8Array(40).fill(0xff)), "column text"],
  ["an LZ4 run of a megabyte of lengths", "data-format", coded(LZ4, new Uint8Array(1e6).fill(0xff)), "column text"],
  ["zstd data that is none", "data-format", coded(ZSTD, new Uint8Array(40).fill(0xff)), "zstd"],
  ["a zstd window of 2 GB", "data-format", coded(ZSTD, joined(little(0xfd2fb528, 4), [0x00, 0xa8], block(0, 0, true, []))), "zstd"],
  ["a zstd frame of 2 GB", "data-format", coded(ZSTD, zstd(2 ** 31, block(1, 100, true, [65]))), "zstd"],
  ["a zstd bomb of 1000 repeated blocks", "data-format", coded(ZSTD, zstd(10, ...Array(1000).fill(block(1, 131072, false, [65])), block(1, 0, true, [65]))), "zstd"],
  ["a zstd block of an unknown kind", "data-format", coded(ZSTD, zstd(10, block(3, 4, true, [1, 2, 3, 4]))), "zstd"],
  ["a zstd frame cut off", "data-format", coded(ZSTD, zstd(10, block(0, 10, true, [1, 2]))), "zstd"],
  ["zstd Huffman weights that never end", "data-format", coded(ZSTD, zstd(10, block(2, endless.length, true, endless)), 10), "zstd"],
  ["page sizes of 100 MB in a small file", "data-format", () => textPages(2, [page({ size: 100_000_000 })], { codec: GZIP }), "unpacked"],
]);

export const parquetCases: readonly HostileCase[] = cases;
