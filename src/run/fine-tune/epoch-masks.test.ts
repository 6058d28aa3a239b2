import { describe, expect, it } from "vitest";
import { l3 } from "../../method/masking/strategies/l3.js";
import { budgetOf, epochMasks } from "./epoch-masks.js";
import { textMasks } from "./text-masks.js";

describe("budgetOf", () => {
  it("is a straight line over the epochs", () => {
    const settings = { mlmProbability: 0.3, finalMlmProbability: 0.1 };
    const budgets = [0, 1, 2, 3, 4].map((epoch) => budgetOf(epoch, 5, settings));
    [0.3, 0.25, 0.2, 0.15, 0.1].forEach((p, epoch) => {
      expect(budgets[epoch]).toBeCloseTo(p, 12);
    });
    expect(budgetOf(7, 5, settings)).toBeCloseTo(0.1, 12);
  });

  it("stays without a final budget, and in a single epoch", () => {
    expect(budgetOf(3, 5, { mlmProbability: 0.15 })).toBe(0.15);
    expect(budgetOf(0, 1, { mlmProbability: 0.15, finalMlmProbability: 0.5 })).toBe(0.15);
  });
});

describe("epochMasks", () => {
  const gap = Number.NaN;
  const encoding = {
    ids: Int32Array.of(0, 7, 8, 1),
    wordIds: Int32Array.of(-1, 0, 1, -1),
    truncated: 0,
  };
  const settings = { mlmProbability: 0.4, calibration: "exact", gamma: 1, seed: 0 } as const;
  /** Surprisals of 1 and 3 nats: a quarter and three quarters of 2 * 0.4. */
  const masks = textMasks(l3, [encoding], [Float32Array.of(gap, -1, -3, gap)], settings);
  const maskable = ([text]: readonly Float64Array[]) =>
    [...text.slice(1, 3)].map((m) => Number(m.toFixed(12)));

  it("follows the budget", async () => {
    const change = { ...settings, finalMlmProbability: 0.2 };
    const of = epochMasks(masks, change, 2, () => expect.unreachable("nothing is scored"));
    expect(maskable(await of(0))).toEqual([0.2, 0.6]);
    expect(maskable(await of(1))).toEqual([0.1, 0.3]);
  });

  it("scores again every so many epochs, and once for the epochs between", async () => {
    const asked: number[] = [];
    const rescore = async (epoch: number) => {
      asked.push(epoch);
      // By then the first token is the unlikely one.
      return [Float32Array.of(gap, -3, -1, gap)];
    };
    const of = epochMasks(masks, { ...settings, rescoreEpochs: 2 }, 6, rescore);
    const found = [];
    for (let epoch = 0; epoch < 6; epoch++) found.push(maskable(await of(epoch)));
    const [before, after] = [
      [0.2, 0.6],
      [0.6, 0.2],
    ];
    expect(found).toEqual([before, before, after, after, after, after]);
    expect(asked).toEqual([2, 4]);
  });
});
