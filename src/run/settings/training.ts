/** Settings of the optimizer, of how long a run trains, and of its second stage. */
import { z } from "zod";
import { fraction, integer, notNegative, positive } from "./kinds.js";
import { moreThanOne, PUBLISHED, RECIPE, setting } from "./setting.js";

const heading = "Training";
const training = { commands: ["train", "compare"], heading, identity: "counts" } as const;
const anyTraining = {
  commands: ["train", "compare", "pretrain"],
  heading,
  identity: "counts",
} as const;

const secondStage = {
  commands: ["train", "compare"],
  heading: "Second stage",
  origin: PUBLISHED,
  identity: "counts",
  when: { secondStage: true },
} as const;

export const trainingSettings = [
  setting({
    name: "numTrainEpochs",
    ...training,
    type: integer(1).optional(),
    description: "Passes over the training texts; by default, as the recipe says",
    origin: RECIPE,
    when: { maxSteps: undefined },
  }),
  setting({
    name: "maxSteps",
    ...training,
    type: integer(1).optional(),
    description: "Optimizer steps; overrides --num-train-epochs",
  }),
  setting({
    name: "batchSize",
    ...training,
    type: integer(1).optional(),
    description: "Texts of each task in a micro-batch; by default, as the recipe says",
    unit: "texts",
    origin: RECIPE,
    aliases: ["perDeviceTrainBatchSize"],
  }),
  setting({
    name: "gradientAccumulationSteps",
    ...anyTraining,
    type: integer(1).default(1),
    description: "Micro-batches in one optimizer step",
  }),
  setting({
    name: "accumulation",
    ...training,
    type: z.enum(["exact", "published"]).default("exact"),
    description:
      "What the losses of a step of several micro-batches are: means over all its texts and selected tokens, or, as in the released code, means of the means of its micro-batches",
    origin: "docs/method.md, section 4",
    when: { gradientAccumulationSteps: moreThanOne },
  }),
  setting({
    name: "learningRate",
    ...training,
    type: positive().optional(),
    description: "Peak learning rate of encoder and masked-LM head; by default, as the recipe says",
    origin: RECIPE,
  }),
  setting({
    name: "weightDecay",
    ...anyTraining,
    type: notNegative().default(0.01),
    description: "Decoupled weight decay of encoder and masked-LM head",
    origin: PUBLISHED,
  }),
  setting({
    name: "headLearningRate",
    ...training,
    type: positive().optional(),
    description: "Peak learning rate of the classification head; by default, as the recipe says",
    origin: RECIPE,
    aliases: ["classfLr"],
  }),
  setting({
    name: "headWeightDecay",
    ...training,
    type: notNegative().default(0.1),
    description: "Decoupled weight decay of the classification head",
    origin: PUBLISHED,
  }),
  setting({
    name: "headInitialization",
    ...training,
    type: z.enum(["probe", "random"]).default("probe"),
    description:
      "How the classification head starts: as logistic regression on the vanilla model's features, or with random weights, as published",
  }),
  setting({
    name: "freezeLayers",
    ...training,
    type: integer(0).optional(),
    description:
      "Leave the embeddings and so many of the encoder's first layers as they are, without dropout; 0 freezes the embeddings alone. By default everything is trained",
    unit: "layers",
  }),
  setting({
    name: "lrSchedulerType",
    ...anyTraining,
    type: z.enum(["linear", "constant", "cosine"]).default("linear"),
    description: "Learning rate after the warm-up",
    origin: PUBLISHED,
  }),
  setting({
    name: "warmupRatio",
    ...training,
    type: fraction().optional(),
    description:
      "Share of the optimizer steps in which the learning rate rises; by default, as the recipe says",
    origin: RECIPE,
  }),
  setting({
    name: "warmupRatio",
    commands: ["pretrain"],
    heading,
    identity: "counts",
    type: fraction().default(0.06),
    description: "Share of the optimizer steps in which the learning rate rises",
    origin: PUBLISHED,
  }),
  setting({
    name: "maxGradNorm",
    ...anyTraining,
    type: positive().default(1),
    description:
      "Clip gradients to this global norm (one for encoder and masked-LM head, one for the classification head)",
    origin: PUBLISHED,
  }),
  setting({
    name: "seed",
    commands: ["train"],
    type: integer(0).default(0),
    description: "Seed of the new head, the order of texts, masks, dropout and draws from dev",
    heading,
    identity: "counts",
  }),
  setting({
    name: "seed",
    commands: ["pretrain"],
    type: integer(0).default(0),
    description: "Seed of the initial weights, the order of texts, masks and dropout",
    heading,
    identity: "counts",
  }),
  setting({
    name: "seed",
    commands: ["perplexity"],
    type: integer(0).default(0),
    description: "Seed of the masks",
    heading,
    identity: "none",
  }),
  setting({
    name: "folds",
    commands: ["train"],
    type: integer(0).optional(),
    description:
      "Parts in which the training texts are held out in turn, so that all of them measure the classifier, which is then trained on all; 0 for none. By default 5 for fewer than 1,000 texts without a validation file",
    heading: "Evaluation and saving",
    identity: "counts",
  }),
  setting({
    name: "learningCurve",
    commands: ["train"],
    type: z.boolean().default(false),
    description:
      "Train TF-IDF, and TF-IDF with embeddings, on 25 and 50 % of the texts as well, to tell what twice the texts would give",
    heading: "Evaluation and saving",
    identity: "none",
  }),
  setting({
    name: "timeBudget",
    commands: ["train"],
    type: z
      .string()
      .regex(/^\d+(\.\d+)?[smh]$/)
      .optional(),
    description:
      "Time to fine-tune in, such as 90s, 10m or 2h: fewer folds, fewer steps, or no encoder among the candidates of auto, by a step timed on this machine",
    heading: "Evaluation and saving",
    placeholder: "time",
    identity: "counts",
  }),
  setting({
    name: "secondStage",
    commands: ["train", "compare"],
    type: z.boolean().default(false),
    description: "Continue from the best weights with classification alone; kept if dev improves",
    heading: "Second stage",
    origin: "an option of the published runs (docs/method.md, section 4)",
    identity: "counts",
  }),
  setting({
    name: "secondStageLearningRate",
    ...secondStage,
    type: positive().default(5e-6),
    description: "Second stage: constant learning rate of encoder and classification head",
    aliases: ["classfFtLr"],
  }),
  setting({
    name: "secondStageEpochs",
    ...secondStage,
    type: integer(1).default(10),
    description: "Second stage: maximum passes over the training texts",
    aliases: ["classfFtIters"],
  }),
  setting({
    name: "secondStagePatience",
    ...secondStage,
    type: integer(1).default(3),
    description: "Second stage: stop after this many epochs without a better dev metric",
    aliases: ["classfFtPatience"],
  }),
];
