import { describe, expect, it } from "vitest";
import { parseCsv } from "./delimited.js";
import { parseJsonLines } from "./json.js";
import { writtenRows } from "./written-rows.js";

const columns = ["text", "2019", "__proto__"];
const rows = [
  new Map<string, unknown>([
    ["text", 'a "quoted"\nline, and more'],
    ["2019", 7],
    ["__proto__", ["x", 1n]],
  ]),
  new Map<string, unknown>([["text", "b"]]),
];
const written = (format: "csv" | "jsonl") => [...writtenRows(format, columns, rows)].join("");

describe("written rows", () => {
  it("are read back from CSV as text", () => {
    const read = parseCsv(written("csv"), "a.csv");
    expect(read.columns).toEqual(columns);
    expect(read.rows.map((row) => Object.values(row.columns))).toEqual([
      expect.arrayContaining(['a "quoted"\nline, and more', "7", '["x","1"]']),
      expect.arrayContaining(["b", "", ""]),
    ]);
  });

  it("are read back from JSON Lines as they were, with what they have", () => {
    const [first, second] = written("jsonl").trimEnd().split("\n");
    expect(first).toBe('{"text":"a \\"quoted\\"\\nline, and more","2019":7,"__proto__":["x","1"]}');
    expect(second).toBe('{"text":"b"}');
    expect(parseJsonLines(written("jsonl"), "a.jsonl").rows).toHaveLength(2);
  });
});
