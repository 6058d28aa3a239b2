import { describe, expect, it } from "vitest";
import { createBuilder } from "./builder.js";
import { ndArray } from "./ops/ndarray.js";
import { interpret } from "./reference.js";

describe("interpret", () => {
  const build = createBuilder();
  const x = build.input("x", "float32", ["T", 2]);
  const outputs = { sum: build.sum(x, [0]), shifted: build.add(x, build.constant([10, 20], [2])) };

  it("computes each output, with named sizes bound", () => {
    const { sum, shifted } = interpret(outputs, { x: ndArray([2, 2], [1, 2, 3, 4]) }, { T: 2 });
    expect(sum).toEqual(ndArray([2], [4, 6]));
    expect(shifted).toEqual(ndArray([2, 2], [11, 22, 13, 24]));
  });

  it("hands inputs and constants on", () => {
    const same = interpret(
      { x, one: build.constant([1], []) },
      { x: ndArray([1, 2], [5, 6]) },
      { T: 1 },
    );
    expect(same).toEqual({ x: ndArray([1, 2], [5, 6]), one: ndArray([], [1]) });
  });

  it.each([
    ["an absent input", {}, { T: 2 }, "input x needs shape [2,2], got nothing"],
    ["another shape", { x: ndArray([3, 2]) }, { T: 2 }, "input x needs shape [2,2], got [3,2]"],
    ["an unbound size", { x: ndArray([2, 2]) }, {}, "size T has no value in this run"],
  ] as const)("refuses %s", (_, feeds, sizes, message) => {
    expect(() => interpret(outputs, feeds, sizes)).toThrow(
      expect.objectContaining({ code: "graph-invalid", message }),
    );
  });
});
