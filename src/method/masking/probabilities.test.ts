import { describe, expect, it } from "vitest";
import { createStrategy, type MaskingSettings, uniformProbabilities } from "./probabilities.js";
import { strategies } from "./strategies/strategies.js";

const paper: MaskingSettings = { budget: 0.15, calibration: "exact", exponent: 1 };

describe("createStrategy", () => {
  it("hands its settings on", () => {
    const wordIds = Int32Array.of(-1, 0, 1, -1);
    const scores = Float32Array.of(Number.NaN, -1, -3, Number.NaN);
    const settings: MaskingSettings = { budget: 0.25, calibration: "exact", exponent: 0 };
    const flat = createStrategy("l3", settings).probabilities({ wordIds }, scores);
    expect([...flat]).toEqual([0, 0.25, 0.25, 0]);
    const steep = createStrategy("l3", { ...settings, exponent: 1 });
    expect([...steep.probabilities({ wordIds }, scores)]).toEqual([0, 0.125, 0.375, 0]);
    const uniform = createStrategy("uniform", settings).probabilities({ wordIds });
    expect([...uniform]).toEqual([0, 0.25, 0.25, 0]);
  });

  it("gives every token the very budget where all weigh the same", () => {
    const wordIds = Int32Array.of(-1, 0, 1, 2, 3, 4, 5, 6, -1);
    expect([...uniformProbabilities({ wordIds }, 0.15)]).toEqual([
      ...[0, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0],
    ]);
  });

  it("refuses scores of another text, and missing or infinite scores", () => {
    const { probabilities } = createStrategy("l3", paper);
    const text = { wordIds: Int32Array.of(-1, 0, 1) };
    const ask =
      (...scores: number[]) =>
      () =>
        probabilities(text, Float32Array.from(scores));
    const mismatch = expect.objectContaining({ code: "input-mismatch" });
    expect(() => probabilities(text)).toThrow(mismatch);
    expect(ask(Number.NaN, -1)).toThrow(mismatch);
    expect(ask(Number.NaN, -1, Number.NaN)).toThrow("got NaN at token 2");
    expect(ask(Number.NaN, -1, Number.NEGATIVE_INFINITY)).toThrow(mismatch);
  });

  it("refuses a strategy that is not in the list", () => {
    expect(() => createStrategy("l4", paper)).toThrow(
      expect.objectContaining({
        code: "invalid-setting",
        message: `expected a masking strategy (${strategies.map(({ name }) => name).join(", ")}), got l4`,
      }),
    );
  });

  it("takes a strategy from the list that it is given", () => {
    const last = {
      name: "last",
      title: "Last",
      does: "prefers later words",
      look: 3,
      needs: "nothing",
      weights: (wordIds: Int32Array) => Float64Array.from(wordIds),
    } as const;
    const { probabilities } = createStrategy("last", { ...paper, budget: 0.25 }, [last]);
    expect([...probabilities({ wordIds: Int32Array.of(-1, 0, 1, 2, -1) })]).toEqual([
      ...[0, 0, 0.25, 0.5, 0],
    ]);
  });

  it.each([-0.1, 1.1, Number.NaN])("refuses the budget %d", (budget) => {
    expect(() => createStrategy("uniform", { ...paper, budget })).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the exponent %d", (exponent) => {
    expect(() => createStrategy("l3", { ...paper, exponent })).toThrow(
      expect.objectContaining({ code: "invalid-setting" }),
    );
  });
});
