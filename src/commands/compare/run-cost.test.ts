import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveSettings, type TrainOptions, trainSchema } from "../../run/settings/schemas.js";
import { dealt, runCost } from "./run-cost.js";

const sizes = { rows: 100, tokens: 2000, layers: 6, hiddenSize: 10 };
const cost = (options: Partial<TrainOptions>, change: Partial<typeof sizes> = {}) =>
  runCost(resolveSettings(trainSchema, { trainFile: "t", model: "m", ...options }), {
    ...sizes,
    ...change,
  });

describe("runCost", () => {
  it("is tokens x layers x hidden size squared, for every epoch", () => {
    expect(cost({ method: "stl" })).toBe(2000 * 6 * 100);
    expect(cost({ method: "stl", numTrainEpochs: 3 })).toBe(3 * 2000 * 6 * 100);
    expect(cost({ method: "stl" }, { hiddenSize: 20 })).toBe(4 * 2000 * 6 * 100);
  });

  it("follows from the steps where they are given: 50 steps of 4 texts are 2 epochs of 100", () => {
    expect(cost({ method: "stl", maxSteps: 50, batchSize: 4 })).toBe(2 * 2000 * 6 * 100);
  });

  it("counts further passes, and those before classification", () => {
    expect(cost({ method: "stl-long" })).toBe(cost({ method: "l3" }));
    expect(cost({ method: "tapt" })).toBe(cost({ method: "l3" }));
    const epochs = { numTrainEpochs: 2, adaptationEpochs: 6 };
    expect(cost({ method: "tapt", ...epochs })).toBe(
      4 * cost({ method: "stl", numTrainEpochs: 2 }),
    );
  });

  it("is twice as much with two tasks, and next to nothing without an encoder", () => {
    expect(cost({ method: "l3" })).toBe(2 * cost({ method: "stl" }));
    expect(cost({ method: "tfidf" })).toBeLessThan(cost({ method: "stl" }) / 100);
  });
});

describe("dealt", () => {
  const items = (costs: readonly number[]) => costs.map((value, name) => ({ name, cost: value }));

  it("gives the most expensive first, each to the part with least", () => {
    const dealing = items([1, 5, 3, 4, 2]);
    const costs = (index: number) => dealt(dealing, 2, index).map(({ cost: value }) => value);
    // 5 | 4, then 3 to the second (7), 2 to the first (7), 1 to the first.
    expect([costs(0), costs(1)]).toEqual([
      [5, 2, 1],
      [4, 3],
    ]);
  });

  it("gives every item to one part, and no part more than one item above the least", () => {
    const given = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
    );
    fc.assert(
      fc.property(given, ([costs, count]) => {
        const parts = Array.from({ length: count }, (_, index) =>
          dealt(items(costs), count, index),
        );
        const names = parts.flat().map(({ name }) => name);
        expect(names.sort((a, b) => a - b)).toEqual([...costs.keys()]);
        const loads = parts.map((part) => part.reduce((sum, item) => sum + item.cost, 0));
        const largest = Math.max(0, ...costs);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest);
      }),
    );
  });
});
