/** Hostile pages of Parquet files. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import { casesOf, type HostileCase } from "./case.js";
import { joined, little } from "./forge.js";
import {
  zstdBlock as block,
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
  varint,
  zstdFrame as zstd,
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
const packed = (groups: number, ...bytes: readonly number[]) => [
  ...varint(BigInt(groups) * 2n + 1n),
  ...bytes,
];
const indexed = (values: number, content: Uint8Array) =>
  page({ values, encoding: DICTIONARY, content });
/** Pages of one codec: packed bytes and the size they announce. */
const coded =
  (codec: number, content: Uint8Array, size = two.length) =>
  () =>
    textPages(2, [page({ content, size })], { codec });
/** Bytes in Snappy's form, as one literal. */
const snappy = (content: Uint8Array) => ({
  content: joined([content.length, (content.length - 1) << 2], content),
  size: content.length,
});
/** A compressed zstd block (RFC 8878): 4 bytes of literals from 20, by Huffman weights whose bits never come to an end. */
const endless = Uint8Array.of(
  ...[0x42, 0x00, 0x05],
  ...[6, 0xf0, 0x03, 0, 0, 0, 0x80],
  ...Array<number>(16).fill(0),
);
const header = (fields: Readonly<Record<number, Thrift>>) =>
  textPages(2, [
    page({
      header: struct(...Object.entries(fields).map(([id, value]) => [Number(id), value] as const)),
    }),
  ]);
const details = struct([1, i32(2)], [2, i32(0)], [3, i32(3)], [4, i32(3)]);
const levels = (...runs: readonly (readonly number[])[]) => {
  const bytes = Uint8Array.from(runs.flat());
  return joined(little(bytes.length, 4), bytes);
};
const optional = (values: number, content: Uint8Array) => () =>
  textPages(values, [page({ values, content })], { repetition: 1 });
const delta = (...numbers: readonly number[]) =>
  Uint8Array.from(numbers.flatMap((value) => varint(BigInt(value))));
export const parquetPageCases: readonly HostileCase[] = casesOf("parquet", [
  [
    "a plain file with levels, a dictionary and Snappy",
    "accepted",
    () =>
      textPages(
        3,
        [
          page({ kind: 2, values: 2, ...snappy(two) }),
          page({
            values: 3,
            encoding: DICTIONARY,
            ...snappy(joined(levels(packed(1, 0b101)), indices(1, packed(1, 0b10)))),
          }),
        ],
        { repetition: 1, codec: SNAPPY },
      ),
  ],
  [
    "a plain file of version 2",
    "accepted",
    () =>
      textPages(
        3,
        [
          page({
            kind: 3,
            values: 3,
            nulls: 1,
            definitionBytes: 2,
            content: joined(packed(1, 0b101), two),
          }),
        ],
        { repetition: 1 },
      ),
  ],
  [
    "a plain file with a column of lists",
    "accepted",
    () =>
      parquet({
        columns: [
          textColumn,
          labelColumn,
          {
            name: "tags",
            repetition: 2,
            pages: page({
              values: 3,
              content: joined(
                levels(packed(1, 0b010)),
                levels(run(3, 1)),
                plainTexts("a", "b", "c"),
              ),
            }),
          },
        ],
      }),
  ],
  ["a plain zstd file", "accepted", coded(ZSTD, zstd(two.length, block(0, two.length, true, two)))],
  ["no pages", "data-format", () => textPages(2, []), "rows"],
  ["a page header of zero bytes", "data-format", () => textPages(2, [new Uint8Array(20)])],
  [
    "a page header without an end",
    "data-format",
    () => textPages(2, [new Uint8Array(20).fill(0x15)]),
    "byte",
  ],
  ["a page without sizes", "data-format", () => header({ 1: i32(0), 5: details }), "sizes"],
  [
    "a page of a negative size",
    "data-format",
    () => header({ 1: i32(0), 2: i32(10), 3: i32(-10), 5: details }),
    "sizes",
  ],
  [
    "a page that leads back to itself",
    "data-format",
    () => header({ 1: i32(0), 2: i32(0), 3: i32(-19), 5: details }),
    "sizes",
  ],
  [
    "a page size of 64 bits",
    "data-format",
    () => header({ 1: i32(0), 2: i64(10), 3: i64(10), 5: details }),
    "sizes",
  ],
  [
    "a page of 2 GB",
    "data-format",
    () => header({ 1: i32(0), 2: i32(10), 3: i32(2 ** 31 - 1), 5: details }),
    "beyond it",
  ],
  [
    "a page without details",
    "data-format",
    () => header({ 1: i32(0), 2: i32(10), 3: i32(10) }),
    "header of every page",
  ],
  ["a page of an unknown kind", "data-format", () => textPages(2, [page({ kind: 7 })]), "kind 7"],
  ["only an index page", "data-format", () => textPages(2, [page({ kind: 1 })]), "rows"],
  [
    "a page of two billion texts",
    "data-format",
    () => textPages(2, [page({ values: 2 ** 31 - 1 })]),
    "values",
  ],
  [
    "a page of a negative number of texts",
    "data-format",
    () => textPages(2, [page({ values: -2 })]),
    "sizes",
  ],
  [
    "a page of three texts where two are",
    "data-format",
    () => textPages(3, [page({ values: 3 })]),
    "page 1",
  ],
  [
    "a text longer than its page",
    "data-format",
    () => textPages(1, [page({ values: 1, content: joined(little(0xffffffff, 4), "a") })]),
    "page 1",
  ],
  [
    "a text that is no UTF-8",
    "data-encoding",
    () => textPages(1, [page({ values: 1, content: joined(little(1, 4), [0xff]) })]),
    "UTF-8",
  ],
  [
    "a text of five million characters",
    "data-format",
    () => textPages(1, [page({ values: 1, content: plainTexts("a".repeat(5e6)) })]),
    "row 1",
  ],
  ["an unknown encoding", "data-format", () => textPages(2, [page({ encoding: 77 })]), "page 1"],
  [
    "DELTA_BYTE_ARRAY",
    "data-format",
    () => textPages(2, [page({ encoding: 7 })]),
    "DELTA_BYTE_ARRAY",
  ],
  ["RLE for texts", "data-format", () => textPages(2, [page({ encoding: 3 })]), "RLE"],
  [
    "truth values that are not there",
    "data-format",
    () => textPages(50, [page({ values: 50, content: new Uint8Array(2) })], { type: 0 }),
    "page 1",
  ],
  [
    "integers that are not there",
    "data-format",
    () => textPages(50, [page({ values: 50, content: new Uint8Array(8) })], { type: 1 }),
    "page 1",
  ],
  [
    "texts of a fixed length of 0",
    "data-format",
    () => textPages(2, [page()], { type: 7, typeLength: 0 }),
    "page 1",
  ],
  [
    "texts of a fixed length of two billion",
    "data-format",
    () => textPages(2, [page()], { type: 7, typeLength: 2 ** 31 - 1 }),
    "page 1",
  ],
  [
    "a dictionary and its indices",
    "accepted",
    () => textPages(2, [dictionary, indexed(2, indices(1, run(2, 0)))]),
  ],
  [
    "indices without a dictionary",
    "data-format",
    () => textPages(2, [indexed(2, indices(1, run(2, 0)))]),
    "dictionary",
  ],
  [
    "indices beyond the dictionary",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, indices(1, run(2, 1)))]),
    "page 2",
  ],
  [
    "an index into an empty dictionary",
    "data-format",
    () =>
      textPages(2, [
        page({ kind: 2, values: 0, content: new Uint8Array(0) }),
        indexed(2, indices(0)),
      ]),
    "page 2",
  ],
  [
    "a dictionary after the data",
    "data-format",
    () => textPages(2, [page(), dictionary]),
    "page 2",
  ],
  [
    "two dictionaries",
    "data-format",
    () => textPages(2, [dictionary, dictionary, indexed(2, indices(1, run(2, 0)))]),
    "page 2",
  ],
  [
    "a dictionary of two billion texts",
    "data-format",
    () => textPages(2, [page({ kind: 2, values: 2 ** 31 - 1, content: plainTexts("a") })]),
    "values",
  ],
  [
    "indices of 255 bits",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, indices(255, run(2, 0)))]),
    "page 2",
  ],
  [
    "a run of a billion indices",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, indices(1, run(1e9, 0)))]),
    "page 2",
  ],
  [
    "a bit-packed run of a billion indices",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, indices(1, packed(1e8, 0)))]),
    "page 2",
  ],
  [
    "a run cut off",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, indices(1, [4]))]),
    "page 2",
  ],
  [
    "a million empty runs",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, joined([1], new Uint8Array(1e6)))]),
    "page 2",
  ],
  [
    "no indices",
    "data-format",
    () => textPages(2, [dictionary, indexed(2, new Uint8Array(0))]),
    "page 2",
  ],
  [
    "one text of 400 kB for 2000 rows",
    "data-format",
    () =>
      textPages(2000, [
        page({ kind: 2, values: 1, content: plainTexts("x".repeat(400_000)) }),
        indexed(2000, indices(1, run(2000, 0))),
      ]),
    "repeated values",
  ],
  [
    "levels of a billion values",
    "data-format",
    optional(2, joined(levels(run(1e9, 1)), two)),
    "page 1",
  ],
  [
    "levels beyond the page",
    "data-format",
    optional(2, joined(little(1e9, 4), run(2, 1), two)),
    "page 1",
  ],
  [
    "levels higher than the schema has",
    "data-format",
    () => textPages(2, [page({ content: joined(levels(run(2, 3)), two) })], { repetition: 1 }),
    "page 1",
  ],
  ["no levels", "data-format", optional(2, new Uint8Array(2)), "page 1"],
  [
    "levels of version 2 beyond the page",
    "data-format",
    () => textPages(2, [page({ kind: 3, definitionBytes: 1000, content: two })], { repetition: 1 }),
    "levels",
  ],
  [
    "more levels of version 2 than the page unpacks to",
    "data-format",
    () =>
      textPages(2, [page({ kind: 3, definitionBytes: 9, content: two, size: 1 })], {
        repetition: 1,
      }),
    "levels",
  ],
  [
    "a wrong number of nulls in version 2",
    "accepted",
    () => textPages(2, [page({ kind: 3, nulls: -1000, content: two })]),
  ],
  [
    "differences in blocks of nothing",
    "data-format",
    () => textPages(2, [page({ encoding: 6, content: delta(0, 0, 2, 0) })]),
    "blocks",
  ],
  [
    "differences in four billion miniblocks",
    "data-format",
    () => textPages(2, [page({ encoding: 6, content: delta(128, 2 ** 32 - 1, 2, 0) })]),
    "blocks",
  ],
  [
    "differences of two billion texts",
    "data-format",
    () => textPages(2, [page({ encoding: 6, content: delta(128, 4, 2 ** 31, 0) })]),
    "differences",
  ],
  [
    "lengths that are negative",
    "data-format",
    () =>
      textPages(2, [
        page({ encoding: 6, content: joined(delta(128, 4, 2, 5), new Uint8Array(20)) }),
      ]),
  ],
  [
    "Snappy data that is none",
    "data-format",
    coded(SNAPPY, new Uint8Array(9).fill(0xff)),
    "Snappy",
  ],
  [
    "Snappy data that leads back to itself",
    "data-format",
    coded(SNAPPY, Uint8Array.of(10, 0xfc, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0)),
    "Snappy",
  ],
  [
    "a Snappy copy from before the beginning",
    "data-format",
    coded(SNAPPY, Uint8Array.of(10, 0x0a, 5, 0)),
    "Snappy",
  ],
  [
    "Snappy data of more than it announces",
    "data-format",
    coded(SNAPPY, joined([100, 0, 65], ...Array(1000).fill([0xfe, 1, 0]))),
    "Snappy",
  ],
  ["Snappy data cut off", "data-format", coded(SNAPPY, Uint8Array.of(10, 36, 2, 0)), "Snappy"],
  ["gzip data that is none", "data-format", coded(GZIP, two), "column text"],
  [
    "a gzip bomb in a page",
    "data-format",
    coded(GZIP, gzipSync(new Uint8Array(50 << 20))),
    "column text",
  ],
  ["a gzip page smaller than announced", "data-format", coded(GZIP, gzipSync(two), 100), "100"],
  [
    "a Brotli bomb in a page",
    "data-format",
    coded(BROTLI, brotliCompressSync(new Uint8Array(50 << 20))),
    "column text",
  ],
  [
    "Brotli data that is none",
    "data-format",
    coded(BROTLI, new Uint8Array(40).fill(0xff)),
    "column text",
  ],
  [
    "LZ4 data that is none",
    "data-format",
    coded(LZ4, new Uint8Array(40).fill(0xff)),
    "column text",
  ],
  [
    "an LZ4 run of a megabyte of lengths",
    "data-format",
    coded(LZ4, new Uint8Array(1e6).fill(0xff)),
    "column text",
  ],
  ["zstd data that is none", "data-format", coded(ZSTD, new Uint8Array(40).fill(0xff)), "zstd"],
  [
    "a zstd window of 2 GB",
    "data-format",
    coded(ZSTD, joined(little(0xfd2fb528, 4), [0x00, 0xa8], block(0, 0, true, []))),
    "zstd",
  ],
  [
    "a zstd frame of 2 GB",
    "data-format",
    coded(ZSTD, zstd(2 ** 31, block(1, 100, true, [65]))),
    "zstd",
  ],
  [
    "a zstd bomb of 1000 repeated blocks",
    "data-format",
    coded(
      ZSTD,
      zstd(10, ...Array(1000).fill(block(1, 131072, false, [65])), block(1, 0, true, [65])),
    ),
    "zstd",
  ],
  [
    "a zstd block of an unknown kind",
    "data-format",
    coded(ZSTD, zstd(10, block(3, 4, true, [1, 2, 3, 4]))),
    "zstd",
  ],
  [
    "a zstd frame cut off",
    "data-format",
    coded(ZSTD, zstd(10, block(0, 10, true, [1, 2]))),
    "zstd",
  ],
  [
    // Packed by a table of 32 states in which the first symbol has them all: a step from state to state takes no bits.
    "zstd Huffman weights that never end",
    "data-format",
    coded(ZSTD, zstd(10, block(2, endless.length, true, endless))),
    "zstd",
  ],
  [
    "page sizes of 100 MB in a small file",
    "data-format",
    () => textPages(2, [page({ size: 100_000_000 })], { codec: GZIP }),
    "unpacked",
  ],
]);
