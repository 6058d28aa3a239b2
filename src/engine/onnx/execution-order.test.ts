/** The order by itself, and what ONNX Runtime makes of it: its profile tells in which order nodes ran. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createBuilder } from "../graph/builder.js";
import { gradients } from "../graph/grad.js";
import type { Tensor as GraphTensor } from "../graph/graph.js";
import { executionOrder, nodesFor } from "./execution-order.js";
import { toOnnx } from "./export.js";

describe("executionOrder", () => {
  it("puts what reads no node first, and what nobody reads last, the first made at the end", () => {
    const node = (name: string, ...input: string[]) => ({ input, output: [name] });
    const nodes = [
      node("hidden", "x"),
      node("loss", "hidden"),
      node("cast", "mask"),
      node("dropped", "hidden", "cast"),
      node("gradient", "dropped", "x"),
    ];
    expect(executionOrder(nodes).map(({ output }) => output[0])).toEqual([
      "hidden",
      "cast",
      "dropped",
      "gradient",
      "loss",
    ]);
  });
});

describe("nodesFor", () => {
  it("leaves out what no result comes out of, and keeps the order", () => {
    const nodes = [
      { input: ["x"], output: ["hidden"] },
      { input: ["hidden"], output: ["second", "unread"] },
      { input: ["unread"], output: ["further"] },
      { input: ["second", ""], output: ["loss"] },
    ];
    expect(nodesFor(nodes, ["loss"])).toEqual([nodes[0], nodes[1], nodes[3]]);
  });
});

const eventsSchema = z.array(z.looseObject({ name: z.string(), ts: z.number() }));

/** Names of the nodes of one run, in the order in which they ran. */
async function ranNodes(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "l3masking-order-"));
  try {
    const session = await InferenceSession.create(bytes, {
      enableProfiling: true,
      profileFilePrefix: join(folder, "profile"),
    });
    await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file] = readdirSync(folder);
    const events = eventsSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    return events
      .filter(({ name }) => name.endsWith("_kernel_time"))
      .sort((a, b) => a.ts - b.ts)
      .map(({ name }) => name.replace("_kernel_time", ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the runtime", () => {
  it("makes the gradient of each layer's weight before it goes on to the layer below", async () => {
    const build = createBuilder();
    const names = ["w0", "w1", "w2", "w3"];
    const weights = names.map((name) => build.input(name, "float32", [4, 4]));
    const keep = build.input("keep", "bool", [2, 4]);
    const layer = (x: GraphTensor, weight: GraphTensor, index: number) =>
      build.scope(`layer.${index}`, () => {
        const y = build.tanh(build.gemm(x, weight, undefined, { transB: true }));
        return build.apply("dropout", [y, keep], {})[0];
      });
    const result = weights.reduce(layer, build.input("x", "float32", [2, 4]));
    const loss = build.sum(result, [0, 1]);
    const found = gradients(build, loss, weights);
    const outputs: Record<string, GraphTensor> = { loss };
    weights.forEach((weight, index) => {
      const { dense } = found.get(weight) ?? {};
      if (dense !== undefined) outputs[`d${names[index]}`] = dense;
    });
    const numbers = (...dims: number[]) =>
      new Tensor("float32", new Float32Array(dims[0] * dims[1]).fill(0.5), dims);
    const feeds = {
      x: numbers(2, 4),
      keep: new Tensor("bool", new Uint8Array(8).fill(1), [2, 4]),
      ...Object.fromEntries(names.map((name) => [name, numbers(4, 4)])),
    };
    const ran = await ranNodes(toOnnx("layers", outputs, "cpu").bytes, feeds);
    const layers = ran.flatMap((name) => /^(gradient\/)?layer\.(\d)\//.exec(name)?.slice(1) ?? []);
    const steps = Array.from({ length: layers.length / 2 }, (_, at) => {
      const [backward, index] = layers.slice(2 * at, 2 * at + 2);
      return backward === undefined ? Number(index) : 7 - Number(index);
    });
    // Up through the layers and down again: 0 to 3 forward, 4 (layer 3) to 7 (layer 0) backward. The casts and products
    // at the border of two layers may change places, and nothing stays further behind.
    expect(new Set(steps).size).toBe(8);
    let furthest = 0;
    for (const step of steps) {
      furthest = Math.max(furthest, step);
      expect(step).toBeGreaterThanOrEqual(furthest - 1);
    }
  });
});
