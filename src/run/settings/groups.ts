/** Groups of settings that several commands share, and the long groups of `train`. */
import { z } from "zod";
import { knownDatasetNames } from "../../data/known/known-datasets.js";
import { fraction, integer, positive, type SettingNotes, text } from "./kinds.js";

/** Origin of a default. */
export const PUBLISHED = "the published run for ACL-ARC (docs/method.md)";

export const modelSettings = {
  model: text({
    description:
      "Checkpoint to start from, also the vanilla model that scores: a folder, or a repository of the hub such as FacebookAI/roberta-base, with @REVISION for another branch, tag or commit than main (docs/models.md)",
    aliases: ["modelNameOrPath"],
  }),
  maxLength: integer(3, {
    description: "Longest text, special tokens included; the rest is cut off and counted",
    unit: "tokens",
    origin: PUBLISHED,
    aliases: ["maxSeqLength"],
  }).default(128),
  threads: integer(1, {
    description: "Threads of the runtime; all processors where absent",
  }).optional(),
};

export const plainText = z.array(z.string().min(1)).min(1).meta({
  description: "Plain text files: one paragraph per line, an empty line between documents",
});

export const columnSettings = {
  textColumn: text({
    description: "Column of the text; found by its usual names where absent",
    aliases: ["textColumnName", "textColumnNames"],
  }).optional(),
  labelColumn: text({
    description: "Column of the label; found by its usual names where absent",
    aliases: ["labelColumnName"],
  }).optional(),
};

export const cacheDir = text({
  description:
    "Folder of the caches (likelihoods, data sets); L3MASKING_CACHE or ~/.cache/l3masking where absent",
}).optional();

export const dataSettings = {
  dataset: z
    .enum(knownDatasetNames)
    .meta({ description: "Known public data set, in place of files (docs/datasets.md)" })
    .optional(),
  dataDir: text({
    description:
      "Folder of the known data set's files (train, dev, test .jsonl or .jsonl.gz), or of a subfolder of its name; cache and download where absent",
  }).optional(),
  trainFile: text({
    description:
      "Labelled training texts (jsonl, json, csv, tsv, parquet; also .gz); needed without --dataset",
  }).optional(),
  validationFile: text({
    description: "Labelled development texts; split off the training texts where absent",
    aliases: ["devFile"],
  }).optional(),
  testFile: text({ description: "Labelled test texts, read once at the end" }).optional(),
  ...columnSettings,
  splitSeed: integer(0, {
    description: "Seed of the split when no validation file is given; independent of --seed",
  }).default(0),
};

export const likelihoodSettings = {
  estimator: text({
    description: "Token likelihood under the vanilla model: pll-word-l2r, pll, block-K or unmasked",
    origin: "the authors' choice (docs/method.md, section 2)",
  }).default("pll-word-l2r"),
  scoringPrecision: z
    .enum(["float32", "int8"])
    .meta({
      description:
        "Numbers of the scoring model's products: int8 is faster, but changes the likelihoods a little; how much is measured on a sample and printed",
    })
    .default("float32"),
  scoringTokens: integer(1, {
    description: "Most tokens that one call of the scoring model sees",
    unit: "tokens",
  }).default(4096),
  cacheDir,
};

export const maskingSettings = {
  mlmProbability: fraction({
    description: "Masking budget: mean mask probability over a text's tokens",
    origin: PUBLISHED,
  }).default(0.15),
  calibration: z
    .enum(["exact", "published"])
    .meta({
      description: "How surprisal is scaled to the budget; `published` repeats the released code",
      origin: "docs/method.md, section 3",
    })
    .default("exact"),
  gamma: z
    .number()
    .min(0)
    .meta({ description: "Exponent of the relative surprisal: 0 is random masking, 1 the paper" })
    .default(1),
  selection: z
    .enum(["bernoulli", "fixed-size", "whole-word"])
    .meta({
      description:
        "Each token by itself, exactly the budget's number of tokens, or words by themselves",
    })
    .default("bernoulli"),
  maskReplaceProb: fraction({
    description: "Probability that a selected token becomes the mask token",
    origin: "BERT",
  }).default(0.8),
  randomReplaceProb: fraction({
    description: "Probability that a selected token becomes a random one",
    origin: "BERT",
  }).default(0.1),
};

export const optimizationSettings = {
  batchSize: integer(1, {
    description: "Texts of each task in a micro-batch",
    unit: "texts",
    aliases: ["perDeviceTrainBatchSize"],
  }).default(32),
  gradientAccumulationSteps: integer(1, {
    description: "Micro-batches in one optimizer step",
  }).default(1),
  learningRate: positive({
    description: "Peak learning rate of encoder and masked-LM head",
    origin: PUBLISHED,
  }).default(1e-4),
  weightDecay: z
    .number()
    .min(0)
    .meta({
      description: "Decoupled weight decay of encoder and masked-LM head",
      origin: PUBLISHED,
    })
    .default(0.01),
  lrSchedulerType: z
    .enum(["linear", "constant", "cosine"])
    .meta({ description: "Learning rate after the warm-up", origin: PUBLISHED })
    .default("linear"),
  warmupRatio: fraction({
    description: "Share of the optimizer steps in which the learning rate rises",
    origin: PUBLISHED,
  }).default(0.06),
  maxGradNorm: positive({
    description:
      "Gradients are clipped to this global norm (encoder with masked-LM head; classifier)",
    origin: PUBLISHED,
  }).default(1),
  maxSteps: integer(1, {
    description: "Optimizer steps; overrides the number of epochs",
  }).optional(),
  seed: integer(0, {
    description: "Seed of head initialisation, order, masks, dropout and draws from dev",
  }).default(0),
};

export const metaSettings = {
  metaLearningRate: positive({
    description: "Meta weights: rate at which they follow the cosines",
    origin: PUBLISHED,
    aliases: ["metaLrWeight"],
  }).default(0.01),
  devBatchSize: integer(1, {
    description: "Meta weights: dev texts that a dev head, and that a dev gradient, is made from",
    unit: "texts",
    origin: PUBLISHED,
    aliases: ["devBatchSz"],
  }).default(32),
  devHeadSteps: integer(1, {
    description: "Meta weights: most AdamW steps of a dev head, which every step trains anew",
    origin: PUBLISHED,
  }).default(10),
  devHeadLearningRate: positive({
    description: "Meta weights: learning rate of a dev head",
    origin: PUBLISHED,
    aliases: ["classfDevLr"],
  }).default(1e-3),
  devHeadWeightDecay: z
    .number()
    .min(0)
    .meta({
      description: "Meta weights: decoupled weight decay of a dev head",
      origin: PUBLISHED,
      aliases: ["classfDevWd"],
    })
    .default(0.1),
  devHeadTolerance: z
    .number()
    .min(0)
    .meta({
      description: "Meta weights: a dev head is done once its loss moves by less than this",
      unit: "nats",
      origin: PUBLISHED,
    })
    .default(1e-3),
};

export const trackerSettings = {
  reportTo: z
    .array(z.enum(["none", "tensorboard", "mlflow"]))
    .min(1)
    .meta({
      description: "Trackers that show the run while it trains (docs/trackers.md)",
      commas: true,
    } satisfies SettingNotes)
    .default(["none"]),
  loggingDir: text({
    description:
      "Folder of TensorBoard's event file; `tensorboard` in the output folder where absent",
  }).optional(),
};

export const secondStageSettings = {
  secondStage: z
    .boolean()
    .meta({
      description: "Go on from the best weights with classification alone; kept if dev improves",
      origin: "an option of the published runs (docs/method.md, section 4)",
    })
    .default(false),
  secondStageLearningRate: positive({
    description: "Second stage: learning rate of encoder and classification head, constant",
    origin: PUBLISHED,
    aliases: ["classfFtLr"],
  }).default(5e-6),
  secondStageEpochs: integer(1, {
    description: "Second stage: most passes over the training texts",
    origin: PUBLISHED,
    aliases: ["classfFtIters"],
  }).default(10),
  secondStagePatience: integer(1, {
    description: "Second stage: stop after this many epochs without a better dev metric",
    origin: PUBLISHED,
    aliases: ["classfFtPatience"],
  }).default(3),
};
