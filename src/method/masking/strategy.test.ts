import { describe, expect, it } from "vitest";
import { createStrategy, type MaskingSettings, strategyNames } from "./strategy.js";

const paper: MaskingSettings = { budget: 0.15, calibration: "exact", exponent: 1 };

describe("createStrategy", () => {
  it("knows by name which strategies need scores", () => {
    const needs = strategyNames.map((name) => [name, createStrategy(name, paper).needsScores]);
    expect(needs).toEqual([
      ["uniform", false],
      ["l3", true],
    ]);
  });

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

  it("refuses to run l3 without scores", () => {
    const strategy = createStrategy("l3", paper);
    expect(() => strategy.probabilities({ wordIds: Int32Array.of(0) })).toThrow(
      expect.objectContaining({ code: "input-mismatch" }),
    );
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
