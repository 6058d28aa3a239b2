import { describe, expect, it } from "vitest";
import { type LabelLayout, labelSetOf, layoutOf, layoutText } from "./label-layout.js";
import type { Row } from "./table.js";

const rowsOf = (...cells: readonly unknown[]): readonly Row[] =>
  cells.map((label, index) => ({ columns: { label }, line: index + 2 }));
const layout = (cells: readonly unknown[], named?: string) =>
  layoutOf({ rows: rowsOf(...cells), unit: "line" }, "label", "a.csv", named);

describe("the layout of labels", () => {
  it.each([
    [";", ["a;b", "a", "b; c", "c", ""]],
    ["|", ["a|b", "b|a|c", "c"]],
    [",", ["red, blue", "blue", "red"]],
  ])("has %s where labels recur beside others", (separator, cells) => {
    expect(layout(cells)).toEqual({ kind: "separated", separator });
  });

  it.each([
    ["one value that recurs", ["Q;A", "Q;A", "other", "Q;A"]],
    ["no separator", ["a", "b", "a"]],
    ["decimal commas", ["1,5", "2,5", "1,2", "5,1"]],
    ["parts that are no labels elsewhere", ["Smith, John", "Doe, Jane", "Roe, Ann"]],
    ["numbers", [1, 2, 1]],
  ])("is none of %s", (_name, cells) => {
    expect(layout(cells)).toBeUndefined();
  });

  it("has lists, of JSON and as JSON or Python writes them in a cell", () => {
    expect(layout([["a", "b"], []])).toEqual({ kind: "lists" });
    expect(layout(['["a", "b"]', "[]", "['c']"])).toEqual({ kind: "lists" });
    expect(layout(["[a]", "[b]"])).toBeUndefined();
  });

  it("is what it is said to be", () => {
    expect(layout(["a;b", "a", "b"], "none")).toBeUndefined();
    expect(layout(["Q/A", "Q/A"], "/")).toEqual({ kind: "separated", separator: "/" });
    expect(() => layout(["a;b", "a,b"], "/")).toThrow(
      expect.objectContaining({
        code: "data-label",
        message:
          'a.csv, 2 lines: expected "/" between labels in some cell of the label column "label", found it in none, though ";" and ","',
        hint: expect.stringContaining("none"),
      }),
    );
  });
});

describe("the labels of a row", () => {
  const semicolons: LabelLayout = { kind: "separated", separator: ";" };
  const lists: LabelLayout = { kind: "lists" };
  const read = (label: unknown, of: LabelLayout) =>
    labelSetOf({ columns: { label }, line: 2 }, "label", of, "a.csv line 2", undefined);

  it.each([
    ["b ;a; b", semicolons, "a; b"],
    ["", semicolons, ""],
    [" ; ", semicolons, ""],
    [10, semicolons, "10"],
    [["b", "a"], lists, "a; b"],
    [[], lists, ""],
    ["['it''s', 'b']", lists, "b; it''s"],
    ["['b', 'a']", lists, "a; b"],
    [[10, 9], lists, "9; 10"],
    [null, lists, undefined],
    [undefined, semicolons, undefined],
  ])("of %j are each there once, in their order", (cell, of, expected) => {
    expect(read(cell, of)).toBe(expected);
  });

  it("are named where the data set numbers its classes", () => {
    const names = new Map([["label", ["joy", "anger"]]]);
    const of = (label: unknown) =>
      labelSetOf({ columns: { label }, line: 2 }, "label", lists, "a.csv line 2", names);
    expect(of([1, 0])).toBe("anger; joy");
    expect(() => of([2])).toThrow(expect.objectContaining({ code: "data-label" }));
  });

  it("are those of the columns with 1", () => {
    const columns: LabelLayout = { kind: "columns", columns: ["toxic", "insult", "threat"] };
    const of = (values: Record<string, unknown>) =>
      labelSetOf({ columns: values, line: 7 }, "labels", columns, "a.csv line 7", undefined);
    expect(of({ toxic: "1", insult: "0", threat: " True " })).toBe("threat; toxic");
    expect(of({ toxic: 0, insult: false, threat: "0.0" })).toBe("");
    for (const [threat, shown] of [
      ["2", '"2"'],
      ["", "none"],
      [undefined, "none"],
    ]) {
      expect(() => of({ toxic: "1", insult: "0", threat })).toThrow(
        expect.objectContaining({
          code: "data-label",
          message: `a.csv line 7: expected 0 or 1 in the column "threat" of a label, got ${shown}`,
        }),
      );
    }
  });

  it("are refused where they are no labels, or hold what stands between labels", () => {
    expect(() => read([{ a: 1 }], lists)).toThrow(expect.objectContaining({ code: "data-format" }));
    expect(() => read(["a", ""], lists)).toThrow(expect.objectContaining({ code: "data-format" }));
    expect(() => read(["a;b"], lists)).toThrow(
      expect.objectContaining({ code: "data-label", message: expect.stringContaining('"a;b"') }),
    );
  });
});

it("tells what is read, and how to have it otherwise", () => {
  expect(layoutText({ kind: "separated", separator: "|" }, "tags")).toMatch(
    /several labels a text from "tags".*"\|" between them.*--label-separator none/,
  );
  expect(layoutText({ kind: "columns", columns: ["a", "b"] }, "labels")).toContain('"a" and "b"');
});
