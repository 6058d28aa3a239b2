/** Hostile footers of Parquet files. */
import { casesOf, type HostileCase } from "./case.js";
import { joined } from "./forge.js";
import {
  i32,
  labelColumn,
  page,
  parquet,
  struct,
  type Thrift,
  textColumn,
  thrift,
  varint,
} from "./forge-parquet.js";

const root = (children: number) => struct([4, { text: "schema" }], [5, i32(children)]);
const group = (name: string, children: number) =>
  struct([3, i32(0)], [4, { text: name }], [5, i32(children)]);
const deep = (levelsDeep: number) => [
  ...Array.from({ length: levelsDeep }, (_, i) => (i === 0 ? root(1) : group(`g${i}`, 1))),
  struct([1, i32(6)], [3, i32(0)], [4, { text: "text" }]),
];
const nested = (depth: number): Thrift => (depth === 0 ? i32(1) : struct([1, nested(depth - 1)]));

export const parquetFooterCases: readonly HostileCase[] = casesOf("parquet", [
  ["a plain file", "accepted", () => parquet()],
  ["no bytes", "data-format", "", "PAR1"],
  ["CSV", "data-format", "text,label\na,x\n", "PAR1"],
  ["the magic number and nothing else", "data-format", "PAR1PAR1", "PAR1"],
  ["an encrypted footer", "data-format", () => joined(parquet().subarray(0, -4), "PARE"), "PAR1"],
  ["a footer of 4 GB", "data-format", () => parquet({ footerSize: 0xffffffff }), "footer"],
  ["an empty footer", "data-format", () => parquet({ footerSize: 0 })],
  ["a footer of which the beginning is missing", "data-format", () => parquet({ footerSize: 40 })],
  ["a footer of zero bytes", "data-format", () => parquet({ footer: new Uint8Array(50) })],
  [
    "a footer of 0xff",
    "data-format",
    () => parquet({ footer: new Uint8Array(50).fill(0xff) }),
    "byte",
  ],
  [
    "an unterminated integer",
    "data-format",
    () => parquet({ footer: joined([0x15], new Uint8Array(100).fill(0x80)) }),
    "unterminated",
  ],
  [
    "structs 100 000 levels deep",
    "data-format",
    () => parquet({ footer: new Uint8Array(100_000).fill(0x1c) }),
    "nested too deeply",
  ],
  [
    "lists 100 000 levels deep",
    "data-format",
    () => parquet({ footer: joined([0x29], new Uint8Array(100_000).fill(0x19)) }),
    "nested too deeply",
  ],
  [
    "a list of four billion structs",
    "data-format",
    () => parquet({ footer: thrift(struct([2, { list: [root(1)], length: 2 ** 32 - 1 }])) }),
    "4294967295",
  ],
  [
    "a list of two billion truth values",
    "data-format",
    () => parquet({ footer: thrift(struct([2, { raw: [9, joined([0xf1], varint(2n ** 31n))] }])) }),
    "list",
  ],
  [
    "a text of four billion bytes",
    "data-format",
    () => parquet({ footer: thrift(struct([2, { raw: [8, joined(varint(2n ** 32n - 1n))] }])) }),
    "end of the file",
  ],
  [
    "fields out of order",
    "data-format",
    () => parquet({ footer: thrift(struct([4, { list: [] }], [2, { list: [] }])) }),
    "order",
  ],
  [
    "a field twice",
    "data-format",
    () => parquet({ footer: thrift(struct([2, { list: [root(1)] }], [2, { list: [] }])) }),
    "order",
  ],
  [
    "a map in the footer",
    "data-format",
    () => parquet({ footer: thrift(struct([1, { raw: [11, new Uint8Array(4)] }])) }),
    "type 11",
  ],
  [
    "no schema",
    "data-format",
    () => parquet({ footer: thrift(struct([1, i32(1)], [4, { list: [] }])) }),
  ],
  [
    "no row groups",
    "data-format",
    () => parquet({ footer: thrift(struct([1, i32(1)], [2, { list: [root(0)] }])) }),
  ],
  ["an empty list of row groups", "data-empty", () => parquet({ groups: 0 })],
  [
    "a number as schema",
    "data-format",
    () => parquet({ footer: thrift(struct([2, i32(1)], [4, { list: [] }])) }),
  ],
  ["an empty schema", "data-format", () => parquet({ schema: [] }), "tree"],
  [
    "two billion columns in the schema",
    "data-format",
    () => parquet({ schema: [root(2 ** 31 - 1)] }),
    "tree",
  ],
  [
    "elements after the tree",
    "data-format",
    () => parquet({ schema: [...deep(1), ...deep(1)] }),
    "one tree",
  ],
  ["columns 10 000 levels deep", "data-format", () => parquet({ schema: deep(10_000) }), "tree"],
  [
    "a statistic 100 levels deep",
    "data-format",
    () => parquet({ footer: thrift(struct([1, i32(1)], [9, nested(100)])) }),
    "nested too deeply",
  ],
  [
    "a column twice",
    "data-format",
    () => parquet({ columns: [textColumn, textColumn] }),
    '"text" twice',
  ],
  [
    "a column __proto__",
    "data-format",
    () => parquet({ columns: [textColumn, labelColumn, { name: "__proto__" }] }),
    "__proto__",
  ],
  [
    "a column constructor",
    "accepted",
    () => parquet({ columns: [textColumn, labelColumn, { name: "constructor" }] }),
  ],
  [
    "20 000 columns",
    "data-format",
    () =>
      parquet({
        rows: 0,
        schema: [
          root(20_000),
          ...Array.from({ length: 20_000 }, (_, i) =>
            struct([1, i32(6)], [3, i32(0)], [4, { text: `c${i}` }]),
          ),
        ],
      }),
    "columns",
  ],
  [
    "a column of an unknown type",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, type: 99 }, labelColumn] }),
    "type",
  ],
  [
    "a column VARIANT",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, logical: struct([16, struct()]) }, labelColumn] }),
    "VARIANT",
  ],
  [
    "a column GEOMETRY",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, logical: struct([17, struct()]) }, labelColumn] }),
    "GEOMETRY",
  ],
  [
    "a column of another file",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, file: "../../etc/passwd" }, labelColumn] }),
    "other files",
  ],
  [
    "a path that the schema lacks",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, path: ["other"] }, labelColumn] }),
    "other",
  ],
  [
    "an empty path",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, path: [] }, labelColumn] }),
    "each column once",
  ],
  [
    "the same column twice in a row group",
    "data-format",
    () => parquet({ columns: [textColumn, { ...labelColumn, path: ["text"] }] }),
    "each column once",
  ],
  [
    "an unknown compression",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, codec: 99 }, labelColumn] }),
    "codec",
  ],
  [
    "LZO",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, codec: 3 }, labelColumn] }),
    "LZO",
  ],
  [
    "a column beyond the file",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, offset: 2 ** 40 }, labelColumn] }),
    String(2 ** 40),
  ],
  [
    "a column before the file",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, offset: -10 }, labelColumn] }),
    "counts and places",
  ],
  [
    "a column over the magic number",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, offset: 1 }, labelColumn] }),
    "at 1",
  ],
  [
    "a column of 2^62 bytes",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, size: 2n ** 62n }, labelColumn] }),
    "counts and places",
  ],
  [
    "a column larger than the file",
    "data-format",
    () => parquet({ columns: [{ ...textColumn, size: 100_000 }, labelColumn] }),
    "100000",
  ],
  [
    "columns over each other",
    "data-format",
    () =>
      parquet({
        columns: Array.from({ length: 20 }, (_, i) => ({
          name: `c${i}`,
          offset: 4,
          pages: i === 0 ? joined(page(), new Uint8Array(100)) : new Uint8Array(0),
          size: 100,
        })),
      }),
    "apart",
  ],
  ["1000 row groups over the same bytes", "data-format", () => parquet({ groups: 1000 }), "apart"],
  ["2^40 rows", "data-format", () => parquet({ rows: 2 ** 40 }), String(2 ** 40)],
  ["a negative number of rows", "data-format", () => parquet({ rows: -2 }), "counts"],
  ["2^62 rows", "data-format", () => parquet({ rows: 2n ** 62n }), "counts"],
  ["a million rows that are not there", "data-format", () => parquet({ rows: 1_000_000 }), "rows"],
  ["three rows where two are", "data-format", () => parquet({ rows: 3 }), "3 rows"],
  ["one row where two are", "data-format", () => parquet({ rows: 1 }), "1 rows"],
]);
