import { expect, it } from "vitest";
import { joinedTexts } from "../base/pairs.js";
import { publishedSpacing } from "./published-spacing.js";

it.each([
  // By hand, rule after rule.
  ["state-of-the-art, or not.", "state - of - the - art , or not . "],
  ["a , b", "a , b"],
  ["3.5", "3 . 5"],
  ["see <<Kimura>> and [[task]] here", "seeKimuraandtaskhere"],
  ["(<<CITATION>>)", "(CITATION)"],
  ["one\ntwo", "onetwo"],
  ["a.,b", "a . , b"],
  // Three spaces become two, and two are left out at last.
  ["end.  Next", "end .Next"],
  ["a...b", "a . . . b"],
  ["no change", "no change"],
])("%j becomes %j", (given, expected) => {
  expect(publishedSpacing(given)).toBe(expected);
});

it("treats each text of a pair", () => {
  expect(publishedSpacing(joinedTexts(["a,b", "c-d"]))).toBe(joinedTexts(["a , b", "c - d"]));
});
