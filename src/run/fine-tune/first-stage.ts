import { learningRateFactor } from "../../method/train/schedule.js";
import { fixedTaskWeights } from "../../method/train/task-weights.js";
import type { TrainingPlan } from "../../method/train/trainer.js";
import type { EncoderSettings } from "./recipe.js";
import { optimizerGroups } from "./trainable.js";
import type { Training } from "./training.js";
import { trainingSteps } from "./training-length.js";

/** Length, task weights and learning rates of the first stage. */
export function firstStagePlan(
  { parts }: Pick<Training, "parts">,
  perEpoch: number,
  settings: EncoderSettings,
): Pick<
  TrainingPlan,
  "totalSteps" | "gradientAccumulationSteps" | "accumulation" | "taskWeights" | "groups"
> {
  const totalSteps = trainingSteps(perEpoch, settings);
  const schedule = {
    kind: settings.lrSchedulerType,
    warmupSteps: Math.ceil(settings.warmupRatio * totalSteps),
    totalSteps,
  };
  return {
    totalSteps,
    gradientAccumulationSteps: settings.gradientAccumulationSteps,
    accumulation: settings.accumulation,
    taskWeights: fixedTaskWeights(
      { main: true, auxiliary: parts.mlmHead },
      settings.taskWeights === "fixed" ? settings.auxiliaryWeight : undefined,
    ),
    groups: (step) => optimizerGroups(settings, parts, learningRateFactor(step - 1, schedule)),
  };
}
