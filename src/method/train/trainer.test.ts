import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import type { ClassificationTraining } from "../program/training.js";
import { createDropoutMasks } from "./dropout-masks.js";
import type { JournalEvent } from "./events.js";
import type { MetaLearning } from "./meta-learning.js";
import type { OptimizerGroup } from "./optimizer.js";
import { createParameterStore } from "./parameter-store.js";
import type { StepState } from "./step.js";
import { hostParameters } from "./trained-parameters.js";
import { type BestEvaluation, type StoppingState, type TrainingPlan, train } from "./trainer.js";

const batch = {
  ids: new Int32Array(4),
  positions: new Int32Array(4),
  segments: new Int32Array(4),
  firstSlots: new Int32Array(2),
  rows: 1,
  slots: 4,
  tokens: 4,
};
const labels = Int32Array.of(0, 1);

/** A model of one number, whose loss per text is that number. */
function toyState(lossOf: (weight: number) => number = (weight) => weight): StepState {
  const store = createParameterStore([
    { name: "w", shape: [1], part: "body", decay: false, initial: "zeros" },
  ]);
  store.weight("w")[0] = 10;
  const main: ClassificationTraining = {
    async accumulate(_, given, lossScale) {
      store.gradient("w")[0] += lossScale * given.length;
      return { lossSum: lossOf(store.weight("w")[0]) * given.length, correct: 0 };
    },
  };
  const dropout = createDropoutMasks(0, { dropout: 0, attentionDropout: 0 });
  return { parameters: hostParameters(store), main, dropout };
}

interface Run {
  readonly metrics?: readonly number[];
  readonly losses?: readonly number[];
  readonly patience?: number;
  readonly evaluates?: boolean;
  readonly evaluateEvery?: number;
  readonly stopAfter?: number;
  readonly plan?: Partial<TrainingPlan>;
  readonly state?: StepState;
}

/** Runs the loop with a list of dev metrics; tells all that it did. */
async function runLoop(run: Run = {}) {
  const { metrics = [], losses = [], patience = 100, stopAfter = 1e9 } = run;
  const { evaluates = true, evaluateEvery = 1 } = run;
  const state = run.state ?? toyState();
  const events: JournalEvent[] = [];
  const progress: string[] = [];
  const kept: (BestEvaluation & { readonly weight: number })[] = [];
  const after: number[] = [];
  let evaluations = 0;
  const group: OptimizerGroup = {
    parts: ["body"],
    learningRate: 0.5,
    weightDecay: 0,
    clip: { name: "all", maxNorm: 1 },
  };
  const evaluation: TrainingPlan["evaluation"] = {
    isDueAfter: (step) => step % evaluateEvery === 0,
    async evaluate() {
      const index = evaluations++;
      const loss = losses[index] ?? 1;
      return { event: { split: "dev", loss, measures: {} }, metric: metrics[index] ?? 0 };
    },
    keepBest: async (best) => {
      kept.push({ ...best, weight: state.parameters.store.weight("w")[0] });
    },
    patience,
  };
  const result = train(
    state,
    {
      doneSteps: 0,
      totalSteps: 4,
      gradientAccumulationSteps: 1,
      taskWeights: { main: 1, auxiliary: 0 },
      batches: (step) => ({ epoch: step, microBatches: [{ main: { batch, labels } }] }),
      groups: (step) => [{ ...group, learningRate: 0.5 / step }],
      ...(evaluates && { evaluation }),
      afterStep: async (step) => {
        after.push(step);
      },
      ...run.plan,
    },
    {
      emit: (event) => events.push(event),
      progress: (done, total, detail) => progress.push(`${done}/${total} ${detail}`),
      cancelled: () => after.length >= stopAfter,
    },
  );
  const outcome = await result.catch((error: unknown) => error);
  return { result, outcome, events, progress, kept, after, state };
}

/** Where early stopping stands after each step of a run. */
async function stoppingStates(run: Run): Promise<StoppingState[]> {
  const states: StoppingState[] = [];
  const plan: Partial<TrainingPlan> = {
    ...run.plan,
    async afterStep(_step, _evaluated, stopping) {
      states.push(stopping);
    },
  };
  await runLoop({ ...run, plan });
  return states;
}

describe("train", () => {
  it("runs the steps in order, each with its own rate, and tells of each", async () => {
    const { outcome, events, progress, after } = await runLoop();
    const steps = events.filter((event) => event.type === "step");
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(steps.map(({ learning_rate }) => learning_rate)).toEqual([
      0.5,
      0.5 / 2,
      0.5 / 3,
      0.5 / 4,
    ]);
    expect(steps[0]).toEqual({
      type: "step",
      stage: 1,
      step: 1,
      epoch: 1,
      main_loss: 10,
      auxiliary_loss: null,
      task_weights: { main: 1, auxiliary: 0 },
      cosines: null,
      learning_rate: 0.5,
      gradient_norms: { all: 1 },
      tokens: 4,
      masked_tokens: 0,
    });
    // AdamW moves by the rate while the gradient stays the same: 10, 9.5, 9.25, ...
    expect(steps.map(({ main_loss }) => main_loss?.toFixed(2))).toEqual([
      "10.00",
      "9.50",
      "9.25",
      "9.08",
    ]);
    expect(progress[1]).toBe("2/4 loss 9.500");
    expect(after).toEqual([1, 2, 3, 4]);
    expect(outcome).toMatchObject({ steps: 4, reason: "steps", tokens: 16 });
  });

  it("keeps the weights of each better evaluation; an equal one is not better", async () => {
    const { outcome, events, kept } = await runLoop({ metrics: [0.5, 0.7, 0.7, 0.6] });
    expect(kept).toEqual([
      { step: 1, metric: 0.5, weight: expect.closeTo(9.5, 5) },
      { step: 2, metric: 0.7, weight: expect.closeTo(9.25, 5) },
    ]);
    expect(outcome).toMatchObject({ bestStep: 2 });
    const evaluations = events.filter((event) => event.type === "evaluation");
    expect(evaluations.map(({ best }) => best)).toEqual([true, true, false, false]);
    expect(events.at(-1)).toEqual({
      type: "stop",
      stage: 1,
      step: 4,
      reason: "steps",
      best_step: 2,
    });
  });

  it("evaluates when due, and always after the last step", async () => {
    const { events } = await runLoop({ evaluateEvery: 3 });
    const evaluations = events.filter((event) => event.type === "evaluation");
    expect(evaluations.map(({ step }) => step)).toEqual([3, 4]);
  });

  it("stops after so many evaluations without a better one, counted anew from each better one", async () => {
    const metrics = [0.1, 0.0, 0.2, 0.2, 0.1, 0.9];
    const { outcome, after } = await runLoop({ metrics, patience: 2, plan: { totalSteps: 9 } });
    expect(outcome).toMatchObject({ steps: 5, reason: "patience", bestStep: 3 });
    // The step that ends the run is still given to afterStep.
    expect(after).toEqual([1, 2, 3, 4, 5]);
  });

  it("stops before the next step when asked to", async () => {
    const { outcome, events } = await runLoop({ stopAfter: 2 });
    expect(outcome).toMatchObject({ steps: 2, reason: "interrupted", bestStep: 1 });
    expect(events.at(-1)).toMatchObject({ type: "stop", step: 2, reason: "interrupted" });
  });

  it("has no best step without evaluations", async () => {
    const { outcome, kept } = await runLoop({ evaluates: false });
    expect(kept).toEqual([]);
    expect(outcome).toMatchObject({ steps: 4, bestStep: 0, best: undefined });
  });

  it("goes on from the steps and the best evaluation of before", async () => {
    const plan = { doneSteps: 2, best: { step: 1, metric: 0.8 } };
    const { outcome, events, kept } = await runLoop({ metrics: [0.7, 0.9], plan });
    expect(events.map(({ step }) => step)).toEqual([3, 3, 4, 4, 4]);
    expect(kept.map(({ step }) => step)).toEqual([4]);
    expect(outcome).toMatchObject({ bestStep: 4, tokens: 8 });
  });

  it("asks for learned weights before each step", async () => {
    const asked: number[] = [];
    const meta: MetaLearning = {
      state: () => ({ main: 0, auxiliary: 0 }),
      taskWeights: () => {
        const main = 1 / (asked.length + 1);
        asked.push(main);
        return { main, auxiliary: 1 - main };
      },
      beginStep: async () => undefined,
      beginPart: async () => undefined,
      takeTask: async () => 0.25,
      endStep: () => undefined,
    };
    const { events } = await runLoop({ state: { ...toyState(), meta } });
    const steps = events.filter((event) => event.type === "step");
    expect(steps.map(({ task_weights }) => task_weights.main)).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
    expect(steps[0].cosines).toEqual({ main: 0.25, auxiliary: 0 });
  });

  it("counts a second stage on, with an optimizer that begins anew", async () => {
    const stage = { number: 2, stepsBefore: 40 } as const;
    const plan = { stage, doneSteps: 40, totalSteps: 42, best: { step: 30, metric: 0.5 } };
    const { outcome, events, state } = await runLoop({ metrics: [0.5, 0.6], plan });
    expect(events.map(({ type, stage: number, step }) => [type, number, step])).toEqual([
      ["step", 2, 41],
      ["evaluation", 2, 41],
      ["step", 2, 42],
      ["evaluation", 2, 42],
      ["stop", 2, 42],
    ]);
    expect(outcome).toMatchObject({ bestStep: 42, best: { step: 42, metric: 0.6 } });
    // Bias correction of updates 1 and 2 makes the steps as long as the rates 0.5 / 41 and 0.5 / 42.
    expect(state.parameters.store.weight("w")[0]).toBeCloseTo(10 - 0.5 / 41 - 0.5 / 42, 4);
  });

  it("goes on in the middle of its patience as if it had not stopped", async () => {
    const metrics = [0.1, 0.0, 0.2, 0.2, 0.1, 0.9];
    const plan = { totalSteps: 9 };
    const whole = await runLoop({ metrics, patience: 2, plan });
    for (const doneSteps of [1, 2, 3, 4, 5]) {
      const states = await stoppingStates({ metrics, patience: 2, plan });
      const rest = await runLoop({
        metrics: metrics.slice(doneSteps),
        patience: 2,
        plan: { ...plan, doneSteps, ...states[doneSteps - 1] },
      });
      const told = (events: readonly JournalEvent[]) =>
        events.filter(
          ({ type, step }) => type === "stop" || (type === "evaluation" && step > doneSteps),
        );
      expect(told(rest.events)).toEqual(told(whole.events));
    }
    // With the patience used up there is no further step.
    const spent = { doneSteps: 5, best: { step: 3, metric: 0.2 }, withoutBetter: 2 };
    const { after, outcome } = await runLoop({ patience: 2, plan: { ...plan, ...spent } });
    expect(after).toEqual([]);
    expect(outcome).toMatchObject({ steps: 5, reason: "patience", bestStep: 3 });
  });

  it("tells after each step whether it was evaluated, and where early stopping stands", async () => {
    const told: unknown[] = [];
    const plan: Partial<TrainingPlan> = {
      async afterStep(step, evaluated, stopping) {
        told.push([step, evaluated, stopping.best?.step, stopping.withoutBetter]);
      },
      totalSteps: 5,
    };
    const { outcome } = await runLoop({ metrics: [0.5, 0.4, 0.6], evaluateEvery: 2, plan });
    expect(told).toEqual([
      [1, false, undefined, 0],
      [2, true, 2, 0],
      [3, false, 2, 0],
      [4, true, 2, 1],
      [5, true, 5, 0],
    ]);
    expect(outcome).toMatchObject({ best: { step: 5, metric: 0.6 }, withoutBetter: 0 });
  });

  it("has nothing to do where all steps are done", async () => {
    const plan = { doneSteps: 4, best: { step: 3, metric: 1 } };
    const { outcome, events, after } = await runLoop({ plan });
    expect(after).toEqual([]);
    expect(events).toEqual([{ type: "stop", stage: 1, step: 4, reason: "steps", best_step: 3 }]);
    expect(outcome).toMatchObject({ steps: 4, bestStep: 3 });
  });

  it("throws when a step diverges, with what was kept before", async () => {
    const state = toyState((weight) => (weight < 9.4 ? Number.POSITIVE_INFINITY : weight));
    const { result, kept, events } = await runLoop({ state });
    const error = await failure(result);
    expect(error).toMatchObject({ code: "training-diverged" });
    expect(error.message).toContain("got Infinity in the main task at step 3");
    expect(kept.length).toBe(1);
    expect(events.filter((event) => event.type === "step").length).toBe(2);
    expect(events.at(-1)).toEqual({
      ...{ type: "stop", stage: 1, step: 2, reason: "diverged", best_step: 1 },
    });
  });

  it("gives the last step before one that diverges, with where early stopping stands", async () => {
    const state = toyState((weight) => (weight < 9.4 ? Number.NaN : weight));
    const told: unknown[] = [];
    const plan: Partial<TrainingPlan> = {
      async onDivergence(step, stopping) {
        told.push(step, stopping, state.parameters.store.weight("w")[0]);
      },
    };
    await failure((await runLoop({ state, plan })).result);
    // 10 - 0.5 - 0.25: AdamW's first steps are as long as the learning rate.
    expect(told).toEqual([
      ...[2, { best: { step: 1, metric: 0 }, withoutBetter: 1 }, expect.closeTo(9.25, 5)],
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "throws when an evaluation gives %s",
    async (loss) => {
      const { result, kept, events } = await runLoop({ losses: [1, loss], metrics: [0.1, 0.9] });
      const error = await failure(result);
      expect(error).toMatchObject({ code: "training-diverged" });
      expect(error.message).toContain(`loss on dev, got ${loss} after step 2`);
      expect(kept.map(({ step }) => step)).toEqual([1]);
      expect(events.at(-1)).toMatchObject({ type: "stop", step: 2, reason: "diverged" });
    },
  );
});
