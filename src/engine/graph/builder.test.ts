import { describe, expect, it } from "vitest";
import { printGraph } from "../../../test/fixtures/printed-graph.js";
import { createBuilder } from "./builder.js";
import { graphInputs, orderedNodes } from "./graph.js";
import { interpret } from "./reference.js";

const invalid = (message: string) =>
  expect.objectContaining({ code: "graph-invalid", message: expect.stringContaining(message) });

describe("createBuilder", () => {
  it("gives the same tensor for the same input", () => {
    const build = createBuilder();
    expect(build.input("x", "float32", ["T", 2])).toBe(build.input("x", "float32", ["T", 2]));
  });

  it("refuses an input under the same name with another type or shape", () => {
    const build = createBuilder();
    build.input("x", "float32", ["T", 2]);
    expect(() => build.input("x", "int32", ["T", 2])).toThrow(
      invalid("input x is float32 [T, 2], but was requested as int32 [T, 2]"),
    );
    expect(() => build.input("x", "float32", ["T", 3])).toThrow(invalid("as float32 [T, 3]"));
  });

  it.each([
    ["int64", [2]],
    ["float32", [-1]],
    ["float32", [0.5]],
    ["float32", ["N*2"]],
    ["float32", ["N+1"]],
    ["float32", ["3"]],
    ["float32", [""]],
  ])("refuses an input of type %s and shape %j", (type, shape) => {
    expect(() => Reflect.apply(createBuilder().input, undefined, ["x", type, shape])).toThrow(
      expect.objectContaining({
        code: "graph-invalid",
        message: `input x has the type ${type} and the shape [${shape}]`,
        hint: expect.stringContaining("float32, int32, int8, bool"),
      }),
    );
  });

  it("refuses what is no operation, and what is no tensor", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [2]);
    expect(() => Reflect.apply(build.apply, undefined, ["conv", [x], {}])).toThrow(
      expect.objectContaining({
        code: "graph-invalid",
        message: "expected the name of an operation, got conv",
        hint: expect.stringContaining("There are add, subtract, "),
      }),
    );
    for (const given of [undefined, 2, [1, 2]]) {
      expect(() => Reflect.apply(build.add, undefined, [x, given])).toThrow(
        expect.objectContaining({
          code: "graph-invalid",
          message: "input 1 of add is not a tensor",
          hint: expect.stringContaining("build.constant"),
        }),
      );
    }
  });

  it("marks nodes with the scope they were built in, also after an error", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [2]);
    const scopeOf = ({ source }: typeof x) => (source.kind === "node" ? source.scope : undefined);
    const inner = build.scope("layer.0", () => build.scope("attention", () => build.tanh(x)));
    expect(scopeOf(inner)).toBe("layer.0/attention");
    expect(() =>
      build.scope("broken", () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(scopeOf(build.tanh(x))).toBe("");
  });

  it("reports a misfit with the operation, its inputs and its scope", () => {
    const build = createBuilder();
    const a = build.input("a", "float32", ["T", 2]);
    const b = build.input("b", "float32", [3, 4]);
    const ids = build.input("ids", "int32", ["T"]);
    expect(() => build.scope("layer.1", () => build.gemm(a, b))).toThrow(
      invalid("gemm([T, 2], [3, 4]) in layer.1: inner sizes of a product: 2 meets 3"),
    );
    expect(() => build.add(a, ids)).toThrow(invalid("in the graph: expected float32, got int32"));
    expect(() => build.reshape(a, ["T", 3])).toThrow(invalid("cannot reshape [T, 2] to [T, 3]"));
    expect(() => build.transpose(a, [0, 2, 1])).toThrow(invalid("expected rank 3"));
    expect(() => build.gatherRows(a, a)).toThrow(invalid("expected int32, got float32"));
    for (const axes of [[], [2], [-1], [0, 0], [0.5]]) {
      const message = `expected axes of [T, 2], counted from 0, each once, got [${axes}]`;
      expect(() => build.sum(a, axes)).toThrow(invalid(message));
      expect(() => build.mean(a, axes)).toThrow(invalid(message));
    }
    expect(() => build.gemm(a, b, a, { transA: true, transB: true })).toThrow(invalid("gemm("));
  });
});

describe("a graph", () => {
  const build = createBuilder();
  const x = build.input("x", "float32", ["T", 2]);
  const weight = build.input("weight", "float32", [3, 2]);
  const unused = build.input("unused", "float32", [1]);
  const product = build.scope("linear", () => build.gemm(x, weight, undefined, { transB: true }));
  const shifted = build.add(product, build.constant([1, 2, 3], [3]));
  build.tanh(unused);
  const loss = build.sum(build.tanh(shifted), [0, 1]);

  it("holds what its outputs need, inputs before users", () => {
    const nodes = orderedNodes([loss]);
    expect(nodes.map(({ op }) => op)).toEqual(["gemm", "add", "tanh", "sum"]);
    expect(orderedNodes([loss, shifted])).toEqual(nodes);
    expect(graphInputs([loss]).map(({ source }) => source.name)).toEqual(["x", "weight"]);
    expect(graphInputs([unused]).map(({ source }) => source.name)).toEqual(["unused"]);
  });

  it("prints one line for each input, node and output", () => {
    expect(printGraph({ loss, shifted }).split("\n")).toEqual([
      "input x: float32 [T, 2]",
      "input weight: float32 [3, 2]",
      "%0: [T, 3] = gemm(x, weight, transA=false, transB=true, alpha=1)  # linear",
      "%1: [T, 3] = add(%0, (1 2 3))  # ",
      "%2: [T, 3] = tanh(%1)  # ",
      "%3: [] = sum(%2, axes=0,1, keepAxes=false)  # ",
      "output loss = %3",
      "output shifted = %1",
    ]);
  });

  it("prints only the number of many constants", () => {
    const ids = build.constant([0, 1, 2, 3, 4], [5], "int32");
    const rows = build.scatterRows(ids, build.input("five", "float32", [5, 2]), 5);
    expect(printGraph({ rows })).toContain("scatterRows((5 constants), five, rows=5)");
  });
});

describe("what is put together from operations", () => {
  it("is a mean of squared differences, by all elements", () => {
    const build = createBuilder();
    const error = build.meanSquaredError(
      build.input("a", "float32", [2, 2]),
      build.constant([1, 0], [2]),
    );
    const a = { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) };
    expect(interpret({ error }, { a }).error).toEqual({ shape: [], data: Float64Array.of(6) });
  });
});
