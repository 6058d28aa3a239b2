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
    ["a.parquet", utf8("version https://git-lfs.github.com/spec/v1\n"), "Git LFS"],
    ["a.json", utf8("\uFEFF\n<!DOCTYPE html>\n"), "found a web page"],
  ])("names what %s holds", (file, bytes, message) => {
    expect(refuse(bytes, file)).toThrow(message);
  });

  it.each([
    ["a.csv", "text,label\n[1],a\n"],
    ["a.txt", "<html> is a tag"],
    ["a.parquet", "PAR1"],
    ["a.csv", ""],
    ["a.csv", "\u0000"],
  ])("takes %s with %j", (file, text) => {
    expect(refuse(utf8(text), file)).not.toThrow();
  });
});
