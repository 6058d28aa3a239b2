import { beforeAll, describe, expect, it } from "vitest";
import golden from "../../../test/golden/optimizer.json" with { type: "json" };
import { adamwStep, type OptimizerGroup } from "../../method/train/optimizer.js";
import { createParameterStore } from "../../method/train/parameter-store.js";
import type { Parameter } from "../../model/parameters.js";
import { createBuilder } from "../graph/builder.js";
import { graphInputs } from "../graph/graph.js";
import { interpret } from "../graph/reference.js";
import { compileProgram, floatOutput, type Program } from "../program.js";
import { cpu } from "../runtime/devices/cpu.js";
import type { Runtime } from "../runtime/runtime.js";
import {
  adamwGraph,
  adamwScalars,
  optimizerNames as names,
  normGraph,
  type OptimizedTensor,
} from "./optimizer-graph.js";

const { maxNorm, ...settings } = golden.settings;

const tensors: readonly OptimizedTensor[] = golden.parameters.map(
  ({ name, shape, part, decay }) => {
    const group = part === "classification-head" ? "classification" : "body";
    return { name, shape, group, decay, clipGroup: group };
  },
);

type Arrays = Record<string, Float32Array>;

function numbers(record: Record<string, number[]>, name: string): number[] {
  return record[name] ?? expect.unreachable(`no tensor ${name} in the golden file`);
}

interface State {
  readonly weight: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Weights and moments, and steps over them by the two graphs. */
function optimizer(run: (graph: "norms" | "update", feeds: Arrays) => Promise<Arrays>) {
  const state = new Map<string, State>(
    tensors.map(({ name, shape }) => {
      const zeros = () => new Float32Array(shape.reduce((product, size) => product * size, 1));
      return [name, { weight: zeros(), first: zeros(), second: zeros() }];
    }),
  );
  const of = (name: string) => state.get(name) ?? expect.unreachable(name);
  return {
    of,
    async step(
      gradients: Record<string, number[]>,
      scalars: Record<string, number>,
      limit: number,
    ) {
      const feeds: Arrays = {};
      const limits: Arrays = {};
      for (const { name, clipGroup } of tensors) {
        feeds[names.gradient(name)] = Float32Array.from(numbers(gradients, name));
        limits[names.maxNorm(clipGroup)] = Float32Array.of(limit);
      }
      const norms = await run("norms", { ...feeds, ...limits });
      for (const { name, clipGroup } of tensors) {
        feeds[names.clip(clipGroup)] = norms[names.clip(clipGroup)];
        const { weight, first, second } = of(name);
        feeds[name] = weight;
        feeds[names.first(name)] = first;
        feeds[names.second(name)] = second;
      }
      for (const [key, value] of Object.entries(scalars)) feeds[key] = Float32Array.of(value);
      const updated = await run("update", feeds);
      for (const { name } of tensors) {
        state.set(name, {
          weight: updated[names.newWeight(name)],
          first: updated[names.newFirst(name)],
          second: updated[names.newSecond(name)],
        });
      }
      return norms;
    },
  };
}

/** Largest difference between two tensors relative to the largest value of the expected one. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  const wanted = Array.from(expected);
  const scale = Math.max(...wanted.map(Math.abs));
  return Math.max(...wanted.map((value, i) => Math.abs(actual[i] - value))) / scale;
}

function scalarsAt(
  { body, classification }: { body: number; classification: number },
  step: number,
) {
  const { groups } = golden;
  const rates = {
    body: { learningRate: body, weightDecay: groups.body.weightDecay },
    classification: {
      learningRate: classification,
      weightDecay: groups.classification.weightDecay,
    },
  };
  return adamwScalars(settings, rates, step);
}

describe.each(["cpu", "portable"] as const)("AdamW as graphs, %s kernels", (target) => {
  let norms: Program;
  let update: Program;
  beforeAll(async () => {
    const runtime: Runtime = { ...(await cpu.open({ threads: 1 })), target };
    norms = await compileProgram(runtime, "norms", (build) => normGraph(build, tensors));
    update = await compileProgram(runtime, "update", (build) =>
      adamwGraph(build, tensors, settings),
    );
  });
  const run = async (graph: "norms" | "update", feeds: Arrays) => {
    const outputs = await (graph === "norms" ? norms : update).run(feeds, {});
    const found = Object.keys(outputs).map((key) => [key, floatOutput(outputs, key)] as const);
    return Object.fromEntries(found);
  };

  it.each(golden.trajectories)(
    "follows PyTorch for 20 steps, $kind schedule",
    async (trajectory) => {
      const { of, step } = optimizer(run);
      for (const { name } of tensors) of(name).weight.set(numbers(trajectory.initial, name));
      for (const [index, expected] of trajectory.steps.entries()) {
        const scalars = scalarsAt(expected.learningRates, index + 1);
        const found = await step(expected.gradients, scalars, maxNorm);
        for (const [group, norm] of Object.entries(expected.norms)) {
          expect(found[names.norm(group)][0] / norm).toBeCloseTo(1, 6);
        }
        for (const { name } of tensors) {
          const difference = relativeError(of(name).weight, numbers(expected.weights, name));
          expect(difference, `${name} after step ${index + 1}`).toBeLessThan(1e-6);
        }
      }
      for (const { name } of tensors) {
        expect(relativeError(of(name).first, numbers(trajectory.first, name))).toBeLessThan(1e-6);
        expect(relativeError(of(name).second, numbers(trajectory.second, name))).toBeLessThan(1e-6);
      }
    },
  );

  it("does what the kernels do, without clipping too", async () => {
    const [{ initial, steps }] = golden.trajectories;
    const { of, step } = optimizer(run);
    const parameters = golden.parameters.map((parameter): Parameter => {
      const part = parameter.part === "classification-head" ? "classification-head" : "body";
      return { ...parameter, part, initial: "zeros" };
    });
    const store = createParameterStore(parameters);
    for (const { name } of tensors) {
      of(name).weight.set(numbers(initial, name));
      store.weight(name).set(numbers(initial, name));
    }
    const { body, classification } = golden.groups;
    const unclipped = (name: string) => ({ name, maxNorm: Number.POSITIVE_INFINITY });
    const groups: OptimizerGroup[] = [
      { parts: ["body"], ...body, clip: unclipped("body") },
      { parts: ["classification-head"], ...classification, clip: unclipped("classification") },
    ];
    const rates = { body: body.learningRate, classification: classification.learningRate };
    for (const [index, { gradients }] of steps.entries()) {
      for (const { name } of tensors) store.gradient(name).set(numbers(gradients, name));
      adamwStep(store, groups, settings, index + 1);
      await step(gradients, scalarsAt(rates, index + 1), Number.POSITIVE_INFINITY);
    }
    for (const { name } of tensors) {
      expect(relativeError(of(name).weight, store.weight(name))).toBeLessThan(2e-6);
      expect(relativeError(of(name).first, store.first(name))).toBeLessThan(1e-6);
      expect(relativeError(of(name).second, store.second(name))).toBeLessThan(1e-6);
    }
  });
});

describe("the graphs of the optimizer", () => {
  it("take the norm over all gradients of a group, and clip where it is above the limit", () => {
    const two = ["a", "b"].map((name): OptimizedTensor => {
      return { name, shape: [2], group: "all", decay: true, clipGroup: "both" };
    });
    const feeds = (limit: number) => ({
      "gradient.a": { shape: [2], data: Float64Array.of(2, 0) },
      "gradient.b": { shape: [2], data: Float64Array.of(1, -2) },
      "maxNorm.both": { shape: [], data: Float64Array.of(limit) },
    });
    const outputs = normGraph(createBuilder(), two);
    const clipped = interpret(outputs, feeds(1.5));
    expect(clipped["norm.both"].data).toEqual(Float64Array.of(3));
    expect(clipped["clip.both"].data[0]).toBeCloseTo(0.5, 6);
    const free = interpret(outputs, feeds(3.5));
    expect(free["clip.both"].data).toEqual(Float64Array.of(1));
  });

  it("need no decay where none acts", () => {
    const bias: OptimizedTensor = {
      name: "b",
      shape: [2],
      group: "g",
      decay: false,
      clipGroup: "c",
    };
    const inputs = graphInputs(Object.values(adamwGraph(createBuilder(), [bias], settings)));
    expect(inputs.map(({ source }) => source.name).sort()).toEqual(
      ["b", "clip.c", "epsilon", "first.b", "gradient.b", "rate.g", "second.b"].sort(),
    );
  });
});
