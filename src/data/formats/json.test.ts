import { describe, expect, it } from "vitest";
import { parseJsonFile, parseJsonLines } from "./json.js";

describe("parseJsonLines", () => {
  it("reads one object per line, skips blank lines, keeps line numbers", () => {
    const table = parseJsonLines('{"text": "a"}\r\n\n{"text": "b\\nc", "id": 3}\n', "a.jsonl");
    expect(table).toEqual({
      columns: ["text", "id"],
      rows: [
        { columns: { text: "a" }, line: 1 },
        { columns: { text: "b\nc", id: 3 }, line: 3 },
      ],
      unit: "line",
    });
  });

  it("says where a line goes wrong", () => {
    expect(() => parseJsonLines('{"text": "a"}\n\n{"text": "b",}\n', "a.jsonl")).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: 'a.jsonl line 3, column 14: expected a name in double quotes, got "}"',
        hint: expect.stringContaining("one JSON object per line"),
      }),
    );
  });

  it.each([
    ["[1]", "an array"],
    ["7", "a number"],
    ["null", "null"],
  ])("refuses a line that is %s", (line, got) => {
    expect(() => parseJsonLines(`{"text": "a"}\n${line}`, "a.jsonl")).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: `a.jsonl line 2: expected a JSON object, got ${got}`,
      }),
    );
  });
});

describe("parseJsonFile", () => {
  const rows = [
    { columns: { text: "a", label: 1 }, line: 1 },
    { columns: { text: "b", label: 2 }, line: 2 },
  ];

  it.each([
    ["an array", '[{"text": "a", "label": 1},\n {"text": "b", "label": 2}]'],
    [
      "an array in an object",
      '{"version": 1, "data": [{"text":"a","label":1},{"text":"b","label":2}]}',
    ],
  ])("reads %s", (_, text) => {
    expect(parseJsonFile(text, "a.json")).toEqual({
      columns: ["text", "label"],
      rows,
      unit: "row",
    });
  });

  it("reads JSON Lines under the name .json", () => {
    const text = '{"text": "a", "label": 1}\n{"text": "b", "label": 2}\n';
    expect(parseJsonFile(text, "a.json")).toEqual({
      columns: ["text", "label"],
      rows,
      unit: "line",
    });
  });

  it("says what to write for NaN, and how to name a file of one array", () => {
    const hint = (text: string) => expect.objectContaining({ hint: expect.stringContaining(text) });
    for (const number of ["NaN", "Infinity", "-Infinity"]) {
      const lines = `{"text": "a", "n": 1}\n{"text": "a", "n": ${number}}`;
      expect(() => parseJsonLines(lines, "a.jsonl")).toThrow(
        expect.objectContaining({
          message: `a.jsonl line 2, column 20: expected a JSON value, got "${number}"`,
          hint: expect.stringMatching(/^Write null .* JSON has no (NaN|Infinity)\.$/),
        }),
      );
    }
    expect(() => parseJsonLines('{"text": None}', "a.jsonl")).toThrow(hint("json.dumps"));
    expect(() => parseJsonLines('[{"text": "a"}]', "a.jsonl")).toThrow(hint(".json"));
  });

  it("says where an array goes wrong", () => {
    expect(() => parseJsonFile('[{"text": "a"},\n {"text": b}]', "a.json")).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: 'a.json line 2, column 11: expected a JSON value, got "b"',
      }),
    );
  });

  it.each([
    ['["a", "b"]', "a.json row 1: expected a JSON object, got a string"],
    ['{"text": {"0": "a"}}', "got an object with no array"],
    ['{"text": ["a"], "label": [1]}', 'got an object with arrays under "text", "label"'],
    ['"text"', "a.json: expected a JSON object, got a string"],
    ["", "a.json line 1, column 1: expected a JSON value, got the end"],
  ])("refuses %s", (text, message) => {
    expect(() => parseJsonFile(text, "a.json")).toThrow(
      expect.objectContaining({ code: "data-format", message: expect.stringContaining(message) }),
    );
  });
});
