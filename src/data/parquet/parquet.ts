/** Parquet -> rows, in any of its usual compressions. */

import { type FileMetaData, parquetReadObjects } from "hyparquet";
import { L3MaskingError, messageOf } from "../../base/errors.js";
import { readJson } from "../../base/strict-json.js";
import { classNamesOf } from "../formats/class-names.js";
import { unpackedLimit } from "../formats/limits.js";
import { columnNames, type Row, type Table } from "../formats/table.js";
import { integerSchema, withMeanings } from "./exact-values.js";
import { parquetError, readFooter } from "./footer.js";
import { isoDate, isoTime } from "./iso-time.js";
import { plainParquet } from "./pages.js";
import { type Decoders, unpackerWith } from "./unpack-pages.js";

/**
 * All rows of a Parquet file (Snappy, gzip, zstd, Brotli, LZ4 or no compression).
 * Integers of 64 bits and decimals become numbers where that is exact, else strings of digits; dates and times become ISO 8601, columns of bytes text
 * where all of them are UTF-8. The names of class labels are those that Hugging Face's tools note in the file.
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
  const footer = readFooter(bytes, file);
  const plain = await plainParquet(footer, bytes.length, file, unpackerWith(decoders));
  const { schema, shapes } = integerSchema(footer.schema, file);
  const read = await readObjects(plain.bytes.buffer, { ...plain.metadata, schema }, file);
  const objects = read.map((object) => {
    const exact = [...shapes].map(([name, shape]) => [name, withMeanings(object[name], shape)]);
    return { ...object, ...Object.fromEntries(exact) };
  });
  requireLittleRepeated(objects, bytes.length, file);
  const binary = binaryColumns(objects);
  const rows = objects.map((object, index): Row => {
    const values = Object.entries(object).map(([name, value]) => [
      name,
      plainValue(value, binary.has(name)),
    ]);
    return { columns: Object.fromEntries(values), line: index + 1 };
  });
  const classNames = classNamesOf(footer.notes.get("huggingface") ?? "");
  return { columns: columnNames(rows), rows, unit: "row", classNames };
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
  dateFromDays: isoDate,
  timestampFromMilliseconds: (time: bigint) => isoTime(BigInt(time), 1_000n),
  timestampFromMicroseconds: (time: bigint) => isoTime(BigInt(time), 1_000_000n),
  timestampFromNanoseconds: (time: bigint) => isoTime(BigInt(time), 1_000_000_000n),
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

/** Columns with bytes that are no text; of others without a type they are taken for it, as old writers wrote it. */
function binaryColumns(objects: Objects): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      if (!found.has(name) && holdsBinary(value)) found.add(name);
    }
  }
  return found;
}

function holdsBinary(value: unknown): boolean {
  if (value instanceof Uint8Array) return decoded(value) === undefined;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(holdsBinary);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Values as the other formats have them, those inside lists and objects too. */
function plainValue(value: unknown, binary: boolean): unknown {
  if (value instanceof Uint8Array) return binary ? value : strict.decode(value);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (Array.isArray(value)) return value.map((item: unknown) => plainValue(item, binary));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, plainValue(inner, binary)]),
  );
}
