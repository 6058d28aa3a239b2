import fc from "fast-check";
import { describe, expect, it } from "vitest";
import golden from "../../../test/golden/optimizer.json" with { type: "json" };
import { L3MaskingError } from "../../base/errors.js";
import { learningRateFactor, scheduleKinds } from "./schedule.js";

function kindNamed(name: string) {
  const kind = scheduleKinds.find((known) => known === name);
  if (kind === undefined) throw new Error(`the golden file names an unknown schedule: ${name}`);
  return kind;
}

describe("learningRateFactor", () => {
  it.each(golden.schedules)(
    "equals transformers: $kind, $warmupSteps of $totalSteps",
    (expected) => {
      const schedule = { ...expected, kind: kindNamed(expected.kind) };
      const factors = expected.factors.map((_, step) => learningRateFactor(step, schedule));
      // The cosines of two libraries may differ in the last bit.
      expected.factors.forEach((factor, step) => {
        expect(factors[step], `step ${step}`).toBeCloseTo(factor, 14);
      });
    },
  );

  it("covers every kind in the golden file", () => {
    expect(new Set(golden.schedules.map(({ kind }) => kind))).toEqual(new Set(scheduleKinds));
  });

  it("rises to 1 over the warm-up and stays within [0, 1]", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...scheduleKinds),
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 200 }),
        (kind, warmupSteps, decaySteps) => {
          const schedule = { kind, warmupSteps, totalSteps: warmupSteps + decaySteps };
          const factors = Array.from({ length: schedule.totalSteps + 1 }, (_, step) =>
            learningRateFactor(step, schedule),
          );
          expect(factors[warmupSteps]).toBe(1);
          expect(Math.max(...factors)).toBe(1);
          expect(Math.min(...factors)).toBeGreaterThanOrEqual(0);
          if (kind !== "constant") expect(factors[schedule.totalSteps]).toBeCloseTo(0, 14);
        },
      ),
    );
  });

  it.each([
    ["step", -1, 3, 10],
    ["warmupSteps", 0, 0.6, 10],
    ["totalSteps", 0, 3, Number.NaN],
  ])("refuses a %s that is no count", (name, step, warmupSteps, totalSteps) => {
    const attempt = () => learningRateFactor(step, { kind: "linear", warmupSteps, totalSteps });
    expect(attempt).toThrow(L3MaskingError);
    expect(attempt).toThrow(`a schedule's ${name} to be a whole number`);
  });
});
