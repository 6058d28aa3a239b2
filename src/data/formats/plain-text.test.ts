import { describe, expect, it } from "vitest";
import { parseRecords } from "./parse.js";
import { parsePlainText } from "./plain-text.js";

const rowsOf = (text: string) =>
  parsePlainText(text, "a.txt").rows.map(({ columns, line }) => [columns.text, line]);

describe("parsePlainText", () => {
  it("gives a row for every line, with either line end", () => {
    expect(rowsOf("one, two\r\n\r\n  three\n")).toEqual([
      ["one, two", 1],
      ["", 2],
      ["  three", 3],
    ]);
    expect(rowsOf("no end")).toEqual([["no end", 1]]);
    expect(rowsOf("")).toEqual([]);
  });

  it("has no columns to choose from, so the name of one is no matter", async () => {
    const bytes = new TextEncoder().encode("moo\nbaa\n");
    const options = { textColumn: "sentence", labels: "unread" } as const;
    const { records } = await parseRecords(bytes, "txt", "a.txt", options);
    expect(records.map(({ text }) => text)).toEqual(["moo", "baa"]);
  });

  it("has no labels", async () => {
    const bytes = new TextEncoder().encode("moo\nbaa\n");
    await expect(parseRecords(bytes, "txt", "a.txt", { labels: "required" })).rejects.toMatchObject(
      { code: "data-column" },
    );
  });
});
