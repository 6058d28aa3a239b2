/** Named sets of defaults for training. What is given explicitly wins over them. */

export const presetNames = ["published"] as const;

export type PresetName = (typeof presetNames)[number];

export interface Preset {
  /** What it is for, and where its values come from. */
  readonly description: string;
  /** Settings of `train` by name; those that are not here keep their own defaults. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

export const presets: Readonly<Record<PresetName, Preset>> = {
  published: {
    description:
      "the authors' run on ACL-ARC, for checkpoints of about RoBERTa-base's size (docs/method.md): its 1688 texts make 14 steps per epoch, so at most 2100 steps. with the second stage. `--calibration published`, because their figures come from it: its masks can fall short of the budget, where a probability is clipped at 1, but on the texts of that run they were measured at 0.15",
    values: {
      method: "l3",
      maxLength: 128,
      batchSize: 64,
      gradientAccumulationSteps: 2,
      accumulation: "published",
      numTrainEpochs: 150,
      evalSteps: 30,
      patience: 20,
      metricForBestModel: "macro_f1",
      learningRate: 1e-4,
      weightDecay: 0.01,
      headLearningRate: 1e-3,
      headWeightDecay: 0.1,
      headInitialization: "random",
      lrSchedulerType: "linear",
      warmupRatio: 0.06,
      maxGradNorm: 1,
      estimator: "pll-word-l2r",
      auxiliarySpacing: "published",
      mlmProbability: 0.15,
      calibration: "published",
      gamma: 1,
      selection: "bernoulli",
      maskReplaceProb: 0.8,
      randomReplaceProb: 0.1,
      taskWeights: "meta",
      secondStage: true,
    },
  },
};

/** The values of a preset by the names of `train`; none where no preset has this name. */
export function presetValues(name: unknown): Preset["values"] {
  const known = presetNames.find((preset) => preset === name);
  return known === undefined ? {} : presets[known].values;
}

/**
 * Settings as given, over those values of the preset they name that are among `settings`. What is given as
 * undefined counts as not given. A preset that does not exist is left for the check of the settings to refuse.
 *
 * Presets hold single values, as `train` takes them; `isList` tells where a command takes a list.
 */
export function withPreset(
  given: unknown,
  settings: readonly string[],
  isList: (setting: string) => boolean = () => false,
): unknown {
  if (typeof given !== "object" || given === null || !("preset" in given)) return given;
  if (!settings.includes("preset")) return given;
  const explicit = Object.entries(given).filter(([, value]) => value !== undefined);
  const known = Object.entries(presetValues(given.preset))
    .filter(([key]) => settings.includes(key))
    .map(([key, value]) => [key, isList(key) ? [value] : value]);
  return { ...Object.fromEntries(known), ...Object.fromEntries(explicit) };
}
