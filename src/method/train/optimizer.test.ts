import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/optimizer.json" with { type: "json" };
import { L3MaskingError } from "../../base/errors.js";
import type { Parameter, ParameterPart } from "../../model/parameters.js";
import {
  adamwStep,
  clipCoefficient,
  type OptimizerGroup,
  publishedAdamwSettings,
} from "./optimizer.js";
import { createParameterStore } from "./parameter-store.js";
import { learningRateFactor, scheduleKinds } from "./schedule.js";

const parts: readonly ParameterPart[] = ["body", "mlm-head", "classification-head"];

function parameterOf(item: (typeof golden.parameters)[number]): Parameter {
  const part = parts.find((known) => known === item.part);
  if (part === undefined) throw new Error(`the golden file names an unknown part: ${item.part}`);
  return { ...item, part, initial: "zeros" };
}

const parameters = golden.parameters.map(parameterOf);
const { maxNorm, ...goldenSettings } = golden.settings;

/** The golden file's groups, with the learning rates of one step. */
function groupsAt(factor: number): OptimizerGroup[] {
  const { body, classification } = golden.groups;
  return [
    {
      parts: ["body", "mlm-head"],
      learningRate: body.learningRate * factor,
      weightDecay: body.weightDecay,
      clip: { name: "body", maxNorm },
    },
    {
      parts: ["classification-head"],
      learningRate: classification.learningRate * factor,
      weightDecay: classification.weightDecay,
      clip: { name: "classification", maxNorm },
    },
  ];
}

/** Largest difference between two tensors relative to the largest value of the expected one. */
function relativeError(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i] - value))) / scale;
}

/** The tensor of one parameter in a golden record of tensors. */
function tensor(record: Record<string, number[]>, name: string): number[] {
  const values = record[name];
  if (values === undefined) throw new Error(`the golden file lacks the tensor ${name}`);
  return values;
}

describe("the published settings", () => {
  it("are those of the golden trajectories", () => {
    expect(publishedAdamwSettings).toEqual(goldenSettings);
  });
});

describe.each(golden.trajectories)("AdamW under the $kind schedule", (trajectory) => {
  // One arena; and small ones, so that parameters of one group lie in several memories.
  it.each([undefined, 1024])("follows PyTorch for 20 steps (arena bytes: %s)", (arenaBytes) => {
    const kind = scheduleKinds.find((known) => known === trajectory.kind);
    if (kind === undefined) throw new Error(`unknown schedule ${trajectory.kind}`);
    const { warmupSteps, totalSteps } = golden;
    const store = createParameterStore(parameters, arenaBytes === undefined ? {} : { arenaBytes });
    for (const { name } of parameters) store.weight(name).set(tensor(trajectory.initial, name));

    trajectory.steps.forEach((expected, index) => {
      for (const { name } of parameters) store.gradient(name).set(tensor(expected.gradients, name));
      const groups = groupsAt(learningRateFactor(index, { kind, warmupSteps, totalSteps }));
      expect(groups[0].learningRate).toBeCloseTo(expected.learningRates.body, 14);
      expect(groups[1].learningRate).toBeCloseTo(expected.learningRates.classification, 14);

      const norms = adamwStep(store, groups, publishedAdamwSettings, index + 1);
      expect([...norms.keys()].sort()).toEqual(["body", "classification"]);
      for (const [name, norm] of Object.entries(expected.norms)) {
        expect(Math.abs((norms.get(name) ?? Number.NaN) / norm - 1)).toBeLessThan(1e-6);
      }
      for (const { name } of parameters) {
        const difference = relativeError(store.weight(name), tensor(expected.weights, name));
        expect(difference, `${name} after step ${index + 1}`).toBeLessThan(1e-6);
        expect(store.gradient(name).every((value) => value === 0)).toBe(true);
      }
    });
    for (const { name } of parameters) {
      expect(relativeError(store.first(name), tensor(trajectory.first, name))).toBeLessThan(1e-6);
      expect(relativeError(store.second(name), tensor(trajectory.second, name))).toBeLessThan(1e-6);
    }
  });

  it("takes both branches of clipping", () => {
    const norms = trajectory.steps.flatMap((step) => Object.values(step.norms));
    expect(Math.max(...norms)).toBeGreaterThan(maxNorm);
    expect(Math.min(...norms)).toBeLessThan(maxNorm);
  });
});

describe("clipCoefficient", () => {
  it.each([
    [4, 1, 1 / 4.000001],
    [0.5, 1, 1],
    [0, 1, 1],
    [1e9, Number.POSITIVE_INFINITY, 1],
  ])("brings a norm of %d down to %d by %d", (norm, limit, expected) => {
    expect(clipCoefficient(norm, limit)).toBe(expected);
  });
});

/** Two body parameters and a head of one element each, weight 1 and gradient 0.5. */
function smallStore() {
  const store = createParameterStore([
    { name: "w", shape: [1], part: "body", decay: true, initial: "ones" },
    { name: "b", shape: [1], part: "body", decay: false, initial: "ones" },
    { name: "h", shape: [1], part: "classification-head", decay: true, initial: "ones" },
  ]);
  for (const { name } of store.parameters) {
    store.weight(name).fill(1);
    store.gradient(name).fill(0.5);
  }
  return store;
}

const bodyGroup: OptimizerGroup = {
  parts: ["body"],
  learningRate: 0.1,
  weightDecay: 0.5,
  clip: { name: "body", maxNorm: Number.POSITIVE_INFINITY },
};

describe("adamwStep", () => {
  it("moves the first step by the learning rate, and decays only where decay is set", () => {
    const store = smallStore();
    const norms = adamwStep(store, [bodyGroup], publishedAdamwSettings, 1);
    // Bias correction makes m / sqrt(v) = 0.5 / 0.5; decay takes 0.1 * 0.5 of the weight.
    expect(store.weight("w")[0]).toBeCloseTo(1 - 0.05 - 0.1, 5);
    expect(store.weight("b")[0]).toBeCloseTo(1 - 0.1, 5);
    expect(norms.get("body")).toBeCloseTo(Math.sqrt(0.5), 12);
  });

  it("leaves the parts of no group alone, gradient included", () => {
    const store = smallStore();
    adamwStep(store, [bodyGroup], publishedAdamwSettings, 1);
    expect([store.weight("h")[0], store.gradient("h")[0]]).toEqual([1, 0.5]);
    expect([store.first("h")[0], store.second("h")[0]]).toEqual([0, 0]);
  });

  it("clips groups of one clip name by their common norm", () => {
    const store = smallStore();
    const clip = { name: "all", maxNorm: 1 };
    const groups: OptimizerGroup[] = [
      { ...bodyGroup, clip },
      { ...bodyGroup, parts: ["classification-head"], clip },
    ];
    const norms = adamwStep(store, groups, publishedAdamwSettings, 1);
    expect([...norms]).toEqual([["all", Math.sqrt(0.75)]]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "stops at a gradient of %d before anything changes, and names the parameter",
    (poison) => {
      const store = smallStore();
      store.gradient("b")[0] = poison;
      const attempt = () => adamwStep(store, [bodyGroup], publishedAdamwSettings, 12);
      expect(attempt).toThrow(L3MaskingError);
      expect(attempt).toThrow(
        expect.objectContaining({
          code: "training-diverged",
          message: expect.stringMatching(
            /clip group "body", got (NaN|Infinity), first in "b" at update 12/,
          ),
        }),
      );
      expect([store.weight("w")[0], store.gradient("w")[0], store.first("w")[0]]).toEqual([
        1, 0.5, 0,
      ]);
    },
  );

  it.each<[string, readonly OptimizerGroup[]]>([
    ['got "body" in two', [bodyGroup, bodyGroup]],
    [
      "parameters of the store in the optimizer group of mlm-head, got none",
      [{ ...bodyGroup, parts: ["mlm-head"] }],
    ],
    ["in the optimizer group of no parts, got none", [{ ...bodyGroup, parts: [] }]],
    [
      "a learningRate of at least 0 for the optimizer group of body, got -1",
      [{ ...bodyGroup, learningRate: -1 }],
    ],
    [
      "a learningRate of at least 0 for the optimizer group of body, got NaN",
      [{ ...bodyGroup, learningRate: Number.NaN }],
    ],
    [
      "a weightDecay of at least 0 for the optimizer group of body, got -2",
      [{ ...bodyGroup, weightDecay: -2 }],
    ],
    [
      "a clip norm above 0 for the optimizer group of body, got 0",
      [{ ...bodyGroup, clip: { name: "body", maxNorm: 0 } }],
    ],
    [
      'one norm for the clip group "body", got Infinity and 1',
      [
        bodyGroup,
        { ...bodyGroup, parts: ["classification-head"], clip: { name: "body", maxNorm: 1 } },
      ],
    ],
  ])("refuses groups: %s", (message, groups) => {
    const store = smallStore();
    expect(() => adamwStep(store, groups, publishedAdamwSettings, 1)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    );
    expect(store.weight("w")[0]).toBe(1);
  });

  it.each([
    ["beta1 in [0, 1), got 1", { beta1: 1 }, 1],
    ["beta2 in [0, 1), got -0.1", { beta2: -0.1 }, 1],
    ["epsilon above 0, got 0", { epsilon: 0 }, 1],
    ["epsilon above 0, got 1e-60", { epsilon: 1e-60 }, 1],
    ["step to be 1 or more, got 0", {}, 0],
  ])("refuses settings: %s", (message, changed, step) => {
    const settings = { ...publishedAdamwSettings, ...changed };
    expect(() => adamwStep(smallStore(), [bodyGroup], settings, step)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("needs a store made for training", () => {
    const store = createParameterStore(smallStore().parameters, { training: false });
    expect(() => adamwStep(store, [bodyGroup], publishedAdamwSettings, 1)).toThrow(
      expect.objectContaining({ code: "graph-invalid" }),
    );
  });
});
