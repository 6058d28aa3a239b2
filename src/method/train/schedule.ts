/**
 * Learning-rate schedules as factors of the base rate.
 *
 * Reference: the schedules of Hugging Face transformers (`optimization.py`) under PyTorch's
 * `LambdaLR`.
 */
import { L3MaskingError } from "../../base/errors.js";

/** The forms of the rate after warm-up. */
export const scheduleKinds = ["linear", "constant", "cosine"] as const;

export type ScheduleKind = (typeof scheduleKinds)[number];

export interface Schedule {
  readonly kind: ScheduleKind;
  /** Steps over which the factor rises linearly from 0 to 1. */
  readonly warmupSteps: number;
  /** Optimizer steps of the whole run; the decay ends here. */
  readonly totalSteps: number;
}

/**
 * The factor of the learning rate at optimizer step `step`, counted **from 0** as by `LambdaLR`:
 * the first update of a run uses factor(0), which is 0 if there is any warm-up, and the last uses
 * factor(totalSteps - 1), which is above 0.
 *
 *     step < warmupSteps:  step / warmupSteps
 *     then, with p = (step - warmupSteps) / (totalSteps - warmupSteps):
 *       linear    max(0, 1 - p)
 *       constant  1
 *       cosine    max(0, (1 + cos(pi p)) / 2)
 *
 * Denominators are at least 1. Beyond totalSteps, linear stays 0 and cosine climbs again, as they
 * do there.
 */
export function learningRateFactor(step: number, schedule: Schedule): number {
  const { kind, warmupSteps, totalSteps } = schedule;
  for (const [name, value] of Object.entries({ step, warmupSteps, totalSteps })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new L3MaskingError(
        "invalid-setting",
        `expected a schedule's ${name} to be a whole number of at least 0, got ${value}`,
        { hint: `Round ${name} to a whole number of steps.` },
      );
    }
  }
  if (step < warmupSteps) return step / warmupSteps;
  const decaySteps = Math.max(1, totalSteps - warmupSteps);
  switch (kind) {
    case "linear":
      return Math.max(0, (totalSteps - step) / decaySteps);
    case "constant":
      return 1;
    case "cosine": {
      const progress = (step - warmupSteps) / decaySteps;
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    }
  }
}
