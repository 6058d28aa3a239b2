/** Parquet -> rows, in any of its usual compressions. */

import { type FileMetaData, parquetReadObjects } from "hyparquet";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { readJson } from "../../base/strict-json.js";
import { unpackedLimit } from "../formats/limits.js";
import { columnNames, type Row, type Table } from "../formats/table.js";
import { parquetError, readFooter } from "./footer.js";
import { plainParquet } from "./pages.js";
import { type Decoders, unpackerWith } from "./unpack-pages.js";

/**
 * All rows of a Parquet file (Snappy, gzip, zstd, Brotli, LZ4 or no compression).
 * Integers of 64 bits become numbers where that is exact, else strings of digits.
 *
 * The library that decodes it trusts what it reads, so footer and pages are checked first. Throws `data-format` for a
 * file that is not Parquet, is damaged, or holds more than a file of its size can, and `data-encoding` for a text that
 * is not UTF-8.
 */
export async function parseParquet(
  bytes: Uint8Array,
  file: string,
  decoders?: Decoders,
): Promise<Table> {
  const plain = await plainParquet(
    readFooter(bytes, file),
    bytes.length,
    file,
    unpackerWith(decoders),
  );
  const objects = await readObjects(plain.bytes.buffer, plain.metadata, file);
  requireLittleRepeated(objects, bytes.length, file);
  const rows = objects.map((object, index): Row => {
    const values = Object.entries(object).map(([name, value]) => [name, plainValue(value)]);
    return { columns: Object.fromEntries(values), line: index + 1 };
  });
  return { columns: columnNames(rows), rows, unit: "row" };
}

type Objects = readonly Readonly<Record<string, unknown>>[];

async function readObjects(
  buffer: ArrayBuffer,
  metadata: FileMetaData,
  file: string,
): Promise<Objects> {
  try {
    return await parquetReadObjects({ file: buffer, metadata, parsers, utf8: false });
  } catch (cause) {
    if (cause instanceof L3MaskingError) {
      throw new L3MaskingError(cause.code, `${file}: ${cause.message}`, { hint, cause });
    }
    throw parquetError(file, "values", messageOf(cause));
  }
}

const hint = "Write the file again, or convert it to JSON Lines.";
const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder();

const parsers = {
  stringFromBytes(bytes: Uint8Array | undefined) {
    if (bytes === undefined) return bytes;
    try {
      return strict.decode(bytes);
    } catch {
      const start = lenient.decode(bytes.subarray(0, 40));
      throw new L3MaskingError(
        "data-encoding",
        `expected UTF-8 text in every value, got other bytes: ${start}`,
      );
    }
  },
  jsonFromBytes(bytes: Uint8Array | undefined) {
    if (bytes === undefined) return bytes;
    const reading = readJson(lenient.decode(bytes));
    if ("value" in reading) return reading.value;
    throw new L3MaskingError("data-format", "expected JSON in a column of JSON, got other text");
  },
};

/** A dictionary may hold a long text once for all rows; all that works with the rows would do so a million times. */
function requireLittleRepeated(objects: Objects, fileBytes: number, file: string): void {
  const limit = unpackedLimit(fileBytes);
  let characters = 0;
  for (const object of objects) {
    for (const value of Object.values(object)) {
      if (typeof value === "string" || value instanceof Uint8Array) characters += value.length;
    }
    if (characters > limit) {
      throw parquetError(
        file,
        `at most ${limit} characters for its size`,
        "more, through repeated values",
      );
    }
  }
}

/** Values as the other formats have them; bytes without a type are taken for text, as old writers wrote it. */
function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return lenient.decode(value);
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
