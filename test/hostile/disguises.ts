/** What becomes of a table on its way to a user: the rows, or another kind of file under the same name. */
import { gzipSync } from "node:zlib";

/** What must come of it: the same rows, an error of the data, or either. */
export type Fate = "same" | "refused" | "either";

interface Disguise {
  readonly fate: Fate;
  /** Formats that it is found in; all where absent. */
  readonly of?: readonly string[];
  readonly apply: (table: Buffer) => Uint8Array;
}

const before =
  (...head: readonly (string | Uint8Array)[]) =>
  (table: Buffer) =>
    Buffer.concat([...head.map((part) => Buffer.from(part)), table]);
const instead = (content: string) => () => Buffer.from(content);
const textFormats = ["csv", "tsv", "json", "jsonl"];
const separated = ["csv", "tsv"];

const utf16 = (table: Buffer) => Buffer.from(table.toString(), "utf16le");
const swapped = (table: Buffer) => utf16(table).swap16();

export const disguises: Readonly<Record<string, Disguise>> = {
  "as it was": { fate: "same", apply: (table) => table },
  "a byte order mark": { fate: "same", of: textFormats, apply: before("\ufeff") },
  "a line that names the separator": { fate: "same", of: ["csv"], apply: before("sep=,\r\n") },
  "rows of empty cells at the end": {
    fate: "same",
    of: separated,
    apply: (table) => Buffer.concat([table, Buffer.from(table.includes("\t") ? "\n\t" : "\n,")]),
  },
  "no end of the last line": {
    fate: "same",
    of: textFormats,
    apply: (table) => Buffer.from(table.toString().replace(/\s+$/, "")),
  },
  "line ends of Windows": {
    fate: "same",
    of: ["csv", "tsv", "jsonl"],
    apply: (table) => Buffer.from(table.toString().replaceAll("\n", "\r\n")),
  },
  "gzip data": { fate: "refused", apply: (table) => gzipSync(table) },
  "a zip archive": { fate: "refused", apply: before("PK\u0003\u0004\u0014\u0000") },
  "an old spreadsheet": { fate: "refused", apply: before(Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0)) },
  "an Arrow stream": { fate: "refused", apply: before(Uint8Array.of(255, 255, 255, 255, 8, 0)) },
  "an Arrow file": { fate: "refused", apply: before("ARROW1\u0000\u0000") },
  "objects of Python": { fate: "refused", apply: before(Uint8Array.of(0x80, 4, 0x95)) },
  "UTF-16": { fate: "refused", of: textFormats, apply: before(Uint8Array.of(255, 254)) },
  "UTF-16, little end first, without its mark": {
    fate: "refused",
    of: textFormats,
    apply: utf16,
  },
  "UTF-16, big end first, without its mark": {
    fate: "refused",
    of: textFormats,
    apply: swapped,
  },
  "the pointer of Git LFS": {
    fate: "refused",
    apply: instead(`version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\n`),
  },
  "a web page": {
    fate: "refused",
    apply: instead("\n<!DOCTYPE html>\n<html>text,label</html>\n"),
  },
  "an error of a server": { fate: "refused", apply: instead('<?xml version="1.0"?><Error/>') },
  "half of it": {
    fate: "either",
    of: ["json", "parquet"],
    apply: (table) => table.subarray(0, table.length >> 1),
  },
  "zeros at the end": {
    fate: "either",
    apply: (table) => Buffer.concat([table, Buffer.alloc(512)]),
  },
};
