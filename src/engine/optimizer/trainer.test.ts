import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import golden from "../../../test/golden/engine-network.json" with { type: "json" };
import type { Builder } from "../graph/builder.js";
import type { GraphOutputs } from "../graph/graph.js";
import { compileProgram, floatOutput, scalarOutput } from "../program.js";
import { cpu } from "../runtime/devices/cpu.js";
import type { HeldArray, Runtime } from "../runtime/runtime.js";
import { createTrainer, type TrainerSettings } from "./trainer.js";

const runtime = await cpu.open({ threads: 1 });

function network(build: Builder) {
  const { w1, b1, w2, b2 } = golden.shapes;
  const input = (name: string, shape: readonly (number | string)[]) =>
    build.input(name, "float32", shape);
  const hidden = build.tanh(
    build.gemm(input("x", ["N", 3]), input("w1", w1), input("b1", b1), { transB: true }),
  );
  const logits = build.gemm(hidden, input("w2", w2), input("b2", b2), { transB: true });
  return build.crossEntropy(logits, build.input("labels", "int32", ["N"]));
}

const graph = (build: Builder) => {
  const { nll, correct } = network(build);
  return { loss: build.mean(nll), correct: build.sum(correct) };
};

const initial = Object.fromEntries(
  Object.entries(golden.initial).map(([name, values]) => [name, Float32Array.from(values)]),
);

const feedsOf = ({ x, labels }: (typeof golden.steps)[number]) => ({
  x: Float32Array.from(x),
  labels: Int32Array.from(labels),
});

describe.each(["cpu", "portable"] as const)("createTrainer, %s kernels", (target) => {
  it("trains a network as PyTorch does", async () => {
    const settings = { ...golden.settings, undecayed: ["b1", "b2"] };
    const trainer = await createTrainer({ ...runtime, target }, graph, initial, settings);
    for (const [index, given] of golden.steps.entries()) {
      const sizes = { N: given.labels.length };
      const learningRate = given.rate;
      const { loss, norm, arrays } = await trainer.step(feedsOf(given), sizes, { learningRate });
      expect(Math.abs(loss / given.loss - 1), `loss of step ${index + 1}`).toBeLessThan(2e-6);
      expect(Math.abs(norm / given.norm - 1), `norm of step ${index + 1}`).toBeLessThan(5e-6);
      expect(Object.keys(arrays)).toEqual(["correct"]);
    }
    expect(trainer.steps).toBe(golden.steps.length);
    const trained = await trainer.parameters();
    for (const [name, expected] of Object.entries(golden.trained)) {
      expected.forEach((value, i) => {
        expect(Math.abs(trained[name][i] - value), `${name}[${i}]`).toBeLessThan(5e-6);
      });
    }
    await trainer.dispose();
  });
});

const [first] = golden.steps;
const feeds = feedsOf(first);
const sizes = { N: first.labels.length };

describe("a trainer", () => {
  it("starts from copies, and gives copies", async () => {
    const given = { ...initial, b1: initial.b1.slice() };
    const trainer = await createTrainer(runtime, graph, given);
    given.b1.fill(9);
    const values = await trainer.parameters();
    expect(values.b1).toEqual(initial.b1);
    values.b1.fill(9);
    expect((await trainer.parameters()).b1).toEqual(initial.b1);
    await trainer.dispose();
  });

  it("lets another program read the parameters where they are", async () => {
    const trainer = await createTrainer(runtime, graph, initial, { learningRate: 0.1 });
    const evaluation = await compileProgram(runtime, "evaluation", graph);
    const lossNow = async () =>
      scalarOutput(await evaluation.run({ ...feeds, ...trainer.held() }, sizes), "loss");
    const before = await lossNow();
    const { loss } = await trainer.step(feeds, sizes);
    expect(loss).toBeCloseTo(before, 6);
    expect(await lossNow()).toBeLessThan(before);
    await evaluation.dispose();
    await trainer.dispose();
  });

  it("disposes of all that it held", async () => {
    const alive = new Set<HeldArray>();
    const watch = (array: HeldArray) => {
      const { dispose } = array;
      alive.add(array);
      return Object.assign(array, {
        dispose() {
          alive.delete(array);
          dispose();
        },
      });
    };
    const watching: Runtime = {
      ...runtime,
      hold: async (value) => watch(await runtime.hold(value)),
      async load(name, bytes, held) {
        const session = await runtime.load(name, bytes, held);
        return {
          ...session,
          async run(inputs, outputs, targets) {
            const found = await session.run(inputs, outputs, targets);
            Object.values(found.held).forEach(watch);
            return found;
          },
        };
      },
    };
    const trainer = await createTrainer(watching, graph, initial);
    for (let step = 0; step < 3; step++) {
      await trainer.step(feeds, sizes);
      // Weights and two moments of four parameters.
      expect(alive.size).toBe(12);
    }
    const infinite = { ...feeds, x: feeds.x.map(() => Number.NaN) };
    expect(await failure(trainer.step(infinite, sizes))).toMatchObject({
      code: "training-diverged",
    });
    expect(alive.size).toBe(12);
    await trainer.dispose();
    expect(alive.size).toBe(0);
  });

  it("changes nothing where a norm is not finite, and counts no step", async () => {
    const trainer = await createTrainer(runtime, graph, initial);
    const infinite = { ...feeds, x: feeds.x.map(() => Number.NaN) };
    const error = await failure(trainer.step(infinite, sizes));
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toBe("expected a finite gradient norm, got NaN in step 1");
    expect(await trainer.parameters()).toEqual(initial);
    expect(trainer.steps).toBe(0);
    expect((await trainer.step(feeds, sizes)).loss).toBeCloseTo(first.loss, 5);
    await trainer.dispose();
  });

  it("does one step at a time", async () => {
    const trainer = await createTrainer(runtime, graph, initial);
    const running = trainer.step(feeds, sizes);
    expect(await failure(trainer.step(feeds, sizes))).toMatchObject({
      code: "invalid-setting",
      hint: "Await each step.",
    });
    await running;
    expect(trainer.steps).toBe(1);
    await trainer.dispose();
  });

  it("says what was fed wrongly, and goes on", async () => {
    const trainer = await createTrainer(runtime, graph, initial);
    const { x, labels } = feeds;
    expect((await failure(trainer.step({ x }, sizes))).message).toBe(
      "input labels of loss was not given",
    );
    expect((await failure(trainer.step({ x, labels }, { N: 4 }))).message).toBe(
      "input x of loss needs 12 elements, got 9",
    );
    expect((await failure(trainer.step({ x, labels }))).message).toBe(
      "size N has no value in this run",
    );
    expect(await failure(trainer.step({ x, label: labels }, sizes))).toMatchObject({
      message: "input label of loss does not exist",
      hint: "Did you mean labels?",
    });
    await trainer.step({ x, labels }, sizes);
    await trainer.dispose();
  });
});

describe("createTrainer", () => {
  const w = Float32Array.of(1, 2);
  const square = (build: Builder) => ({
    loss: build.sumOfSquares(build.input("w", "float32", [2])),
  });

  it("minimises", async () => {
    const settings = { learningRate: 0.1, weightDecay: 0 };
    const trainer = await createTrainer(runtime, square, { w }, settings);
    for (let step = 0; step < 200; step++) await trainer.step({});
    const found = (await trainer.parameters()).w;
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(1e-3);
    await trainer.dispose();
  });

  it.each<[string, (build: Builder) => GraphOutputs, Record<string, Float32Array>, string]>([
    ["the loss does not depend on a parameter v", square, { v: w }, "It reads w."],
    [
      "parameter w: the graph has float32 [2], got 3 values",
      square,
      { w: new Float32Array(3) },
      "float32 input of fixed shape",
    ],
    [
      "parameter w: the graph has float32 [N], got 3 values",
      (build) => ({ loss: build.sum(build.input("w", "float32", ["N"])) }),
      { w: new Float32Array(3) },
      "float32 input of fixed shape",
    ],
    [
      "the graph to train has no output named loss",
      (build) => ({ cost: square(build).loss }),
      { w },
      "Return { loss }",
    ],
    [
      "expected a loss of shape [] to differentiate, got [2]",
      (build) => ({ loss: build.input("w", "float32", [2]) }),
      { w },
      "mean or its sum",
    ],
  ])("refuses a graph: %s", async (message, define, parameters, hint) => {
    expect(await failure(createTrainer(runtime, define, parameters))).toMatchObject({
      code: "graph-invalid",
      message,
      hint: expect.stringContaining(hint),
    });
  });

  it.each<[string, TrainerSettings]>([
    ["expected beta1 in [0, 1), got 1", { beta1: 1 }],
    ["expected beta2 in [0, 1), got NaN", { beta2: Number.NaN }],
    ["expected an epsilon above 0, got 0", { epsilon: 0 }],
    ["expected a maxNorm above 0, got 0", { maxNorm: 0 }],
    ["expected a learningRate of at least 0, got -1", { learningRate: -1 }],
    [
      "expected a weightDecay of at least 0, got Infinity",
      { weightDecay: Number.POSITIVE_INFINITY },
    ],
    ["expected names of parameters in undecayed, got v", { undecayed: ["v"] }],
  ])("refuses a setting: %s", async (message, settings) => {
    expect(await failure(createTrainer(runtime, square, { w }, settings))).toMatchObject({
      code: "invalid-setting",
      message,
      hint: expect.any(String),
    });
  });
});

describe("a step", () => {
  it("reads the learning rate of its own", async () => {
    const graphOf = (build: Builder) => ({ loss: build.sum(build.input("w", "float32", [1])) });
    const trainer = await createTrainer(
      runtime,
      graphOf,
      { w: Float32Array.of(1) },
      { weightDecay: 0 },
    );
    await trainer.step({}, {}, { learningRate: 0.5 });
    expect((await trainer.parameters()).w[0]).toBeCloseTo(0.5, 5);
    expect(floatOutput({ w: await trainer.held().w.read() }, "w")[0]).toBeCloseTo(0.5, 5);
    expect(await failure(trainer.step({}, {}, { learningRate: -1 }))).toMatchObject({
      code: "invalid-setting",
    });
    await trainer.dispose();
  });
});
