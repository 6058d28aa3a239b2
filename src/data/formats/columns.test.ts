import { describe, expect, it } from "vitest";
import { chooseColumns, toRecords } from "./columns.js";
import type { Table } from "./table.js";

const required = { labels: "required" } as const;
const unread = { labels: "unread" } as const;

describe("chooseColumns", () => {
  it.each([
    [["id", "text", "label"], "text", "label"],
    [["Sentence", "LABEL"], "Sentence", "LABEL"],
    [["category", "review", "title"], "review", "category"],
    [["content", "text", "class", "target"], "text", "target"],
    [["Text", "text", "label"], "text", "label"],
  ])("finds usual names in %j", (columns, text, label) => {
    expect(chooseColumns(columns, "a.csv", required)).toEqual({ texts: [text], label });
  });

  it("follows the names asked for", () => {
    const columns = ["text", "label", "title", "stars"];
    const options = { ...required, textColumn: "title", labelColumn: "stars" };
    expect(chooseColumns(columns, "a.csv", options)).toEqual({ texts: ["title"], label: "stars" });
  });

  it("does not take the same column twice", () => {
    const columns = ["text", "content"];
    const options = { ...required, labelColumn: "text" };
    expect(chooseColumns(columns, "a.csv", options)).toEqual({ texts: ["content"], label: "text" });
  });

  it("needs no label where none is read, and does not look at it", () => {
    for (const columns of [["text"], ["text", "label"]]) {
      expect(chooseColumns(columns, "a.csv", unread)).toEqual({
        texts: ["text"],
        label: undefined,
      });
    }
  });

  it.each([
    ["a.tsv", "text,label", "give the file the ending .csv"],
    ["a.csv", "The first text of a file without a header", "must contain the column names"],
    ["a.csv", "text label", "Choose it with --text-column"],
    ["a.parquet", "id", "Choose it with --text-column"],
  ])("does not take the only column of %s, %j, for the text", (file, name, hint) => {
    expect(() => chooseColumns([name], file, unread)).toThrow(
      expect.objectContaining({
        code: "data-column",
        message: expect.stringContaining(`found columns ${JSON.stringify(name)}`),
        hint: expect.stringContaining(hint),
      }),
    );
    const asked = { ...unread, textColumn: name };
    expect(chooseColumns([name], file, asked)).toEqual({ texts: [name], label: undefined });
  });

  it.each([
    [
      ["text", "labl"],
      { ...required, labelColumn: "lable" },
      'a.csv: expected a label column named "lable", found columns "text", "labl"',
      "Did you mean --label-column labl?",
    ],
    [
      ["the text", "label"],
      { ...required, textColumn: "thetext" },
      'a.csv: expected a text column named "thetext", found columns "the text", "label"',
      'Did you mean --text-column "the text"?',
    ],
    [
      ["a", "b"],
      { ...required, textColumn: "message" },
      'a.csv: expected a text column named "message", found columns "a", "b"',
      "Choose one of the file's columns with --text-column.",
    ],
  ])("refuses an unknown name among %j", (columns, options, message, hint) => {
    expect(() => chooseColumns(columns, "a.csv", options)).toThrow(
      expect.objectContaining({ code: "data-column", message, hint }),
    );
  });

  it.each([
    [["a", "b"], "expected a text column with a usual name (text, sentence, "],
    [["text", "b"], "expected a label column with a usual name (label, labels, "],
    [["text"], "expected a label column"],
  ])("refuses %j, which have no usual names", (columns, message) => {
    expect(() => chooseColumns(columns, "a.csv", required)).toThrow(
      expect.objectContaining({
        code: "data-column",
        message: expect.stringContaining(message),
        hint: expect.stringMatching(/--(text|label)-column/),
      }),
    );
  });

  it("refuses one column for both", () => {
    const options = { ...required, textColumn: "text", labelColumn: "text" };
    expect(() => chooseColumns(["text"], "a.csv", options)).toThrow(
      expect.objectContaining({
        code: "data-column",
        message: expect.stringContaining("for both"),
      }),
    );
  });
});

describe("toRecords", () => {
  const choice = { texts: ["text"], label: "label" };
  const table = (...rows: Record<string, unknown>[]): Table => ({
    columns: ["text", "label"],
    rows: rows.map((columns, index) => ({ columns, line: index + 2 })),
    unit: "line",
  });

  it("keeps the other columns and the line", () => {
    const records = toRecords(
      table({ id: 7, text: " a ", label: " x " }),
      "a.csv",
      choice,
      "required",
    );
    expect(records).toEqual([{ text: " a ", label: "x", columns: { id: 7 }, line: 2 }]);
  });

  it("names the classes that a column numbers; -1 is no label", () => {
    const classNames = new Map([["label", ["plumbing", "sails"]]]);
    const rows = { ...table({ text: "a", label: 1 }, { text: "b", label: "0" }), classNames };
    const labels = toRecords(rows, "a.csv", choice, "required").map(({ label }) => label);
    expect(labels).toEqual(["sails", "plumbing"]);
    const open = { ...table({ text: "a", label: -1 }), classNames };
    expect(() => toRecords(open, "a.csv", choice, "required")).toThrow(
      "expected a label, got none",
    );
    const other = { ...table({ text: "a", label: 2 }), classNames };
    expect(() => toRecords(other, "a.csv", choice, "required")).toThrow(
      expect.objectContaining({
        code: "data-label",
        message: expect.stringContaining("one of 2 classes (plumbing, sails)"),
      }),
    );
    const named = { ...table({ text: "a", label: "sails" }), classNames };
    expect(toRecords(named, "a.csv", choice, "required")[0].label).toBe("sails");
  });

  it("writes numbers and booleans as strings", () => {
    const rows = table({ text: 3.5, label: 1 }, { text: false, label: true });
    expect(toRecords(rows, "a.csv", choice, "required")).toMatchObject([
      { text: "3.5", label: "1" },
      { text: "false", label: "true" },
    ]);
  });

  it("reads an absent text as the empty text", () => {
    const rows = table(
      { text: null, label: "x" },
      { label: "x" },
      { text: Number.NaN, label: "x" },
    );
    expect(toRecords(rows, "a.csv", choice, "required").map(({ text }) => text)).toEqual([
      "",
      "",
      "",
    ]);
  });

  it("lists all rows without a label at once, the first ones by their line", () => {
    const rows = table(
      { text: "a", label: "x" },
      ...Array.from({ length: 12 }, () => ({ text: "b", label: "" })),
    );
    expect(() => toRecords(rows, "a.csv", choice, "required")).toThrow(
      expect.objectContaining({
        code: "data-label",
        message:
          "a.csv: expected a label in every row, got none in 12 of 13: lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more",
        hint: expect.stringContaining("--unlabeled-file"),
      }),
    );
    const none = { ...rows, rows: rows.rows.slice(1) };
    expect(() => toRecords(none, "a.csv", choice, "required")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("--label-column") }),
    );
  });

  it.each([null, undefined, " ", Number.NaN])(
    "needs a label where labels are required (%s)",
    (label) => {
      const rows = table({ text: "a", label: "x" }, { text: "b", label });
      expect(() => toRecords(rows, "a.csv", choice, "required")).toThrow(
        expect.objectContaining({
          code: "data-label",
          message: "a.csv line 3: expected a label, got none",
          hint: expect.stringContaining('"label"'),
        }),
      );
      expect(toRecords(rows, "a.csv", choice, "unread")[1]).toEqual({
        text: "b",
        columns: {},
        line: 3,
      });
    },
  );

  it.each([
    [{ text: "a", label: { x: 1 } }, 'the label column "label", got an object'],
    [{ text: { en: "a" }, label: "x" }, 'the text column "text", got an object'],
  ])("refuses values that are no scalars: %j", (row, message) => {
    const rows: Table = { ...table(row), unit: "row" };
    expect(() => toRecords(rows, "a.json", choice, "required")).toThrow(
      expect.objectContaining({
        code: "data-format",
        message: `a.json row 2: expected a string, number or boolean in ${message}`,
        hint: expect.any(String),
      }),
    );
  });

  it("refuses a list of labels, of one too, and says how to mend it", () => {
    for (const label of [["x", "y"], ["x"], []]) {
      expect(() => toRecords(table({ text: "a", label }), "a.jsonl", choice, "required")).toThrow(
        expect.objectContaining({
          code: "data-multi-label",
          exitCode: 3,
          message: `a.jsonl line 2: expected one label per text, got a list of ${label.length} in the label column "label"`,
          hint: expect.stringContaining("--label-separator"),
        }),
      );
    }
  });
});
