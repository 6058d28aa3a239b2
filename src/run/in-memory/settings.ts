/** The settings of `train` that a course in memory takes: the same records, so the same names, defaults and words. */
import type { z } from "zod";
import { L3MaskingError } from "../../base/errors.js";
import type { MaskingStrategy, Need } from "../../method/masking/strategies/strategy.js";
import { isLinear, isStacked, maskingOf, methods } from "../../method/methods.js";
import { resolveSettings, type TrainSettings, trainSchema } from "../settings/schemas.js";

const schema = trainSchema
  .pick({
    numTrainEpochs: true,
    maxSteps: true,
    batchSize: true,
    gradientAccumulationSteps: true,
    learningRate: true,
    weightDecay: true,
    headLearningRate: true,
    headWeightDecay: true,
    headInitialization: true,
    freezeLayers: true,
    lrSchedulerType: true,
    warmupRatio: true,
    maxGradNorm: true,
    seed: true,
    classWeights: true,
    adaptationEpochs: true,
    sharedPass: true,
    maxLength: true,
    longTexts: true,
    estimator: true,
    scoringTokens: true,
    mlmProbability: true,
    calibration: true,
    gamma: true,
    movedShare: true,
    selection: true,
    maskReplaceProb: true,
    randomReplaceProb: true,
    evalSteps: true,
    evalTokens: true,
    patience: true,
    keep: true,
    metricForBestModel: true,
  })
  .extend({ method: trainSchema.shape.method.unwrap().default("stl") });

/** What `train` takes; what has a default may be left out. */
export type MemoryTrainSettings = z.input<typeof schema> & {
  /** For the method `own`. */
  readonly strategy?: MaskingStrategy;
};

/**
 * All settings of `train`, from those given. Throws `unknown-setting` and `invalid-setting`, the latter also for a method that trains no
 * encoder, or an encoder beside something else.
 */
export function memorySettings({ strategy: _, ...given }: MemoryTrainSettings): TrainSettings {
  const settings = resolveSettings(schema, given);
  const { method } = settings;
  const encoders = methods
    .map(({ name }) => name)
    .filter((name) => !isLinear(name) && !isStacked(name) && isSimple(maskingOf(name)?.needs));
  if (!encoders.some((name) => name === method)) {
    throw new L3MaskingError(
      "invalid-setting",
      `expected a method that fine-tunes an encoder (${encoders.join(", ")}), got ${method}`,
      { hint: "Train the other methods with the command line." },
    );
  }
  return trainSchema.parse(settings);
}

/** Does it take no more than scores and counts, which there are in memory? */
export function isSimple(need: Need = "nothing"): boolean {
  return need === "scores" || need === "frequencies" || need === "nothing";
}
