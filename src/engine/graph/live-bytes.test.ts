/** Every expected number is counted by hand: 4 bytes an element. */
import { describe, expect, it } from "vitest";
import { createBuilder } from "./builder.js";
import { gradients } from "./grad.js";
import type { Tensor } from "./graph.js";
import { peakBytes } from "./live-bytes.js";

describe("peakBytes", () => {
  it("counts neither what is fed nor a value that takes the place of a dead one", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", ["N"]);
    const y = build.scale(build.tanh(x), 3);
    expect(peakBytes({ y }, { N: 10 })).toBe(40);
  });

  it("keeps a value until its last reader", () => {
    const build = createBuilder();
    const a = build.tanh(build.input("x", "float32", ["N"]));
    const b = build.gelu(a);
    const c = build.gelu(b);
    // a, b and c while c is made; then the sum lies where a lay.
    expect(peakBytes({ y: build.add(a, c) }, { N: 10 })).toBe(120);
    // Without that reader a ends with b.
    expect(peakBytes({ c }, { N: 10 })).toBe(80);
  });

  it("keeps outputs to the end, and gives a reshaped value no room of its own", () => {
    const build = createBuilder();
    const a = build.gelu(build.input("x", "float32", ["N"]));
    const flat = build.reshape(a, [1, "N"]);
    const c = build.gelu(build.gelu(flat));
    expect(peakBytes({ flat, c }, { N: 10 })).toBe(120);
  });

  it("keeps nothing of a mask but what is fed", () => {
    const build = createBuilder();
    const mask = build.input("mask", "bool", ["N"]);
    const drop = (x: Tensor) => build.apply("dropout", [x, mask], {})[0];
    const first = build.gelu(drop(build.input("x", "float32", ["N"])));
    // The cast of the first product has gone: first, and the product, which lies where the second cast lay.
    expect(peakBytes({ y: drop(first) }, { N: 10 })).toBe(80);
  });

  it("binds every named size, and counts the weights of attention", () => {
    const build = createBuilder();
    const heads = ["q", "k", "v"].map((name) => build.input(name, "float32", ["R", 2, "S", 4]));
    const bias = build.input("bias", "float32", ["R", 1, "S", "S"]);
    const keep = build.input("keep", "bool", ["R", 2, "S", "S"]);
    const attributes = { scale: 1, dropoutScale: 1 };
    const [masked] = build.apply("attention", [...heads, bias, keep], attributes);
    // R = 2, S = 3: context 2*2*3*4 = 48 elements; weights and dropped weights 2*2*3*3 = 36 each.
    expect(peakBytes({ masked }, { R: 2, S: 3 })).toBe(4 * (48 + 2 * 36));
    const [whole] = build.apply("attention", [...heads, bias], attributes);
    // Scores and weights: nothing is dropped.
    expect(peakBytes({ whole }, { R: 2, S: 3 })).toBe(4 * (48 + 2 * 36));
  });

  it("keeps for the backward pass what its rules read", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", ["N", 4]);
    const weight = build.input("weight", "float32", [3, 4]);
    const hidden = build.gemm(x, weight, undefined, { transB: true }); // [N, 3]
    const active = build.tanh(hidden);
    const loss = build.sum(active, [0, 1]);
    const gradient = gradients(build, loss, [weight]).get(weight)?.dense;
    expect(gradient).toBeDefined();
    if (gradient === undefined) return;
    const forward = peakBytes({ loss }, { N: 10 });
    // tanh in place of the product, and the loss.
    expect(forward).toBe(4 * (30 + 1));
    // y, its square and the gradient on the way: at most three arrays of [N, 3] beside a few numbers.
    const both = peakBytes({ loss, gradient }, { N: 1000 });
    expect(both).toBeGreaterThanOrEqual(4 * 2 * 3000);
    expect(both).toBeLessThan(4 * (3 * 3000 + 100));
  });

  it("refuses a size without a value", () => {
    const build = createBuilder();
    const y = build.tanh(build.input("x", "float32", ["N"]));
    expect(() => peakBytes({ y }, {})).toThrow("size N has no value");
  });
});
