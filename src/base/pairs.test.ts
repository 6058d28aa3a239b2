import { describe, expect, it } from "vitest";
import { joinedTexts, partsOf, withoutSeparator } from "./pairs.js";

describe("pairs", () => {
  it.each([
    ["How tall?", "324 m"],
    [" spaces ", "  at the ends "],
    ["", "only the second"],
    ["only the first", ""],
    ["", ""],
  ])("come apart as they were: %j and %j", (first, second) => {
    expect(partsOf(joinedTexts([first, second]))).toEqual([first, second]);
  });

  it("are shown with a symbol between them, which is a space within either", () => {
    expect(joinedTexts(["a ␞ b", "c"])).toBe("a   b ␞ c");
    expect(withoutSeparator(" ␞ c")).toBe("  c");
  });

  it("leave a single text as it is", () => {
    expect(joinedTexts(["one"])).toBe("one");
    expect(partsOf("one")).toEqual(["one"]);
  });
});
