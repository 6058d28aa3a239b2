import { describe, expect, it } from "vitest";
import { createBuilder } from "../graph/builder.js";
import { interpret } from "../graph/reference.js";
import { cpu } from "../runtime/devices/cpu.js";
import { toOnnx } from "./export.js";
import { selfContainedOnnx } from "./self-contained.js";

const runtime = await cpu.open({ threads: 1 });

/** y = softmax(x w^T + b), its mean, and a dropout mask over as many rows. */
function network() {
  const build = createBuilder();
  const x = build.input("x", "float32", ["N", 2]);
  const w = build.input("w", "float32", [3, 2]);
  const b = build.input("b", "float32", [3]);
  const y = build.softmax(build.gemm(x, w, b, { transB: true }));
  const pairs = build.reshape(y, [1, "3*N"]);
  const mask = build.dropoutMask(build.constant([7], [], "int32"), ["N", 3], 2 ** 31);
  return {
    y,
    pairs,
    mean: build.mean(y, [0]),
    ones: build.fill(1, ["N", 2]),
    kept: build.toFloat(mask),
  };
}

const w = Float32Array.of(1, -2, 0.5, 0, -1, 3);
const b = Float32Array.of(0.1, 0.2, -0.3);

describe("selfContainedOnnx", () => {
  it("computes with what is inside, for any number of rows", async () => {
    const outputs = network();
    const bytes = selfContainedOnnx(toOnnx("network", outputs, "portable"), { w, b });
    const session = await runtime.load("network", bytes);
    for (const N of [1, 4]) {
      const x = Float32Array.from({ length: 2 * N }, (_, i) => 0.3 * i - 1);
      const { arrays } = await session.run(
        { x: { type: "float32", shape: [N, 2], data: x } },
        Object.keys(outputs),
      );
      const expected = interpret(
        outputs,
        {
          x: { shape: [N, 2], data: Float64Array.from(x) },
          w: { shape: [3, 2], data: Float64Array.from(w) },
          b: { shape: [3], data: Float64Array.from(b) },
        },
        { N },
      );
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(arrays[name].shape).toEqual(shape);
        data.forEach((value, i) => {
          expect(Number(arrays[name].data[i])).toBeCloseTo(value, 5);
        });
      }
    }
    await session.dispose();
  });

  const refused = (message: string, hint: string) =>
    expect.objectContaining({
      code: "graph-invalid",
      message,
      hint: expect.stringContaining(hint),
    });

  it("refuses a parameter that the graph has not, or of another size", () => {
    const model = toOnnx("network", network(), "portable");
    expect(() => selfContainedOnnx(model, { w, c: b })).toThrow(
      refused("parameter c: the graph has no such input, got 3 elements", "x, w, b"),
    );
    expect(() => selfContainedOnnx(model, { w, b: w })).toThrow(
      refused("parameter b: the graph has 3 elements, got 6 elements", "x, w, b"),
    );
  });

  it("refuses a size that cannot be read off an input", () => {
    const build = createBuilder();
    const x = build.input("x", "float32", ["2*N"]);
    const model = toOnnx("pairs", { y: build.reshape(x, ["N", 2]) }, "portable");
    expect(() => selfContainedOnnx(model, {})).toThrow(
      refused("no input of the exported graph has an axis of the size N", "N alone"),
    );
  });
});
