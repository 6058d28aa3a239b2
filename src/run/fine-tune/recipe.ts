/** How an encoder is fine-tuned where nothing is asked for: by how many texts there are, of how many labels, and how long they are. */
import type { PlacedTrainSettings } from "../folder/named-folder.js";
import type { TrainSettings } from "../settings/schemas.js";
import type { EncodedDataset } from "../sources/labelled-texts.js";

/** What the recipe goes by. */
export interface DataSize {
  /** Texts to train on. */
  readonly rows: number;
  readonly labels: number;
  /** Mean, special tokens included. */
  readonly tokensPerText: number;
}

/** The settings that it completes. */
export const recipeNames = [
  "numTrainEpochs",
  "batchSize",
  "learningRate",
  "headLearningRate",
  "warmupRatio",
  "patience",
  "keep",
] as const;

export type Recipe = {
  readonly [Name in (typeof recipeNames)[number]]: NonNullable<TrainSettings[Name]>;
};

/** Settings of `train` without gaps. */
export type FineTuneSettings = PlacedTrainSettings & Recipe;

/** The same where there is no run folder. */
export type EncoderSettings = TrainSettings & Recipe;

/**
 * The recipe for data of a size. A classification head that starts as a probe takes fewer passes, and a rate that does not undo it
 * (docs/recipes.md).
 */
export function recipeFor(_size: DataSize, head: TrainSettings["headInitialization"]): Recipe {
  return {
    ...(head === "probe"
      ? { numTrainEpochs: 6, headLearningRate: 1e-4 }
      : { numTrainEpochs: 20, headLearningRate: 1e-3 }),
    batchSize: 32,
    learningRate: 1e-4,
    warmupRatio: 0.06,
    patience: 10,
    keep: "best",
  };
}

export function dataSize({
  labels,
  encodings: { train },
}: Pick<EncodedDataset, "labels" | "encodings">): DataSize {
  const tokens = train.reduce((sum, { ids }) => sum + ids.length, 0);
  return { rows: train.length, labels: labels.length, tokensPerText: tokens / train.length };
}

/** Settings as they were given, completed by the recipe. A second stage goes on from the best weights, so it has them kept. */
export function withRecipe<
  Settings extends Pick<TrainSettings, keyof Recipe | "headInitialization" | "secondStage">,
>(settings: Settings, size: DataSize): Settings & Recipe {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const recipe = recipeFor(size, settings.headInitialization);
  const keep = settings.secondStage ? "best" : recipe.keep;
  return { ...settings, ...recipe, keep, ...Object.fromEntries(given) };
}
