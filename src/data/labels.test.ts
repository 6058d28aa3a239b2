import { describe, expect, it } from "vitest";
import { nearestName } from "../base/nearest.js";
import { labelIds, labelScale, sortedLabels } from "./labels.js";

describe("sortedLabels", () => {
  it.each([
    [
      ["b", "a", "b", "C"],
      ["C", "a", "b"],
    ],
    [
      ["10", "9", "-1", "10"],
      ["-1", "9", "10"],
    ],
    [
      ["10", "9", "x"],
      ["10", "9", "x"],
    ],
    [
      ["1.5", "10", "9"],
      ["1.5", "10", "9"],
    ],
    [
      ["01", "2", "1"],
      ["01", "1", "2"],
    ],
    [
      ["ä", "z", "é"],
      ["z", "ä", "é"],
    ],
  ])("sorts %j", (labels, expected) => {
    expect(sortedLabels(labels)).toEqual(expected);
    expect(sortedLabels(labels.toReversed())).toEqual(expected);
  });
});

describe("labelIds", () => {
  it("numbers labels by their place", () => {
    expect([...labelIds(["neg", "pos"])]).toEqual([
      ["neg", 0],
      ["pos", 1],
    ]);
  });
});

describe("nearestName", () => {
  it.each([
    ["lable", ["text", "label", "labels"], "label"],
    ["POSITIVE", ["negative", "positive"], "positive"],
    ["kitten", ["sitting", "mitten"], "mitten"],
    ["cat", ["dog", "bird"], undefined],
    ["x", [], undefined],
  ])("of %s among %j", (name, candidates, expected) => {
    expect(nearestName(name, candidates)).toBe(expected);
  });
});

describe("labelScale", () => {
  it("has the numbers of three labels or more, of fewer where it is asked for", () => {
    expect(labelScale(["1", "2.5", "-3"], undefined)).toEqual([1, 2.5, -3]);
    expect(labelScale(["0", "1"], undefined)).toBeUndefined();
    expect(labelScale(["0", "1"], true)).toEqual([0, 1]);
    expect(labelScale(["1", "2", "3"], false)).toBeUndefined();
  });

  it.each(["good", "", "1e3", "2 stars", "."])("takes no %j for a number", (odd) => {
    const labels = ["1", "2", odd];
    expect(labelScale(labels, undefined)).toBeUndefined();
    expect(() => labelScale(labels, true)).toThrow(
      expect.objectContaining({
        code: "data-label",
        message: expect.stringContaining(JSON.stringify(odd)),
      }),
    );
  });
});
