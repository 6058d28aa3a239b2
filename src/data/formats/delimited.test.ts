import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCsv, parseTsv } from "./delimited.js";
import type { Table } from "./table.js";

/** Rows as [line, value, value, ...]. */
function plain(table: Table): unknown[][] {
  return table.rows.map(({ line, columns }) => [line, ...Object.values(columns)]);
}

function formatFault(message: string) {
  return expect.objectContaining({ code: "data-format", message, hint: expect.any(String) });
}

describe("parseCsv", () => {
  it("reads quotes, delimiters and line ends inside quotes, and counts lines", () => {
    const table = parseCsv('text,label\r\n"a, ""b""\r\nc",x\r\n\r\nd 5" e,y\r\n', "a.csv");
    expect(table.columns).toEqual(["text", "label"]);
    expect(plain(table)).toEqual([
      [2, 'a, "b"\nc', "x"],
      [5, 'd 5" e', "y"],
    ]);
  });

  it.each([";", "\t", "|", ","])("finds the delimiter %j from the header", (delimiter) => {
    const text = `"the, text"${delimiter}label\na${delimiter}x\n`;
    expect(plain(parseCsv(text, "a.csv"))).toEqual([[2, "a", "x"]]);
  });

  it("takes the delimiter that a first line names", () => {
    expect(parseCsv("sep=;\r\ntext;label, or none\r\na;x\r\n", "a.csv").columns).toEqual([
      "text",
      "label, or none",
    ]);
    expect(plain(parseCsv('"sep=,"\ntext,label\na,x\n', "a.csv"))).toEqual([[3, "a", "x"]]);
  });

  it("passes over rows of empty fields, which spreadsheet programs leave at the end", () => {
    expect(plain(parseCsv("text,label\na,x\n,\n , \nb,\n", "a.csv"))).toEqual([
      [2, "a", "x"],
      [5, "b", ""],
    ]);
  });

  it("keeps a quoted empty field of a one-column file, and no blank line", () => {
    expect(plain(parseCsv('text\na\n""\n\nb', "a.csv"))).toEqual([
      [2, "a"],
      [3, ""],
      [5, "b"],
    ]);
  });

  it("reads old Mac line ends, and mixed ones", () => {
    expect(plain(parseCsv("text,label\ra,x\rb,y", "a.csv"))).toEqual([
      [2, "a", "x"],
      [3, "b", "y"],
    ]);
    expect(plain(parseCsv("text,label\na,x\r\nb,y\n", "a.csv"))).toEqual([
      [2, "a", "x"],
      [3, "b", "y"],
    ]);
  });

  it("names unnamed columns by their place", () => {
    expect(parseCsv(",text\n0,a", "a.csv").columns).toEqual(["column_1", "text"]);
  });

  it("takes any column name, even one that objects inherit", () => {
    const { rows } = parseCsv("__proto__,constructor\na,b", "a.csv");
    expect(Object.entries(rows[0].columns)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });

  it.each([
    [
      "a quote that is never closed",
      'text,label\na,x\nb,"y\nc,z\n',
      "a.csv line 3: expected a closing quote, found the end of the file",
    ],
    [
      "text after a closing quote",
      'text,label\na,x\n"b" c,y\n"d",z',
      "a.csv line 3: expected a delimiter or a line end after a closing quote, found text",
    ],
    [
      "a fault in the second line of a row",
      'text,label\n"a\nb","c"d\n',
      "a.csv line 3: expected a delimiter or a line end after a closing quote, found text",
    ],
    [
      "the first of two faults",
      'text,label\n"a" b",x\nc,d\n"e" f",y\n',
      "a.csv line 2: expected a delimiter or a line end after a closing quote, found text",
    ],
    [
      "too many fields",
      "text,label\na,x\nb, c,y\n",
      "a.csv line 3: expected 2 fields as in the header (text, label), got 3",
    ],
    [
      "a line before the header",
      "a title\ntext,label\nb,c\n",
      "a.csv line 2: expected 1 field as in the header (a title), got 2",
    ],
    [
      "too few fields",
      "text,label\n\na\n",
      "a.csv line 3: expected 2 fields as in the header (text, label), got 1",
    ],
    [
      "a column name that occurs twice",
      "text,label,text\na,x,b",
      'a.csv line 1: expected different column names in the header, got "text" twice',
    ],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseCsv(text, "a.csv")).toThrow(formatFault(message));
  });

  it("reads back any fields that are written with quotes", () => {
    const field = fc.string({ unit: fc.constantFrom(..."ab ,;\t\"\n'é") });
    fc.assert(
      fc.property(fc.array(fc.tuple(field, field), { minLength: 1 }), (rows) => {
        const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const text = [["text", "label"], ...rows]
          .map((row) => row.map(quoted).join(","))
          .join("\n");
        const values = parseCsv(text, "a.csv").rows.map(({ columns }) => Object.values(columns));
        expect(values).toEqual(rows.filter((row) => row.some((value) => value.trim() !== "")));
      }),
    );
  });

  it("has no rows and no columns in an empty file", () => {
    expect(parseCsv("\n", "a.csv")).toEqual({ columns: [], rows: [], unit: "line" });
    expect(parseCsv("text,label\n", "a.csv").rows).toEqual([]);
  });
});

describe("parseTsv", () => {
  it("takes a quote that begins a field and is not closed as plain text", () => {
    const text = 'text\tlabel\n"Great, he said\tneg\nfine\tpos\nI said "no"\tneg\n';
    expect(plain(parseTsv(text, "a.tsv"))).toEqual([
      [2, '"Great, he said', "neg"],
      [3, "fine", "pos"],
      [4, 'I said "no"', "neg"],
    ]);
  });

  it("does not join rows between two plain quotes", () => {
    const text = 'label\ttext\nneg\t"oh\npos\tfine"\nneg\tbad\n';
    expect(plain(parseTsv(text, "a.tsv"))).toEqual([
      [2, "neg", '"oh'],
      [3, "pos", 'fine"'],
      [4, "neg", "bad"],
    ]);
  });

  it("takes off quotes if every field that begins with one is a whole quoted field", () => {
    expect(plain(parseTsv('text\tlabel\n"a ""b"""\tx\nc\t"y"\n', "a.tsv"))).toEqual([
      [2, 'a "b"', "x"],
      [3, "c", "y"],
    ]);
  });

  it("leaves all quotes if one field that begins with a quote is not a whole quoted field", () => {
    expect(plain(parseTsv('text\tlabel\n"a"\tx\n"b" c\ty\n', "a.tsv"))).toEqual([
      [2, '"a"', "x"],
      [3, '"b" c', "y"],
    ]);
  });

  it.each([
    [
      "tabs",
      'label\ttext\nx\t"a\tb"\ny\td\n',
      [
        [2, "x", "a\tb"],
        [3, "y", "d"],
      ],
    ],
    [
      "line ends",
      'label\ttext\nx\t"a\n\nb"\ny\td\n',
      [
        [2, "x", "a\n\nb"],
        [5, "y", "d"],
      ],
    ],
  ])("reads quoted fields that hold %s", (_, text, rows) => {
    expect(plain(parseTsv(text, "a.tsv"))).toEqual(rows);
  });

  it("prefers lines where both readings are possible", () => {
    expect(plain(parseTsv('label\ttext\nx\t"a\nb\tc"\n', "a.tsv"))).toEqual([
      [2, "x", '"a'],
      [3, "b", 'c"'],
    ]);
  });

  it("does not split at commas", () => {
    expect(plain(parseTsv("text\tlabel\na, b; c\tx", "a.tsv"))).toEqual([[2, "a, b; c", "x"]]);
  });

  it("names the line with a wrong number of fields", () => {
    expect(() => parseTsv('text\tlabel\na\tx\n"b\ty\tz\n', "a.tsv")).toThrow(
      formatFault("a.tsv line 3: expected 2 fields as in the header (text, label), got 3"),
    );
  });
});
