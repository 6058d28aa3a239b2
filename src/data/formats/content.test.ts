import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { refuseOtherContent } from "./content.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const utf16 = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"));
const refuse = (bytes: Uint8Array, file: string) => () => {
  refuseOtherContent(bytes, file);
};

describe("refuseOtherContent", () => {
  it.each([
    ["a.csv", gzipSync("text,label\n"), "expected .csv content, found gzip data"],
    ["a.csv", utf8("PK\u0003\u0004..."), "found a zip archive"],
    ["a.jsonl", utf8("PAR1..."), "expected .jsonl content, found a Parquet file"],
    ["a.tsv", utf16("text\tlabel\n"), "found UTF-16"],
    ["a.csv", utf16("text,label\n").slice(1), "found UTF-16"],
    ["a.csv", utf16("text,label\n水泵嗡嗡作响但不出水水泵嗡嗡作响但不出水,管道\n"), "found UTF-16"],
    ["a.csv", Uint8Array.of(0x42, 0x5a, 0x68, 0x39), "packed by bzip2"],
    ["a.csv", Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0), "zstd"],
    ["a.csv", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1), "(.xls)"],
    ["a.parquet", utf8("ARROW1\0\0"), "an Arrow file"],
    ["a.csv", Uint8Array.of(0x80, 4, 0x95), "pickled by Python"],
    ["a.txt", utf8("%PDF-1.7\n"), "a PDF"],
    ["a.csv", utf8("SQLite format 3\0"), "SQLite"],
    ["a.csv", utf8('{"text": "a"}\n'), "found JSON"],
    ["a.tsv.gz", utf8('[\n {"text": "a"}]'), "found JSON"],
    ["a.csv", utf8('<?xml version="1.0"?><Error>'), "found XML"],
    ["a.parquet", utf8("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"],
    ["a.json", utf8("\uFEFF\n<!DOCTYPE html>\n"), "found a web page"],
    ["standard input", utf8("%PDF-1.7\n"), "standard input: expected a table, found a PDF"],
  ])("names what %s holds", (file, bytes, message) => {
    expect(refuse(bytes, file)).toThrow(message);
  });

  it.each([
    ["a.csv", "text,label\n[1],a\n"],
    ["a.jsonl", '{"text": "a"}'],
    ["a.txt", '{"text": "a"}'],
    ["a.txt", "<html> is a tag"],
    ["a.parquet", "PAR1"],
    ["standard input", "PAR1"],
    ["a.csv", ""],
    ["a.csv", "\u0000"],
  ])("takes %s with %j", (file, text) => {
    expect(refuse(utf8(text), file)).not.toThrow();
  });
});
