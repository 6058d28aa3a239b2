import { describe, expect, it } from "vitest";
import { fileKind, formatName, formatOfContent } from "./formats.js";

it.each([
  ['{"text": "a"}\n', "jsonl"],
  [' [{"text": "a"}]', "json"],
  ["PAR1\u0015", "parquet"],
  ["text,label\na,b\n", "csv"],
  ["", "csv"],
])("formatOfContent tells the format of %j", (content, format) => {
  expect(formatOfContent(new TextEncoder().encode(content))).toBe(format);
});

describe("fileKind", () => {
  it.each([
    ["reviews.jsonl", "jsonl"],
    ["reviews.ndjson", "jsonl"],
    ["data/reviews.JSON", "json"],
    ["reviews.v2.csv", "csv"],
    ["reviews.tsv.gz", "tsv.gz"],
    ["reviews.Parquet.GZ", "parquet.gz"],
    ["reviews.txt", "txt"],
  ])("tells %s from its name: %s", (file, expected) => {
    expect(formatName(fileKind(file))).toBe(expected);
  });

  it.each(["reviews.doc", "reviews", "csv", "reviews.gz"])("refuses %s", (file) => {
    expect(() => fileKind(file)).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: expect.stringContaining(file),
        hint: expect.any(String),
      }),
    );
  });

  it.each(["inbox.xlsx", "inbox.XLS", "inbox.ods"])("says how to save the table of %s", (file) => {
    expect(() => fileKind(file)).toThrow(
      expect.objectContaining({
        code: "data-format",
        hint: "In the spreadsheet program, save the file as CSV UTF-8.",
      }),
    );
  });
});
