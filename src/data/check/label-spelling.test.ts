import { describe, expect, it } from "vitest";
import { labelSpellings, listLabels, looksAlike, quotedLabel } from "./label-spelling.js";

/** Labels with as many rows as are told: "wind 3". */
const spellings = (...labels: (readonly [string, number])[]) =>
  labelSpellings(labels.map(([label, rows]) => ({ label, rows }))).map((found) => [
    found.difference,
    ...found.labels.map(({ label }) => label),
  ]);

describe("labelSpellings", () => {
  it.each([
    ["case", "Positive", "positive", "POSITIVE"],
    ["spaces", "new york", "new  york"],
    ["Unicode form or invisible characters", "caf\u00e9", "cafe\u0301"],
    ["spaces", "very good", "very\u00a0good"],
    ["spaces", "very good", "very \u2009 good"],
    ["Unicode form or invisible characters", "yes", "yes\u200b"],
    ["case, spaces or punctuation", "new_york", "New-York", "new york", "newyork"],
    ["case, spaces or punctuation", "n/a", "N.A."],
    ["accents, case or punctuation", "M\u00e4rz", "marz"],
    ["the form of the number", "1", "1.0", "01", "+1"],
  ])("finds a difference in %s", (difference, ...labels) => {
    const found = spellings(...labels.map((label, i) => [label, 9 - i] as const));
    expect(found).toEqual([[difference, ...labels]]);
  });

  it.each([
    ["1", "10", "1.5", "-1", "2"],
    ["v1.0", "v10"],
    ["C", "C++", "C#"],
    ["+", "-"],
    ["1-2", "12"],
    ["a.1", "a.2"],
  ])("leaves other labels apart: %s, %s", (...labels) => {
    expect(spellings(...labels.map((label) => [label, 9] as const))).toEqual([]);
  });

  it("finds rare labels one letter from a frequent one", () => {
    for (const typo of ["plumbng", "plumbinng", "plumbimg", "plubming", "Plumbeng"]) {
      expect(spellings(["plumbing", 30], [typo, 3], ["sails", 30])).toEqual([
        ["one letter", "plumbing", typo],
      ]);
    }
    expect(spellings(["plumbing", 30], ["plumbng", 1], ["plumbig", 1])).toEqual([
      ["one letter", "plumbing", "plumbig", "plumbng"],
    ]);
  });

  it("looks at all frequent labels that are near, not the last alone", () => {
    expect(
      spellings(["planting", 30], ["planning", 10], ["planing", 3], ["gardening tools", 1]),
    ).toEqual([["one letter", "planting", "planing"]]);
  });

  it("takes no frequent label, short word, digit or two letters for a misspelling", () => {
    expect(spellings(["plumbing", 30], ["plumbng", 4])).toEqual([]);
    expect(spellings(["spam", 30], ["span", 1])).toEqual([]);
    expect(spellings(["class I", 30], ["class V", 1])).toEqual([]);
    expect(spellings(["topic 1", 30], ["topic 2", 1])).toEqual([]);
    expect(spellings(["plumbing", 30], ["plumber", 1])).toEqual([]);
  });

  it("puts the most frequent group and spelling first", () => {
    expect(spellings(["A", 1], ["a", 2], ["B", 3], ["b", 3])).toEqual([
      ["case", "B", "b"],
      ["case", "a", "A"],
    ]);
  });

  it("takes ten thousand labels", () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => [`customer number ${i}`, 1] as const);
    expect(spellings(...labels)).toEqual([]);
  });
});

describe("quotedLabel", () => {
  it("shows what looks alike by its code points", () => {
    const [found] = labelSpellings([
      { label: "yes", rows: 2 },
      { label: "yes\u200b", rows: 1 },
    ]);
    expect(looksAlike(found)).toBe(true);
    expect(found.labels.map(({ label }) => quotedLabel(label, true))).toEqual([
      '"yes"',
      '"yes\\u{200b}"',
    ]);
    expect(quotedLabel("yes\u200b", false)).toBe('"yes\u200b"');
  });
});

describe("listLabels", () => {
  it("finds lists in brackets and lists of other labels", () => {
    expect(listLabels(["['a', 'b']", "[]", "a; b", "a", "b", "b|c", "a, or b"])).toEqual([
      "['a', 'b']",
      "[]",
      "a; b",
    ]);
  });
});
