/** Parquet -> rows, in any of its usual compressions. */

import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { L3MaskingError } from "../errors.js";
import { columnNames, type Row, type Table } from "./table.js";

/**
 * All rows of a Parquet file (Snappy, gzip, zstd, Brotli, LZ4 or no compression).
 * Integers of 64 bits become numbers where that is exact, else strings of digits.
 * Throws `data-format` for a file that is not Parquet or is damaged.
 */
export async function parseParquet(bytes: Uint8Array, file: string): Promise<Table> {
  const objects = await readObjects(bytes, file);
  const rows = objects.map((object, index): Row => {
    const values = Object.entries(object).map(([name, value]) => [name, plainInteger(value)]);
    return { columns: Object.fromEntries(values), line: index + 1 };
  });
  return { columns: columnNames(rows), rows, unit: "row" };
}

async function readObjects(
  bytes: Uint8Array,
  file: string,
): Promise<readonly Record<string, unknown>[]> {
  // The reader wants an ArrayBuffer of its own; `bytes` may be a view into a larger one.
  const buffer = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  try {
    return await parquetReadObjects({ file: buffer, compressors });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new L3MaskingError("data-format", `${file}: expected a Parquet file, got: ${reason}`, {
      hint: "Write the file again, or convert it to JSON Lines.",
      cause,
    });
  }
}

function plainInteger(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
