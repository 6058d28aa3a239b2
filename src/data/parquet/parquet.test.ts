import { readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describe, expect, it } from "vitest";
import { jsonMember } from "../formats/written-rows.js";
import { parseParquet } from "./parquet.js";

const golden = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../test/golden/parquet/${name}`, import.meta.url)));

const texts = ["first", "zweite é", null];

/** A zstd frame of one raw block. Reference: RFC 8878, sections 3.1.1.1 and 3.1.1.2. */
function zstdFrame(content: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(16));
  header.setUint32(0, 0xfd2fb528, true);
  header.setUint8(4, 0b1110_0000); // content size in 8 bytes, single segment
  header.setBigUint64(5, BigInt(content.length), true);
  header.setUint8(13, (content.length << 3) | 1); // the last block, raw
  header.setUint8(14, content.length >> 5);
  header.setUint8(15, content.length >> 13);
  return Uint8Array.from([...new Uint8Array(header.buffer), ...content]);
}

describe("parseParquet", () => {
  it.each(["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "ZSTD"] as const)(
    "reads %s",
    async (codec) => {
      const file = parquetWriteBuffer({
        codec,
        compressors: {
          GZIP: (bytes) => gzipSync(bytes),
          BROTLI: (bytes) => brotliCompressSync(bytes),
          ZSTD: zstdFrame,
        },
        columnData: [
          { name: "text", data: texts, type: "STRING" },
          { name: "label", data: [1n, -2n, 9007199254740993n], type: "INT64" },
          { name: "good", data: [true, false, true], type: "BOOLEAN" },
        ],
      });
      expect(await parseParquet(new Uint8Array(file), "a.parquet")).toEqual({
        columns: ["text", "label", "good"],
        rows: [
          { columns: { text: "first", label: 1, good: true }, line: 1 },
          { columns: { text: "zweite é", label: -2, good: false }, line: 2 },
          { columns: { text: null, label: "9007199254740993", good: true }, line: 3 },
        ],
        unit: "row",
      });
    },
  );

  it("reads values of all types as pyarrow gives them", async () => {
    const { columns, rows } = await parseParquet(golden("values.parquet"), "values.parquet");
    const lines = rows.map(
      (row) => `{${columns.map((name) => jsonMember(name, row.columns[name])).join(",")}}`,
    );
    const expected = new TextDecoder().decode(golden("values.json"));
    expect(JSON.parse(`[${lines.join(",")}]`)).toEqual(JSON.parse(expected));
  });

  it("reads the names of classes that Hugging Face's tools note", async () => {
    const { rows, classNames } = await parseParquet(golden("class-label.parquet"), "a.parquet");
    expect(classNames).toEqual(new Map([["label", ["plumbing", "rigging", "sails"]]]));
    expect(rows.map(({ columns }) => columns.label)).toEqual([0, 1, 2, -1]);
  });

  it("reads a view into a larger buffer", async () => {
    const file = new Uint8Array(
      parquetWriteBuffer({ columnData: [{ name: "text", data: ["a"], type: "STRING" }] }),
    );
    const larger = new Uint8Array(file.length + 10);
    larger.set(file, 4);
    const table = await parseParquet(larger.subarray(4, 4 + file.length), "a.parquet");
    expect(table.rows).toEqual([{ columns: { text: "a" }, line: 1 }]);
  });

  it.each([
    ["text", new TextEncoder().encode("text,label\nthis is no Parquet file,x\n")],
    ["nothing", new Uint8Array(0)],
  ])("refuses a file of %s", async (_, bytes) => {
    await expect(parseParquet(bytes, "a.parquet")).rejects.toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringContaining("a.parquet: expected a Parquet file with "),
        hint: expect.any(String),
      }),
    );
  });
});
