import { describe, expect, it } from "vitest";
import { type Builder, createBuilder } from "./builder.js";
import { gradients, gradientsOf } from "./grad.js";
import type { Tensor } from "./graph.js";
import { ndArray } from "./ops/ndarray.js";
import { interpret } from "./reference.js";

const invalid = (message: string) =>
  expect.objectContaining({ code: "graph-invalid", message: expect.stringContaining(message) });

const vector = (...values: number[]) => ndArray([values.length], values);

function fixture() {
  const build = createBuilder();
  const x = build.input("x", "float32", [3]);
  const y = build.input("y", "float32", [3]);
  return { build, x, y };
}

/** The dense gradient of one tensor as numbers. */
function dense(
  { build, loss }: { readonly build: Builder; readonly loss: Tensor },
  tensor: Tensor,
  feeds: Parameters<typeof interpret>[1],
  options: Parameters<typeof gradients>[3] = {},
) {
  const gradient = gradients(build, loss, [tensor], options).get(tensor)?.dense;
  if (gradient === undefined) return undefined;
  return Array.from(interpret({ gradient }, feeds).gradient.data);
}

describe("gradients", () => {
  it("adds up all ways from a tensor to the loss", () => {
    const { build, x } = fixture();
    // sum(x^2 + 3 x): 2 x + 3.
    const loss = build.sum(build.add(build.multiply(x, x), build.scale(x, 3)), [0]);
    expect(dense({ build, loss }, x, { x: vector(1, 2, -1) })).toEqual([5, 7, 1]);
  });

  it("is 1 for the loss itself", () => {
    const { build, x } = fixture();
    const loss = build.sum(x, [0]);
    expect(dense({ build, loss }, loss, {})).toEqual([1]);
  });

  it("undoes broadcasts by sums", () => {
    const build = createBuilder();
    const row = build.input("row", "float32", [2]);
    const column = build.input("column", "float32", [3, 1]);
    const scalar = build.input("scalar", "float32", []);
    const weights = build.constant([1, 2, 3, 4, 5, 6], [3, 2]);
    const total = build.multiply(build.add(build.add(row, column), scalar), weights);
    const loss = build.sum(total, [0, 1]);
    expect(dense({ build, loss }, row, {})).toEqual([9, 12]);
    expect(dense({ build, loss }, column, {})).toEqual([3, 7, 11]);
    expect(dense({ build, loss }, scalar, {})).toEqual([21]);
  });

  it("is empty for a tensor that the loss does not reach, even with a base", () => {
    const { build, x, y } = fixture();
    const loss = build.sum(x, [0]);
    const base = build.input("base", "float32", [3]);
    const found = gradients(build, loss, [x, y], { bases: new Map([[y, base]]) });
    expect(found.get(y)).toEqual({ dense: undefined, rows: [] });
    expect(found.get(x)?.dense).toBeDefined();
  });

  it("adds to a base", () => {
    const { build, x } = fixture();
    const loss = build.sum(build.multiply(x, x), [0]);
    const base = build.input("base", "float32", [3]);
    const feeds = { x: vector(1, 2, 3), base: vector(10, 20, 30) };
    expect(dense({ build, loss }, x, feeds, { bases: new Map([[x, base]]) })).toEqual([12, 24, 36]);
  });

  it("lets a product carry the base as its summand", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [2, 2]);
    const weight = build.input("weight", "float32", [2, 2]);
    const bias = build.input("bias", "float32", [2]);
    const loss = build.sum(build.gemm(x, weight, bias), [0, 1]);
    const bases = new Map(
      [weight, bias].map((w, i) => [w, build.input(`base.${i}`, "float32", w.shape)]),
    );
    const found = gradients(build, loss, [weight, bias], { bases });
    const feeds = {
      x: ndArray([2, 2], [1, 2, 3, 4]),
      weight: ndArray([2, 2]),
      bias: vector(0, 0),
      "base.0": ndArray([2, 2], [100, 200, 300, 400]),
      "base.1": vector(10, 20),
    };
    const [weightGradient, biasGradient] = [weight, bias].map((w) => found.get(w)?.dense);
    if (weightGradient === undefined || biasGradient === undefined) throw new Error("no gradient");
    const values = interpret({ weightGradient, biasGradient }, feeds);
    expect(Array.from(values.weightGradient.data)).toEqual([104, 204, 306, 406]);
    expect(Array.from(values.biasGradient.data)).toEqual([12, 22]);
    // No addition stands between the product and the result.
    const { source } = weightGradient;
    expect(source.kind === "node" && source.op).toBe("gemm");
  });

  it("gives rows for a table that is read by rows, dense parts beside them", () => {
    const build = createBuilder();
    const table = build.input("table", "float32", [3, 2]);
    const indices = build.input("indices", "int32", [2]);
    const read = build.gatherRows(table, indices);
    const loss = build.add(build.sum(read, [0, 1]), build.sum(build.scale(table, 5), [0, 1]));
    const gradient = gradients(build, loss, [table]).get(table);
    expect(gradient?.rows.length).toBe(1);
    expect(gradient?.rows[0].indices).toBe(indices);
    if (gradient?.dense === undefined) throw new Error("no dense part");
    const { values } = interpret({ values: gradient.dense }, {});
    expect(Array.from(values.data)).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it("makes rows dense where they flow on, wanted in between or not", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", [3, 1]);
    const indices = build.input("indices", "int32", [2]);
    const doubled = build.scale(x, 2);
    const loss = build.sum(build.gatherRows(doubled, indices), [0, 1]);
    const found = gradients(build, loss, [x, doubled]);
    const feeds = { indices: vector(2, 2) };
    for (const [tensor, expected] of [
      [x, [0, 0, 4]],
      [doubled, [0, 0, 2]],
    ] as const) {
      const gradient = found.get(tensor);
      expect(gradient?.rows).toEqual([]);
      if (gradient?.dense === undefined) throw new Error("no gradient");
      const { values } = interpret({ values: gradient.dense }, feeds);
      expect(Array.from(values.data)).toEqual(expected);
    }
  });

  it("builds nothing for what is not wanted", () => {
    const { build, x, y } = fixture();
    const hidden = build.apply("geluBackward", [y, y], {})[0];
    // The way to y is not differentiable, but nobody asked for it.
    const loss = build.sum(build.multiply(x, hidden), [0]);
    expect(gradients(build, loss, [x]).get(x)?.dense).toBeDefined();
    expect(() => build.scope("inner", () => gradients(build, loss, [y]))).toThrow(
      invalid("geluBackward in"),
    );
  });

  it("refuses a path through an output that has no gradient, instead of losing it", () => {
    const build = createBuilder();
    const logits = build.input("logits", "float32", [2, 3]);
    const labels = build.input("labels", "int32", [2]);
    const [nll, probabilities] = build.scope("head", () =>
      build.apply("crossEntropy", [logits, labels], {}),
    );
    const entropy = build.sum(build.multiply(probabilities, probabilities), [0, 1]);
    const loss = build.add(build.sum(nll, [0]), entropy);
    expect(() => gradients(build, loss, [logits])).toThrow(
      invalid("output 1 of crossEntropy in head is not differentiable"),
    );
  });
});

describe("gradientsOf", () => {
  it("gives a tensor of the same shape for each, rows of a table added to what is dense", () => {
    const build = createBuilder();
    const table = build.input("table", "float32", [3, 2]);
    const x = build.input("x", "float32", [2]);
    const read = build.gatherRows(table, build.constant([2, 0, 2], [3], "int32"));
    const loss = build.add(build.sum(build.multiply(read, x)), build.sum(table));
    const [dTable, dX] = gradientsOf(build, loss, [table, x]);
    expect([dTable.shape, dX.shape]).toEqual([[3, 2], [2]]);
    const feeds = { table: ndArray([3, 2], [1, 2, 3, 4, 5, 6]), x: vector(10, 20) };
    const values = interpret({ dTable, dX }, feeds);
    expect(Array.from(values.dTable.data)).toEqual([11, 21, 1, 1, 21, 41]);
    expect(Array.from(values.dX.data)).toEqual([11, 14]);
  });

  it("makes a table dense that is read by rows alone", () => {
    const build = createBuilder();
    const table = build.input("table", "float32", [3, 2]);
    const loss = build.sum(build.gatherRows(table, build.constant([1], [1], "int32")));
    const [gradient] = gradientsOf(build, loss, [table]);
    expect(Array.from(interpret({ gradient }, {}).gradient.data)).toEqual([0, 0, 1, 1, 0, 0]);
  });

  const refused = (message: string, hint: string) =>
    expect.objectContaining({
      code: "graph-invalid",
      message,
      hint: expect.stringContaining(hint),
    });

  it("refuses a loss of many numbers, and one that does not depend on what is asked for", () => {
    const { build, x, y } = fixture();
    expect(() => gradientsOf(build, x, [x])).toThrow(
      refused("expected a loss of shape [] to differentiate, got [3]", "mean or its sum"),
    );
    const loss = build.mean(build.multiply(x, build.isPositive(y)));
    expect(() => gradientsOf(build, loss, [x, y])).toThrow(
      refused("the loss does not depend on y", "by operations that have a gradient"),
    );
  });

  it("refuses an operation and an output without a gradient", () => {
    const { build, x, y } = fixture();
    const clipped = build.apply("geluBackward", [x, y], {})[0];
    expect(() => gradientsOf(build, build.sum(clipped), [x])).toThrow(
      refused("geluBackward in the graph is not differentiable", "without geluBackward"),
    );
    const logits = build.reshape(x, [1, 3]);
    const labels = build.constant([1], [1], "int32");
    const { probabilities } = build.crossEntropy(logits, labels);
    expect(() => gradientsOf(build, build.sum(probabilities), [x])).toThrow(
      refused("output 1 of crossEntropy in the graph is not differentiable", "Only output 0"),
    );
  });
});
