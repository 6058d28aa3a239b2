/** Steps of any size in any micro-batches, against the means that docs/method.md names, computed here in float64. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OptimizerGroup } from "./optimizer.js";
import { createParameterStore } from "./parameter-store.js";
import { type MicroBatch, type StepPlan, trainingStep } from "./step.js";
import { hostParameters } from "./trained-parameters.js";

/** What a micro-batch holds: the loss of each text, which is its gradient too, and of each selected token. */
interface Shape {
  readonly texts: readonly number[];
  readonly tokens: readonly number[];
}

const loss = fc.integer({ min: 1, max: 1000 });
const shape: fc.Arbitrary<Shape> = fc.record({
  texts: fc.array(loss, { minLength: 1, maxLength: 6 }),
  tokens: fc.array(loss, { maxLength: 6 }),
});
const shapes = fc.array(shape, { minLength: 1, maxLength: 6 });
const weight = fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => (values.length === 0 ? 0 : sum(values) / values.length);

const group: OptimizerGroup = {
  parts: ["body"],
  learningRate: 0,
  weightDecay: 0,
  clip: { name: "body", maxNorm: 1e9 },
};

function taken(shapes: readonly Shape[], isShared: boolean, plan: Partial<StepPlan>) {
  const store = createParameterStore([
    { name: "w", shape: [2], part: "body", decay: false, initial: "zeros" },
  ]);
  const add = (place: number, values: Int32Array, scale: number) => {
    const lossSum = sum([...values]);
    store.gradient("w")[place] += scale * lossSum;
    return { lossSum, correct: 0 };
  };
  const microBatches = shapes.map(({ texts, tokens }): MicroBatch => {
    const batch = {
      ids: new Int32Array(8),
      positions: new Int32Array(8),
      segments: new Int32Array(8),
      firstSlots: new Int32Array(1),
      rows: 1,
      slots: 8,
      tokens: 8,
    };
    const labels = Int32Array.from(texts);
    const targetIds = Int32Array.from(tokens);
    const auxiliary = { batch, targetSlots: new Int32Array(tokens.length), targetIds };
    return isShared ? { shared: { ...auxiliary, labels } } : { main: { batch, labels }, auxiliary };
  });
  const state = {
    parameters: hostParameters(store),
    dropout: { begin: () => undefined, keepMask: () => expect.unreachable() },
    main: {
      accumulate: async (_: unknown, labels: Int32Array, scale: number) => add(0, labels, scale),
    },
    auxiliary: {
      accumulate: async (_: unknown, _slots: Int32Array, ids: Int32Array, scale: number) =>
        add(1, ids, scale),
    },
    shared: {
      accumulate: async (
        _: unknown,
        labels: Int32Array,
        _slots: Int32Array,
        ids: Int32Array,
        scales: { readonly main: number; readonly auxiliary: number },
      ) => ({ main: add(0, labels, scales.main), auxiliary: add(1, ids, scales.auxiliary) }),
    },
  };
  return trainingStep(state, {
    step: 1,
    microBatches,
    gradientAccumulationSteps: microBatches.length,
    taskWeights: { main: 1, auxiliary: 1 },
    groups: [group],
    ...plan,
  });
}

const near = (value: number) => expect.closeTo(value, value > 100 ? 2 : 4);

describe("a step in micro-batches of any shape", () => {
  it.each(["exact", "published"] as const)(
    "has the %s losses and gradient",
    async (accumulation) => {
      await fc.assert(
        fc.asyncProperty(
          shapes,
          fc.boolean(),
          weight,
          weight,
          async (given, shared, main, auxiliary) => {
            const parts =
              accumulation === "published"
                ? given
                : [
                    {
                      texts: given.flatMap((one) => one.texts),
                      tokens: given.flatMap((one) => one.tokens),
                    },
                  ];
            const texts = mean(parts.map((part) => mean(part.texts)));
            const tokens = mean(parts.map((part) => mean(part.tokens)));
            const taskWeights = { main, auxiliary };
            expect(await taken(given, shared, { accumulation, taskWeights })).toMatchObject({
              main_loss: near(texts),
              auxiliary_loss: given.some((one) => one.tokens.length > 0) ? near(tokens) : null,
              gradient_norms: { body: near(Math.hypot(main * texts, auxiliary * tokens)) },
              masked_tokens: sum(given.map((one) => one.tokens.length)),
            });
          },
        ),
        { seed: 1, numRuns: 100 },
      );
    },
  );
});
