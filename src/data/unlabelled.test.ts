import { describe, expect, it } from "vitest";
import { buildDataset } from "./dataset.js";
import { buildUnlabelled } from "./unlabelled.js";

const records = (...texts: string[]) =>
  texts.map((text, index) => ({
    text,
    label: index % 2 ? "a" : "b",
    columns: {},
    line: index + 1,
  }));

const dataset = buildDataset({
  train: records("one", "two", "three"),
  dev: records("three", "four"),
  test: records("five"),
  splitSeed: 0,
});

describe("buildUnlabelled", () => {
  it("leaves out and counts empty texts, keeps repeated ones, counts those of each split", () => {
    const built = buildUnlabelled(records("one", " ", "three ", "six", "one", "five"), dataset);
    expect(built.texts).toEqual(["one", "three ", "six", "one", "five"]);
    expect(built.emptyTexts).toBe(1);
    expect(built.shared).toEqual({ train: 3, dev: 1, test: 1 });
  });

  it("has a digest of its texts and their order", () => {
    const digest = (...texts: string[]) => buildUnlabelled(records(...texts), dataset).digest;
    expect(digest("a", "b")).toBe(digest("a", " ", "b"));
    const others = [digest("b", "a"), digest("a"), digest("a\n1 b"), digest("ab")];
    expect(others).not.toContain(digest("a", "b"));
    expect(new Set(others).size).toBe(4);
  });
});
