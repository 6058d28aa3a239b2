import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import type {
  ClassificationTraining,
  MaskedTokenTraining,
  SharedTraining,
} from "../program/training.js";
import type { MetaLearning } from "./meta-learning.js";
import type { OptimizerGroup } from "./optimizer.js";
import { createParameterStore } from "./parameter-store.js";
import { type MicroBatch, type StepPlan, type StepState, trainingStep } from "./step.js";
import { hostParameters } from "./trained-parameters.js";

const packed = (tokens: number) => ({
  ids: new Int32Array(8),
  positions: new Int32Array(8),
  segments: new Int32Array(8),
  firstSlots: new Int32Array(1),
  rows: 1,
  slots: 8,
  tokens,
});
const main = (texts: number) => ({
  main: { batch: packed(8), labels: new Int32Array(texts) },
});
const auxiliary = (targets: number) => ({
  auxiliary: {
    batch: packed(5),
    targetSlots: new Int32Array(targets),
    targetIds: new Int32Array(targets),
  },
});

const group: OptimizerGroup = {
  parts: ["body"],
  learningRate: 0.1,
  weightDecay: 0,
  clip: { name: "encoder", maxNorm: 1e9 },
};

/** Each text of the main task has loss 2 and gradient 1; each selected token loss 3 and gradient 10. */
function fixture(losses: { main?: number; auxiliary?: number } = {}) {
  const store = createParameterStore([
    { name: "w", shape: [2], part: "body", decay: false, initial: "zeros" },
  ]);
  store.weight("w").set([1, -1]);
  const passes: number[] = [];
  const gradients: number[] = [];
  const dropout = { begin: (pass: number) => passes.push(pass) };
  const accumulated = (amount: number) => {
    store.gradient("w")[0] += amount;
    gradients.push(store.gradient("w")[0]);
  };
  const mainProgram: ClassificationTraining = {
    async accumulate(_, labels, lossScale) {
      accumulated(lossScale * labels.length);
      return { lossSum: (losses.main ?? 2) * labels.length, correct: 0 };
    },
  };
  const auxiliaryProgram: MaskedTokenTraining = {
    async accumulate(_, slots, ids, lossScale) {
      expect(slots.length).toBe(ids.length);
      accumulated(lossScale * ids.length * 10);
      return { lossSum: (losses.auxiliary ?? 3) * ids.length, correct: 0 };
    },
  };
  const state: StepState = {
    parameters: hostParameters(store),
    main: mainProgram,
    auxiliary: auxiliaryProgram,
    dropout,
  };
  const step = (
    microBatches: readonly MicroBatch[],
    changed: Partial<StepPlan> = {},
    other: StepState = state,
  ) =>
    trainingStep(other, {
      step: 1,
      microBatches,
      gradientAccumulationSteps: microBatches.length,
      taskWeights: { main: 0.25, auxiliary: 0.75 },
      groups: [group],
      ...changed,
    });
  return { step, state, store, passes, gradients };
}

describe("trainingStep", () => {
  it("means the losses over all texts and all selected tokens of the step", async () => {
    const { step, gradients } = fixture();
    const result = await step([
      { ...main(4), ...auxiliary(6) },
      { ...main(1), ...auxiliary(2) },
    ]);
    // Of the main task 0.25 * 4/5, then * 1/5; of the auxiliary one 0.75 * 10 * 6/8, then * 2/8.
    expect(gradients.map((value) => value.toFixed(4))).toEqual([
      "0.2000",
      "0.2500",
      "5.8750",
      "7.7500",
    ]);
    expect(result).toEqual({
      main_loss: expect.closeTo(2, 12),
      auxiliary_loss: expect.closeTo(3, 12),
      gradient_norms: { encoder: expect.closeTo(7.75, 5) },
      cosines: null,
      tokens: 26,
      masked_tokens: 8,
    });
  });

  it("means the means of the micro-batches where asked for the published accumulation", async () => {
    const { step, gradients } = fixture();
    const microBatches = [
      { ...main(4), ...auxiliary(6) },
      { ...main(1), ...auxiliary(2) },
    ];
    const result = await step(microBatches, { accumulation: "published" });
    // Means do not depend on the sizes: (0.25 * 1 + 0.75 * 10) / 2 from each micro-batch.
    expect(gradients.map((value) => value.toFixed(4))).toEqual([
      "0.1250",
      "3.8750",
      "4.0000",
      "7.7500",
    ]);
    expect(result).toMatchObject({ main_loss: 2, auxiliary_loss: 3 });
  });

  it("moves the weights and clears the gradients", async () => {
    const { step, store } = fixture();
    await step([main(2)]);
    expect(Array.from(store.gradient("w"))).toEqual([0, 0]);
    expect(store.weight("w")[0]).toBeCloseTo(0.9, 5);
    expect(store.weight("w")[1]).toBe(-1);
  });

  it("counts a micro-batch without selected tokens for nothing, and as published as a loss of 0", async () => {
    const { step, gradients } = fixture();
    const microBatches = [
      { ...main(1), ...auxiliary(0) },
      { ...main(1), ...auxiliary(4) },
    ];
    const result = await step(microBatches);
    expect(result.auxiliary_loss).toBe(3);
    const published = await fixture().step(microBatches, { accumulation: "published" });
    expect(published.auxiliary_loss).toBe(1.5);
    expect(result.tokens).toBe(8 + 8 + 5);
    expect(gradients.length).toBe(3);
    const { auxiliary_loss } = await fixture().step([{ ...main(1), ...auxiliary(0) }]);
    expect(auxiliary_loss).toBeNull();
  });

  it("weights both losses of a shared pass, and counts its tokens once", async () => {
    const { state, step, passes } = fixture();
    const scales: unknown[] = [];
    const shared: SharedTraining = {
      async accumulate(_, labels, slots, ids, given) {
        scales.push(given);
        expect(slots.length).toBe(ids.length);
        return {
          main: { lossSum: 2 * labels.length, correct: 0 },
          auxiliary: { lossSum: 3 * ids.length, correct: 0 },
        };
      },
    };
    const { parameters, dropout } = state;
    const micro = (texts: number, selected: number): MicroBatch => ({
      shared: { ...auxiliary(selected).auxiliary, labels: new Int32Array(texts) },
    });
    const result = await step([micro(4, 5), micro(2, 0)], {}, { parameters, dropout, shared });
    expect(scales).toEqual([
      { main: 0.25 / 6, auxiliary: 0.75 / 5 },
      { main: 0.25 / 6, auxiliary: 0 },
    ]);
    expect(result).toMatchObject({
      main_loss: expect.closeTo(2, 12),
      auxiliary_loss: 3,
      tokens: 10,
      masked_tokens: 5,
    });
    expect(passes).toEqual([0, 2]);
  });

  it("gives every pass of every step dropout masks of its own", async () => {
    const { step, passes } = fixture();
    const both = { ...main(1), ...auxiliary(1) };
    await step([both, both], { step: 1 });
    await step([both, both], { step: 2 });
    // An epoch's last step may have fewer micro-batches; the next step's passes do not shift.
    await step([both], { step: 3, gradientAccumulationSteps: 2 });
    await step([both, both], { step: 4 });
    expect(passes).toEqual([0, 2, 1, 3, 4, 6, 5, 7, 8, 9, 12, 14, 13, 15]);
  });

  it("counts the optimizer's updates apart from the steps where told to", async () => {
    const bias = async (changed: Partial<StepPlan>) => {
      const { step, store } = fixture();
      await step([main(2)], changed);
      return store.weight("w")[0];
    };
    // At the first update bias correction makes the step as long as the rate, whatever the step's number.
    expect(await bias({ step: 41, update: 1 })).toBeCloseTo(0.9, 5);
    expect(await bias({ step: 41 })).toBeGreaterThan(0.92);
  });

  function learning(cosines: number[]) {
    const told: unknown[] = [];
    const meta: MetaLearning = {
      state: () => ({ main: 0, auxiliary: 0 }),
      taskWeights: () => expect.unreachable("the plan has the weights"),
      beginStep: async (step) => {
        told.push(["step", step]);
      },
      beginPart: async (step, microBatch, pass) => {
        told.push(["part", step, microBatch, pass]);
      },
      takeTask: async () => {
        told.push("task");
        return cosines.shift() ?? Number.NaN;
      },
      endStep: (found) => told.push(found),
    };
    return { meta, told };
  }

  it("compares the dev gradient with that of each task once a step", async () => {
    const { meta, told } = learning([0.5, -0.1]);
    const { state, step } = fixture();
    const both = { ...main(1), ...auxiliary(1) };
    const plan = { step: 3, gradientAccumulationSteps: 2 };
    const result = await step([both, both], plan, { ...state, meta });
    expect(result.cosines).toEqual({ main: 0.5, auxiliary: -0.1 });
    // Dev passes are numbered from 2^31 on.
    expect(told).toEqual([
      ["step", 3],
      ["part", 3, 0, 2147483652],
      "task",
      "task",
      { main: 0.5, auxiliary: -0.1 },
    ]);
    // A task that does not run has a cosine of 0.
    const { meta: other } = learning([0.6]);
    const rest = await step([{ ...main(1), ...auxiliary(0) }], plan, { ...state, meta: other });
    expect(rest.cosines).toEqual({ main: 0.6, auxiliary: 0 });
  });

  it("asks for the dev gradient of every micro-batch, and means the cosines, as published", async () => {
    const { meta, told } = learning([0.5, -0.1, 0.3, 0.2]);
    const { state, step } = fixture();
    const both = { ...main(1), ...auxiliary(1) };
    const plan = { step: 3, gradientAccumulationSteps: 2, accumulation: "published" } as const;
    const result = await step([both, both], plan, { ...state, meta });
    const means = { main: expect.closeTo(0.4, 12), auxiliary: expect.closeTo(0.05, 12) };
    expect(result.cosines).toEqual(means);
    expect(told).toEqual([
      ["step", 3],
      ["part", 3, 0, 2147483652],
      "task",
      "task",
      ["part", 3, 1, 2147483653],
      "task",
      "task",
      means,
    ]);
    const { meta: other } = learning([0.6, 0.2, 0.4]);
    const uneven = [{ ...main(1), ...auxiliary(0) }, both];
    const rest = await step(uneven, plan, { ...state, meta: other });
    expect(rest.cosines).toEqual({
      main: expect.closeTo(0.4, 12),
      auxiliary: expect.closeTo(0.2, 12),
    });
  });

  it.each([
    [
      "main",
      { main: Number.NaN },
      "got NaN in the main task at step 7, micro-batch 1 of 1 (lines 3, 5; learning rates 0.100 for body)",
    ],
    ["auxiliary", { auxiliary: Number.POSITIVE_INFINITY }, "got Infinity in the auxiliary task"],
  ] as const)(
    "leaves the weights as they were when the %s loss diverges",
    async (_, losses, part) => {
      const { step, store } = fixture(losses);
      const error = await failure(
        step([{ ...main(1), ...auxiliary(1), texts: "lines 3, 5" }], { step: 7 }),
      );
      expect(error).toMatchObject({ code: "training-diverged", exitCode: 5 });
      expect(error.message).toContain(part);
      expect(Array.from(store.weight("w"))).toEqual([1, -1]);
      expect(Array.from(store.first("w"))).toEqual([0, 0]);
    },
  );

  it.each([
    ["main", { main: Number.NaN, auxiliary: 1 }],
    ["auxiliary", { main: 1, auxiliary: Number.POSITIVE_INFINITY }],
  ] as const)("stops where the %s loss of a shared pass diverges", async (task, sums) => {
    const { step, state, store } = fixture();
    const shared: SharedTraining = {
      accumulate: async () => ({
        main: { lossSum: sums.main, correct: 0 },
        auxiliary: { lossSum: sums.auxiliary, correct: 0 },
      }),
    };
    const micro = {
      shared: { ...auxiliary(3).auxiliary, labels: new Int32Array(2) },
      texts: "lines 8, 9",
    };
    const { parameters, dropout } = state;
    const error = await failure(step([micro], { step: 5 }, { parameters, dropout, shared }));
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toContain(
      `got ${sums[task]} in the ${task} task at step 5, micro-batch 1 of 1 (lines 8, 9; learning rates`,
    );
    expect(Array.from(store.weight("w"))).toEqual([1, -1]);
  });

  it("leaves the weights as they were when a gradient diverges", async () => {
    const { step, store } = fixture();
    const weights = { main: Number.POSITIVE_INFINITY, auxiliary: 0 };
    const error = await failure(
      step([main(1), { ...main(1), texts: "lines 4" }], { taskWeights: weights }),
    );
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toContain('first in "w" at step 1 (lines 4; learning rates 0.100');
    expect(Array.from(store.weight("w"))).toEqual([1, -1]);
  });
});
