import { describe, expect, it } from "vitest";
import { inventedComparison } from "../../../test/fixtures/comparison.js";
import { parseComparison } from "./comparison.js";

const text = JSON.stringify(inventedComparison({ seeds: [0, 1] }));
const parse = (changed: string) => parseComparison(changed, "DIR/results.json");

describe("parseComparison", () => {
  it("reads back what was written", () => {
    expect(parse(text)).toEqual(JSON.parse(text));
    const noTest = JSON.stringify(inventedComparison({ hasTest: false, seeds: [0] }));
    expect(parse(noTest)).toEqual(JSON.parse(noTest));
  });

  it.each([
    ["no JSON", "{", /DIR\/results\.json is not a file that a comparison writes: .*JSON/],
    ["another format", text.replace('"version":1', '"version":2'), /version/],
    ["a wrong figure", text.replace('"seed":0', '"seed":"0"'), /runs\[0\]\.seed/],
    ["a missing field", text.replace('"notes"', '"note"'), /notes/],
  ])("refuses %s and says what is wrong", (_name, changed, message) => {
    expect(() => parse(changed)).toThrow(
      expect.objectContaining({ code: "data-format", message: expect.stringMatching(message) }),
    );
  });
});
