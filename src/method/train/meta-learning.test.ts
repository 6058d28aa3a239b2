import { describe, expect, it } from "vitest";
import { failure } from "../../../test/fixtures/failure.js";
import type { Parameter } from "../../model/parameters.js";
import { createMetaLearning, type MetaParts } from "./meta-learning.js";
import { createParameterStore } from "./parameter-store.js";
import { metaSlots } from "./task-gradients.js";
import type { MetaState } from "./task-weights.js";
import { hostParameters } from "./trained-parameters.js";

const parameter = (name: string, part: Parameter["part"]): Parameter => ({
  name,
  shape: [2],
  part,
  decay: true,
  initial: "zeros",
});
const settings = {
  metaLearningRate: 0.1,
  devHeadSteps: 4,
  devHeadLearningRate: 0.5,
  devHeadWeightDecay: 0,
  devHeadTolerance: 0.25,
};
const batchOf = (tokens: number, texts: number) => ({
  batch: {
    ids: new Int32Array(4),
    positions: new Int32Array(4),
    segments: new Int32Array(4),
    firstSlots: new Int32Array(texts),
    rows: 1,
    slots: 4,
    tokens,
  },
  labels: new Int32Array(texts),
});

/**
 * A body and a dev head of two numbers each. The head's loss per text is the next of `losses`; its gradient is [1, 1],
 * so that AdamW moves it by the rate. The dev gradients of the body are `directions`, in turn.
 */
function fixture(losses: readonly number[] = [], directions = [[3, 4]], start?: MetaState) {
  const store = createParameterStore([parameter("w", "body")], { extraSlots: metaSlots });
  const head = createParameterStore([parameter("head", "classification-head")]);
  const calls: string[] = [];
  /** The dev head's weights where its training ended. */
  const heads: number[][] = [];
  let loss = 0;
  const dropout = { begin: (pass: number) => calls.push(`dropout ${pass}`) };
  const parts: MetaParts = {
    parameters: hostParameters(store),
    head: hostParameters(head),
    dropout,
    async features({ tokens }) {
      calls.push(`features of ${tokens} tokens`);
      return Float32Array.of(1, 2);
    },
    headTraining: {
      async accumulate(features, labels, lossScale) {
        expect(Array.from(features)).toEqual([1, 2]);
        expect(lossScale).toBeCloseTo(1 / labels.length, 12);
        const gradient = head.gradient("head");
        for (let i = 0; i < 2; i++) gradient[i] += 1;
        calls.push("head step");
        return { lossSum: (losses[loss++] ?? 0) * labels.length, correct: 0 };
      },
    },
    devTask: {
      async accumulate({ tokens }, labels, lossScale) {
        calls.push(`dev gradient of ${tokens} tokens`);
        const direction = directions[heads.length % directions.length];
        heads.push(Array.from(head.weight("head")));
        const gradient = store.view("dev", "w");
        for (let i = 0; i < 2; i++) gradient[i] += direction[i] * lossScale * labels.length;
        head.gradient("head").fill(7);
        return { lossSum: 0, correct: 0 };
      },
    },
    texts: {
      initializeHead: (step, target) => target.weight("head").fill(step),
      headBatch: (step) => batchOf(100 + step, 3),
      gradientBatch: (step, microBatch) => batchOf(200 + 10 * step + microBatch, 5),
    },
  };
  return { meta: createMetaLearning(parts, settings, start), store, calls, heads };
}

describe("createMetaLearning", () => {
  it("trains a fresh head each step until its loss stands still, then takes the dev gradient", async () => {
    // Moves of 1, 0.5 and 0.2: the third is below the tolerance, and its step is still taken.
    const { meta, calls, heads } = fixture([3, 2, 1.5, 1.3, 9, 7, 5, 3, 1]);
    await meta.beginStep(1);
    await meta.beginPart(1, 0, 77);
    expect(calls).toEqual([
      "features of 101 tokens",
      "head step",
      "head step",
      "head step",
      "head step",
      "dropout 77",
      "dev gradient of 210 tokens",
    ]);
    calls.length = 0;
    await meta.beginStep(2);
    await meta.beginPart(2, 1, 78);
    // Its loss keeps falling, so the most steps are taken.
    expect(calls.filter((call) => call === "head step").length).toBe(4);
    expect(calls.at(-1)).toBe("dev gradient of 221 tokens");
    // Each head began at its step's number, with moments and gradients of 0: AdamW moved it by the rate each time.
    expect(heads.map((values) => values.map((value) => value.toFixed(3)))).toEqual([
      ["-1.000", "-1.000"],
      ["0.000", "0.000"],
    ]);
  });

  it("stops at the second step where the loss does not move at all", async () => {
    const { meta, calls } = fixture([2, 2]);
    await meta.beginStep(1);
    expect(calls.filter((call) => call === "head step").length).toBe(2);
  });

  it("gives cosines with the dev gradient of the micro-batch, not with a sum of several", async () => {
    const { meta, store } = fixture(
      [],
      [
        [3, 4],
        [4, -3],
      ],
    );
    // (3 * 4 + 4 * 3) / (5 * 5) and (4 * 4 - 3 * 3) / (5 * 5)
    for (const [microBatch, cosine] of [0.96, 0.28].entries()) {
      await meta.beginPart(1, microBatch, microBatch);
      store.view("task", "w").set([4, 3]);
      expect(await meta.takeTask()).toBeCloseTo(cosine, 12);
      // The other task's gradient is compared by itself.
      store.view("task", "w").set([-4, -3]);
      expect(await meta.takeTask()).toBeCloseTo(-cosine, 12);
    }
    expect(Array.from(store.gradient("w"))).toEqual([0, 0]);
  });

  it("moves the weights by the cosines, and goes on from its state as if it had not stopped", () => {
    const { meta } = fixture();
    expect(meta.taskWeights()).toEqual({ main: 0.5, auxiliary: 0.5 });
    meta.endStep({ main: 0.7, auxiliary: -0.3 });
    expect(meta.state().main).toBeCloseTo(0.57, 12);
    expect(meta.state().auxiliary).toBeCloseTo(0.47, 12);
    const saved: MetaState = JSON.parse(JSON.stringify(meta.state()));
    const resumed = fixture([], [[3, 4]], saved).meta;
    for (const { endStep } of [meta, resumed]) endStep({ main: 1 / 3, auxiliary: 1 / 7 });
    expect(resumed.state()).toEqual(meta.state());
    expect(resumed.taskWeights()).toEqual(meta.taskWeights());
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "throws when the dev gradient holds %s",
    async (poison) => {
      const { meta } = fixture([], [[poison, 1]]);
      const error = await failure(meta.beginPart(6, 0, 0));
      expect(error).toMatchObject({ code: "training-diverged" });
      expect(error.message).toContain(`dev gradient at step 6, got ${poison}`);
    },
  );
});
