import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../base/random.js";
import { batches, epochOrder, evaluationBatches, inExampleOrder, optimizerSteps } from "./order.js";

fc.configureGlobal({ seed: 1 });

const invalid = expect.objectContaining({ code: "invalid-setting" });

function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

function plain(portions: readonly Int32Array[]): number[][] {
  return portions.map((portion) => [...portion]);
}

describe("epochOrder", () => {
  it("visits every example once per epoch, in an order of its own that does not depend on earlier draws", () => {
    const order = randomStream(1, "order");
    const first = epochOrder(50, order, 0);
    expect(first.toSorted()).toEqual(range(50));
    expect(epochOrder(50, order, 1)).not.toEqual(first);
    order.uniform();
    expect(epochOrder(50, order, 0)).toEqual(first);
    expect(epochOrder(50, randomStream(2, "order"), 0)).not.toEqual(first);
  });
});

describe("batches", () => {
  it("keeps the last partial batch", () => {
    expect(plain(batches(range(5), 2))).toEqual([[0, 1], [2, 3], [4]]);
    expect(plain(batches(range(4), 2))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(batches(range(0), 2)).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses the size %d", (size) => {
    expect(() => batches(range(3), size)).toThrow(invalid);
  });
});

describe("optimizerSteps", () => {
  it("groups micro-batches into steps and drops nothing", () => {
    const steps = optimizerSteps(range(11), { batchSize: 2, accumulationSteps: 3 });
    expect(steps.map(plain)).toEqual([
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      [[6, 7], [8, 9], [10]],
    ]);
  });

  it("refuses counts below 1", () => {
    const one = { batchSize: 1, accumulationSteps: 1 };
    expect(() => optimizerSteps(range(3), { ...one, batchSize: 0 })).toThrow(invalid);
    expect(() => optimizerSteps(range(3), { ...one, accumulationSteps: 0 })).toThrow(invalid);
    // The product alone would look like an integer.
    expect(() => optimizerSteps(range(3), { batchSize: 0.5, accumulationSteps: 2 })).toThrow(
      invalid,
    );
  });
});

describe("evaluationBatches", () => {
  it("sorts by length and cuts by the budget of the padded batch", () => {
    // Sorted: 9 | 5 5 | 3 2 1, with 2 x 5 = 10 and 3 x 3 = 9 tokens.
    expect(plain(evaluationBatches([5, 3, 9, 5, 1, 2], 10))).toEqual([[2], [0, 3], [1, 5, 4]]);
  });

  it("gives an example longer than the budget a batch of its own", () => {
    expect(plain(evaluationBatches([20, 30, 2], 10))).toEqual([[1], [0], [2]]);
  });

  it("keeps every example, and results find their way back", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 100 }), (list, budget) => {
        const portions = evaluationBatches(list, budget);
        for (const portion of portions) {
          const longest = Math.max(...[...portion].map((i) => list[i]));
          expect(portion.length === 1 || portion.length * longest <= budget).toBe(true);
        }
        const results = portions.map((portion) => Array.from(portion, (i) => `result ${i}`));
        expect(inExampleOrder(portions, results)).toEqual(list.map((_, i) => `result ${i}`));
      }),
    );
  });

  it("refuses a budget below 1, and results that do not match the batches", () => {
    expect(() => evaluationBatches([1], 0)).toThrow(invalid);
    const portions = [Int32Array.of(1, 0), Int32Array.of(2)];
    const mismatch = expect.objectContaining({ code: "input-mismatch" });
    expect(() => inExampleOrder(portions, [["a"], ["b", "c"]])).toThrow(mismatch);
    expect(() => inExampleOrder(portions, [["a", "b"]])).toThrow(mismatch);
  });
});
