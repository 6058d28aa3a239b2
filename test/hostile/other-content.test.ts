/** Tables of any rows, as files and on standard input, as they are and as something else: the same rows come out, or an error. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it, vi } from "vitest";
import { L3MaskingError } from "../../src/base/errors.js";
import { readRecords } from "../../src/data/read.js";
import { openRecords } from "../../src/data/record-stream.js";
import { disguises } from "./disguises.js";

/** What standard input gives, piece by piece from the same buffer, as the system does. */
const input = vi.hoisted(() => ({ bytes: new Uint8Array(), pieceBytes: 1 }));

vi.mock("../../src/platform/files/files.js", async (original) => ({
  ...(await original<typeof import("../../src/platform/files/files.js")>()),
  *standardInput() {
    const buffer = new Uint8Array(input.pieceBytes);
    for (let at = 0; at < input.bytes.length; at += buffer.length) {
      const piece = input.bytes.subarray(at, at + buffer.length);
      buffer.set(piece);
      yield buffer.subarray(0, piece.length);
    }
  },
}));

const folder = mkdtempSync(join(tmpdir(), "l3masking-content-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Pair {
  readonly text: string;
  readonly label: string;
}

/** How each format is written, by other means than ours. */
const written: Readonly<Record<string, (rows: readonly Pair[]) => Uint8Array>> = {
  csv: (rows) => separated(rows, ",", (value) => `"${value.replaceAll('"', '""')}"`),
  tsv: (rows) => separated(rows, "\t", (value) => value),
  jsonl: (rows) => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
  json: (rows) => Buffer.from(JSON.stringify(rows, null, 1)),
  parquet: (rows) =>
    new Uint8Array(
      parquetWriteBuffer({
        columnData: (["text", "label"] as const).map((name) => ({
          name,
          data: rows.map((row) => row[name]),
          type: "STRING",
        })),
      }),
    ),
};

function separated(rows: readonly Pair[], by: string, field: (value: string) => string): Buffer {
  const lines = rows.map(({ text, label }) => `${field(text)}${by}${field(label)}\n`);
  return Buffer.from(`text${by}label\n${lines.join("")}`);
}

/** Signs that mean something in one of the formats, but nothing in TSV, and other scripts. */
const text = fc.string({
  unit: fc.constantFrom(..."ab ,;|[{:\u00e9\u6f22", "NaN", "null", "=", "\u{1f600}"),
  maxLength: 12,
});
const rows = fc.array(
  fc.record({ text: text.map((value) => `x${value}`), label: fc.constantFrom("a", "b", "7") }),
  { minLength: 2, maxLength: 8 },
);

const pairsOf = (records: readonly { readonly text: string; readonly label?: string }[]) =>
  records.map((record) => ({ text: record.text, label: record.label }));

/** The rows, or the message of an error of the data. */
async function outcome(path: string): Promise<unknown> {
  try {
    return pairsOf((await readRecords(path, { labels: "required" })).records);
  } catch (error) {
    if (error instanceof L3MaskingError && error.code.startsWith("data-")) return error.message;
    throw error;
  }
}

const formats = Object.keys(written);

describe.each(formats)("a file of %s", (format) => {
  const fitting = Object.entries(disguises).filter(([, { of = formats }]) => of.includes(format));

  it.each(fitting)("with or as %s", async (_, { fate, apply }) => {
    const path = join(folder, `any.${format}`);
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        writeFileSync(path, apply(Buffer.from(written[format](given))));
        const found = await outcome(path);
        if (fate === "same" || (fate === "either" && typeof found !== "string")) {
          expect(found).toEqual(given);
        } else expect(found).toContain(path);
      }),
      { seed: 1, numRuns: 12 },
    );
  });
});

describe.each(formats)("standard input that holds %s", (format) => {
  it("is read as the file, in pieces of any length, packed or not", async () => {
    const pieceBytes = fc.integer({ min: 1, max: 64 });
    await fc.assert(
      fc.asyncProperty(rows, pieceBytes, fc.boolean(), async (given, size, packed) => {
        const bytes = written[format](given);
        input.bytes = Uint8Array.from(packed ? gzipSync(bytes) : bytes);
        input.pieceBytes = size;
        expect(await outcome("-")).toEqual(given);
        const source = await openRecords("-", {});
        const found = [];
        for await (const portion of source.records()) found.push(...portion);
        expect(found.map(({ columns }) => columns)).toEqual(given);
      }),
      { seed: 1, numRuns: 12 },
    );
  });
});
