import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bindSize,
  broadcastShapes,
  formatShape,
  multiplySizes,
  sameShape,
  sizeNames,
  sizeOf,
} from "./shape.js";

describe("multiplySizes", () => {
  it.each([
    [[], 1],
    [[2, 3], 6],
    [["S"], "S"],
    [["S", "R"], "R*S"],
    [["R*S", 4], "4*R*S"],
    [["4*K", "K", 2], "8*K*K"],
    [[1, "T", 1], "T"],
    [["T", 0], 0],
  ])("%j is %s", (sizes, expected) => {
    expect(multiplySizes(...sizes)).toBe(expected);
  });

  it("has one spelling, whatever the order and the grouping", () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("R", "S", "B", "2*K"));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), fc.nat(6), (sizes, cut) => {
        const product = multiplySizes(...sizes);
        expect(multiplySizes(...sizes.toReversed())).toBe(product);
        const parts = [multiplySizes(...sizes.slice(0, cut)), multiplySizes(...sizes.slice(cut))];
        expect(multiplySizes(...parts)).toBe(product);
      }),
    );
  });

  it("has the value of its factors", () => {
    const bindings = { R: 3, S: 5 };
    expect(bindSize("4*R*S", bindings)).toBe(60);
    expect(bindSize(7, {})).toBe(7);
    expect(bindSize(multiplySizes("R", "R", 2), bindings)).toBe(18);
    expect(() => bindSize("R*K", bindings)).toThrow(
      expect.objectContaining({
        code: "graph-invalid",
        message: "size K has no value in this run",
      }),
    );
  });
});

describe("shapes", () => {
  it("have a size, names and a text", () => {
    expect(sizeOf(["B", 4, "S"])).toBe("4*B*S");
    expect(sizeOf([])).toBe(1);
    expect(sizeNames("4*B*S")).toEqual(["B", "S"]);
    expect(sizeNames(4)).toEqual([]);
    expect(formatShape(["B", 4])).toBe("[B, 4]");
    expect(sameShape(["B", 4], ["B", 4])).toBe(true);
    expect(sameShape(["B", 4], ["B", 4, 1])).toBe(false);
    expect(sameShape(["B", 4], ["S", 4])).toBe(false);
  });

  it.each([
    [[2, 3], [3], [2, 3]],
    [["T", 1], [4], ["T", 4]],
    [
      ["R", 1, "S", 1],
      ["R", 1, 1, "S"],
      ["R", 1, "S", "S"],
    ],
    [[], ["T"], ["T"]],
    [[1], [1, 1], [1, 1]],
  ])("%j and %j broadcast to %j", (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
    expect(broadcastShapes(b, a)).toEqual(expected);
  });

  it.each([
    [[2, 3], [2], "3 meets 2"],
    [["T"], [4], "T meets 4"],
    [["T"], ["S"], "T meets S"],
  ])("%j and %j do not broadcast", (a, b, part) => {
    expect(() => broadcastShapes(a, b)).toThrow(
      expect.objectContaining({ code: "graph-invalid", message: expect.stringContaining(part) }),
    );
  });
});
